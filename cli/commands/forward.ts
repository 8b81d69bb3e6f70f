import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { collect, SAP_WAIT_HELP } from './conference-options.ts';
import { LOOPBACK_MODES } from './join.ts';

export interface ForwardOptions {
  readonly to: string;
  readonly media?: string;
  readonly ttl?: string;
  readonly duration?: string;
  readonly interface?: readonly string[];
  readonly loopback?: 'none' | 'full' | 'selective';
  readonly name?: string;
  readonly sapWait?: string;
}

export function forwardCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('forward')
      .description('Pass the packets of a conference on, unchanged')
      .argument('<name>', 'of the conference, a file with its session description, or - to read that')
      .requiredOption('--to <address:port>', 'host or group to send them to; RTCP goes to the next port')
      .option('--media <kinds>', 'audio, video or all (default: all)')
      .option('--ttl <hops>', 'of what goes to a group, 0 to 255 (default: 1)')
      .option('--duration <time>', 'leave after this time')
      .option(
        '--interface <if>',
        'network interface: name, address or index (default: the route to the group)',
        collect,
      )
      .addOption(
        new Option('--loopback <mode>', 'packets of this host (default: none)').choices(LOOPBACK_MODES),
      )
      .option('--name <text>', 'your name as the others see it')
      .option('--sap-wait <time>', SAP_WAIT_HELP)
      .action(async (conference: string, options: ForwardOptions) => {
        const { runForward } = await import('../run/forward.ts');
        await runForward(ctx, conference, options);
      }),
    {
      examples: [
        'rendezvous forward Lecture --to 192.0.2.7:5004',
        'rendezvous forward camera.sdp --to 239.255.7.7:6000 --media video --ttl 15',
      ],
      text: `For a bridge, a transcoder or a recorder: RTP and RTCP arrive there as they are on the network, with the senders' SSRCs,
timestamps and, where the conference is encrypted, encrypted. The second medium goes two ports further, and so on. Who is
known from one address is not forwarded from another, so that two that forward to each other make no loop.`,
    },
  );
}

import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { collect, SAP_WAIT_HELP } from './conference-options.ts';
import { LOOPBACK_MODES, QOS_LEVELS } from './join.ts';

export interface ForwardOptions {
  readonly to: string;
  readonly media?: string;
  readonly ttl?: string;
  readonly duration?: string;
  readonly interface?: readonly string[];
  readonly toInterface?: string;
  readonly qos?: 'needed' | 'if-available' | 'best-effort';
  readonly dscp?: string;
  readonly decrypt?: boolean;
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
      .option('--ttl <hops>', 'of what is sent on, 0 to 255 (default: 1 to a group, 64 to a host)')
      .option('--duration <time>', 'leave after this time')
      .option(
        '--interface <if>',
        'network interface of the conference: name, address or index (default: the route to the group)',
        collect,
      )
      .option(
        '--to-interface <if>',
        'the one that leads to the other group (default: that of the conference)',
      )
      .addOption(new Option('--qos <level>', 'DSCP marking (default: if-available)').choices(QOS_LEVELS))
      .option('--dscp <point>', 'mark with this instead of EF for sound, AF41 for pictures: a name, or 0-63')
      .option('--decrypt', 'send on in the clear what is encrypted, to whoever has no key')
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
      text: `For a bridge, a transcoder or a recorder: RTP and RTCP arrive there as they are on the network, with the senders' SSRCs and
timestamps and, unless --decrypt is given, encrypted. The first medium goes to the port and the next, the second two ports
further, and so on. What a source sends, and what it reports, is forwarded from one address only: two that forward to each
other make no loop. What the other side answers does not get through.`,
    },
  );
}

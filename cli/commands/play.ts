import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { collect, SAP_WAIT_HELP } from './conference-options.ts';
import { LOOPBACK_MODES, QOS_LEVELS } from './join.ts';

export interface PlayOptions {
  readonly to: string;
  readonly start?: string;
  readonly loop?: boolean;
  readonly speed?: string;
  readonly ssrc?: string;
  readonly port?: string;
  readonly payloadType?: readonly string[];
  readonly interface?: readonly string[];
  readonly qos?: 'needed' | 'if-available' | 'best-effort';
  readonly loopback?: 'none' | 'full' | 'selective';
  readonly name?: string;
  readonly sapWait?: string;
}

export function playCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('play')
      .description('Send a recording to a conference')
      .argument('<file>', 'WAV or RF64, Opus in Ogg, pcapng, pcap or rtpdump')
      .requiredOption('--to <conference>', 'its name, a file with its session description, or - to read that')
      .option('--start <time>', 'begin this far into the recording')
      .option('--loop', 'begin again at the end, until interrupted')
      .option('--speed <factor>', 'of packets: 2 sends them in half the time (default: 1)')
      .option('--ssrc <hex>', 'which stream of a capture, when there are several')
      .option('--port <number>', 'the stream of a capture that went to this port')
      .option(
        '--payload-type <from=to>',
        'send packets of one payload type as another; repeatable (default: by their formats)',
        collect,
      )
      .option(
        '--interface <if>',
        'network interface: name, address or index (default: the route to the group)',
        collect,
      )
      .addOption(new Option('--qos <level>', 'DSCP marking (default: if-available)').choices(QOS_LEVELS))
      .addOption(
        new Option('--loopback <mode>', 'packets of this host (default: none)').choices(LOOPBACK_MODES),
      )
      .option('--name <text>', 'your name as the others see it')
      .option('--sap-wait <time>', SAP_WAIT_HELP)
      .action(async (file: string, options: PlayOptions) => {
        const { runPlay } = await import('../run/play.ts');
        await runPlay(ctx, file, options);
      }),
    {
      examples: [
        'rendezvous play lecture/Anna.wav --to Lecture',
        'rendezvous play jingle.opus --to "Morning round" --loop',
        'rendezvous play packets.pcapng --to test.sdp --ssrc 2804dc39',
      ],
      text: `Sound is sent as the conference codes it, silence included, so that PCMU, L16 and L24 arrive as they are in the file.
Opus goes into an Opus conference as it is. Packets of a capture go with their own timing and timestamps; what had been
lost stays away. They are sent under an SSRC of our own, as the payload type that means the same in the conference. In the
end everybody is told goodbye.`,
    },
  );
}

import { Command } from 'commander';
import { ANNOUNCE_SHAPES } from '../announcement-shapes.ts';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { collect } from './conference-options.ts';

export interface AnnounceOptions {
  readonly interface?: readonly string[];
  readonly group?: readonly string[];
  readonly ttl?: string;
  readonly interval?: string;
  readonly for?: string;
  readonly json?: boolean;
}

export function announceCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('announce')
      .description('Announce a session on the network (SAP) until its end or Ctrl-C')
      .argument(
        '<session>',
        'a file with its session description, - to read that, or the name of a conference in the directory',
      )
      .option(
        '--interface <if>',
        'announce here: name or address, repeatable (default: the route to each group)',
        collect,
      )
      .option(
        '--group <group>',
        'announce to this SAP group, repeatable (default: those of the groups of its media)',
        collect,
      )
      .option('--ttl <ttl>', 'TTL of the announcements, 1 to 255 (default: 255, the group is the limit)')
      .option(
        '--interval <time>',
        'announce so often, instead of as RFC 2974 reckons, every 5 minutes or more; audio devices expect 30s',
      )
      .option('--for <time>', 'end after this time')
      .option('--json', 'print events as JSON, one object per line')
      .action(async (session: string, options: AnnounceOptions) => {
        const { runAnnounce } = await import('../run/announce.ts');
        await runAnnounce(ctx, session, options);
      }),
    {
      examples: [
        'rendezvous announce studio.sdp',
        'rendezvous announce studio.sdp --interface eth1 --interval 30s',
        'rendezvous announce "Morning round" --for 10m',
        'rendezvous announce radio.sdp --group 224.0.0.56     # where PulseAudio and PipeWire listen',
      ],
      text: `The description is announced byte for byte. A file that is written to, or the signal SIGHUP, has it read again: what has
changed is announced at once, with another hash. A conference is announced as it is changed in the directory. At its end, by
its t= lines or --for, and at Ctrl-C, it is withdrawn: whoever hears that forgets it at once, others within the hour.

Which group is right goes by the groups of its media: 224.2.127.254 for global ones, the highest address of each scope else,
239.255.255.255 for most, ff0X::2:7ffe for IPv6. A running "rendezvous serve --sap" announces the conferences of its directory
by itself. In a pipe: the time, what happened (announcing, announced, withdrawn), name, hash and group, next announcement.`,
      json: ANNOUNCE_SHAPES,
    },
  );
}

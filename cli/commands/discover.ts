import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { DISCOVER_SHAPES } from '../announcement-shapes.ts';
import { collect } from './conference-options.ts';

export interface DiscoverOptions {
  readonly watch?: boolean;
  readonly wait?: string;
  readonly interface?: readonly string[];
  readonly group?: readonly string[];
  readonly long?: boolean;
  readonly json?: boolean;
}

export function discoverCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('discover')
      .description('Listen to what is announced on the network (SAP)')
      .option('-w, --watch', 'go on, and tell what appears, changes, is withdrawn and expires')
      .option('--wait <time>', 'listen so long; 0 tells what is known from before (default: 5s)')
      .option('--interface <if>', 'listen here: name or address, repeatable (default: all)', collect)
      .option(
        '--group <group>',
        'listen to this SAP group, repeatable (default: all that are known)',
        collect,
      )
      .option('-l, --long', 'more columns')
      .option('--json', 'print a JSON array; with --watch one object per line')
      .action(async (options: DiscoverOptions) => {
        const { runDiscover } = await import('../run/discover.ts');
        await runDiscover(ctx, options);
      }),
    {
      examples: [
        'rendezvous discover',
        'rendezvous discover --watch',
        'rendezvous discover --wait 1m --interface eth1 --long',
        'rendezvous discover --group 239.255.255.255 --json',
        'rendezvous join 3f2a@192.0.2.7      # by hash and sender, when names are not enough',
      ],
      text: `Announcements come every few seconds from audio devices, and every five to ten minutes from programs that follow RFC
2974: what was heard is kept in the data directory, and told until it expires. "show", "join" and "browse" take announced
sessions by their name, by user@host of their origin, or by hash and sender. "rendezvous serve --sap" keeps them in the directory.

In a pipe: fields between tabs, no header, times as RFC 3339; name, group and port, media, origin (user@host), sender, hash,
first heard, last heard, next expected, expires, SAP groups, interfaces, authentication. With --watch each line begins with
what happened: known (from before), appeared, changed, withdrawn or expired.

Payloads that are encrypted, and datagrams that are no announcements, are counted: nobody here has the keys.`,
      json: DISCOVER_SHAPES,
    },
  );
}

import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { CONFERENCE_SHAPES } from '../json-shapes.ts';

export interface BrowseOptions {
  readonly json?: boolean;
}

export function browseCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('browse')
      .description('Look through the directory and join from the list')
      .option('--json', 'print a JSON array, as list does')
      .action(async (options: BrowseOptions) => {
        const { runBrowse } = await import('../run/browse.ts');
        await runBrowse(ctx, options);
      }),
    {
      examples: ['rendezvous browse', 'rendezvous browse --directory ldap://directory.example.org'],
      text: `Keys: arrows, Page Up and Page Down, Home and End move; / searches names, descriptions, originators and groups
while you type, Escape shows everything again; t goes through what takes place now, today, later and at any time; Enter joins; r reads the directory again; q leaves.
Announced sessions are there too, with --directory sap: or listen = true in the table [sap] of the configuration file; ORIGIN\nsays who announces them. In a pipe it prints the same as list --long.`,
      json: CONFERENCE_SHAPES,
    },
  );
}

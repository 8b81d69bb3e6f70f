import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { LIST_SHAPES } from '../json-shapes.ts';
import { SAP_WAIT_HELP, SCOPES } from './conference-options.ts';

export interface ListOptions {
  readonly filter?: string;
  readonly scope?: 'local' | 'site' | 'region' | 'world';
  readonly active?: boolean;
  readonly upcoming?: boolean;
  readonly on?: string;
  readonly long?: boolean;
  readonly json?: boolean;
  readonly ical?: boolean;
  readonly ndjson?: boolean;
  readonly watch?: boolean;
  readonly sapWait?: string;
}

export function listCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('list')
      .description('List published conferences')
      .argument('[pattern]', 'only names that fit; * stands for any text')
      .option('--filter <filter>', 'only entries that this LDAP filter (RFC 4515) fits')
      .addOption(new Option('--scope <scope>', 'only this scope').choices(SCOPES))
      .option('--active', 'only those that take place now')
      .addOption(new Option('--upcoming', 'only those that begin later').conflicts('active'))
      .addOption(
        new Option(
          '--on <day>',
          'only those that take place on that day: today, friday, 2026-12-24',
        ).conflicts('active'),
      )
      .option('-l, --long', 'more columns')
      .option('--json', 'print a JSON array')
      .addOption(new Option('--ical', 'print a calendar (iCalendar)').conflicts(['json', 'ndjson', 'watch']))
      .addOption(
        new Option('--ndjson', 'print one JSON object per line, as they are found').conflicts('json'),
      )
      .addOption(
        new Option('-w, --watch', 'go on, and tell what comes, changes and goes').conflicts([
          'active',
          'upcoming',
          'on',
          'ical',
        ]),
      )
      .option('--sap-wait <time>', SAP_WAIT_HELP)
      .action(async (pattern: string | undefined, options: ListOptions) => {
        const { runList } = await import('../run/list.ts');
        await runList(ctx, pattern, options);
      }),
    {
      examples: [
        'rendezvous list',
        'rendezvous list "lect*" --active',
        'rendezvous list --on friday',
        'rendezvous list --ical > conferences.ics',
        'rendezvous list --directory office --directory dns:example.org',
        'rendezvous list --watch',
        'rendezvous list --directory embedded --directory sap:',
        'rendezvous list --filter "(description=*chapter*)" --json',
      ],
      text: `In a pipe: fields between tabs, no header, times as RFC 3339; name, group, scope, start, stop, media, and with
--long originator, description, URL, encrypted, expiry, DN, start of the occurrence that runs or comes next, origin
(SAP 192.0.2.7 for what a gateway copied); at the end the directory. On a terminal the directory is a column when there
is more than one, and the origin when a gateway copied something.

With --watch a terminal shows a list that keeps itself up to date. In a pipe each line begins with what happened: added,
changed, removed, or ready once everything that there is has been told; each object of --json says it in the field event.`,
      json: LIST_SHAPES,
    },
  );
}

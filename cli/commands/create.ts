import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { CONFERENCE_SHAPES } from '../json-shapes.ts';
import { addAllocationOptions, ALLOCATION_HELP, type AllocationOptions } from './allocation-options.ts';
import { ACCESS_HELP, addConferenceOptions, collect, type ConferenceOptions } from './conference-options.ts';

export interface CreateOptions extends ConferenceOptions, AllocationOptions {
  readonly ipv6?: boolean;
  readonly oneGroup?: boolean;
  readonly keepAlive?: boolean;
  readonly announce?: boolean;
  readonly source?: readonly string[];
}

export function createCommand(ctx: CliContext): Command {
  return addHelp(
    addAllocationOptions(
      addConferenceOptions(
        new Command('create')
          .description('Publish a conference in the directory')
          .argument('<name>', 'what it is called'),
      ),
    )
      .option('--ipv6', 'groups of IPv6')
      .option('--one-group', 'one group for all media, on different ports')
      .option(
        '--source <addr,...>',
        'who alone may be heard: a source-specific group, others report to the first of them; repeatable',
        collect,
      )
      .option('--announce', 'stay and announce it on the network (SAP) until its end or Ctrl-C')
      .option('--keep-alive', 'stay and keep it published until its end or Ctrl-C; then remove it')
      .action(async (name: string, options: CreateOptions) => {
        const { runCreate } = await import('../run/create.ts');
        await runCreate(ctx, name, options);
      }),
    {
      examples: [
        'rendezvous create "Morning round"',
        'rendezvous create Lecture --start "tomorrow 14:00" --duration 90m --description "Chapter 3"',
        'rendezvous create Standup --start "monday 9:30" --duration 15m --repeat weekdays --zone Europe/Berlin',
        'rendezvous create Paging --permanent --group 239.255.10.1:5004 --scope site',
        'rendezvous create Music --media audio:L16/44100/2',
        'rendezvous create Studio --sdp studio.sdp',
        'rendezvous create Lecture --source 10.0.0.7',
        'rendezvous create Hotline --permanent --keep-alive',
        'rendezvous create Assembly --scope region --madcap madcap.example.org',
        'rendezvous create Radio --permanent --announce --keep-alive',
        'rendezvous create Council --acl "authenticated:read,owner:all"',
      ],
      text: `Without options: one audio medium (PCMU), from now for 30 minutes, scope site, with a group and an even port
that no other conference in the directory uses. A description given with --sdp is published byte for byte, but for its
session name where NAME is another, and for what other options change. In a pipe the conference is printed as a line
like those of list.

With --keep-alive the entry lives for half an hour or --ttl at a time and is refreshed: when this computer crashes it goes
by itself. On a clean exit it is removed. With --announce alone the entry stays when announcing ends. A running
"rendezvous serve --sap" announces the conferences of its directory without either.

${ALLOCATION_HELP}

${ACCESS_HELP}`,
      json: CONFERENCE_SHAPES,
    },
  );
}

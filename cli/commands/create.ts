import { Command, Option } from 'commander';
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
  readonly profile?: string;
  readonly clockId?: string;
  readonly ptpDomain?: string;
  readonly dantePrefix?: string;
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
      .addOption(
        new Option('--profile <profile>', 'a description that such equipment takes').choices([
          'dante',
          'ravenna',
          'aes67',
          'paging',
        ]),
      )
      .option('--clock-id <id>', 'PTP grandmaster that the sender follows, like 00-1D-C1-FF-FE-12-00-A3')
      .option('--ptp-domain <number>', 'its PTP domain, 0 to 127 (default 0)')
      .option('--dante-prefix <number>', 'second number of groups as set in Dante Controller (default 69)')
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
        'rendezvous create Stage --profile dante --clock-id 00-1D-C1-FF-FE-12-00-A3 --permanent',
        'rendezvous create Council --acl "authenticated:read,owner:all"',
        'rendezvous create Board --encrypted --acl "authenticated:read,ann:join,bob:join,owner:all"',
      ],
      text: `Without options: one audio medium (PCMU), from now for 30 minutes, scope site, with a group and an even port
that no other conference in the directory uses. A description given with --sdp is published byte for byte, but for its
session name where NAME is another, and for what other options change. In a pipe the conference is printed as a line
like those of list.

With --profile the description is one that such equipment takes: dante, ravenna and aes67 mean L24 at 48 kHz in packets of
1 ms on port 5004, with the PTP clock of --clock-id and without a source filter unless --source asks for it; groups for dante
are from 239.69.0.0/16. It is about what other equipment sends: \`join\` hears it, but nothing here runs PTP, and the clock
named is true only while the sender follows it. paging means G.711 (PCMU) in packets of 20 ms on port 10000, as phones expect
it, and can be sent from here. --media, --group and --scope go on to count; "rendezvous lint" tells what that does to it.

With --encrypted the media are RTP/SAVP (SRTP), with a key that is in no description, announcement or list: it is kept in
the entry, and shown to those who have the right to join (without --acl: to everybody who has logged in). Suites are
AES_CM_128_HMAC_SHA1_80 and _32, AES_256_CM_HMAC_SHA1_80, AEAD_AES_128_GCM and AEAD_AES_256_GCM. A key crosses no network
without TLS, unless --insecure-keys says so. See docs/security.md for what this protects and what it does not.

With --keep-alive the entry lives for half an hour or --ttl at a time and is refreshed: when this computer crashes it goes
by itself. On a clean exit it is removed. With --announce alone the entry stays when announcing ends. A running
"rendezvous serve --sap" announces the conferences of its directory without either.

${ALLOCATION_HELP}

${ACCESS_HELP}`,
      json: CONFERENCE_SHAPES,
    },
  );
}

import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { CONFERENCE_SHAPES } from '../json-shapes.ts';
import { SHOWN_LEASES_SHAPE } from '../json-shapes-mcast.ts';
import { SAP_WAIT_HELP } from './conference-options.ts';

export interface ShowOptions {
  readonly sdp?: boolean;
  readonly key?: boolean;
  readonly sddl?: boolean;
  readonly ical?: boolean;
  readonly json?: boolean;
  readonly ndjson?: boolean;
  readonly sapWait?: string;
}

export function showCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('show')
      .description('Show one conference')
      .argument('<name>', 'which conference')
      .option('--sdp', 'print its session description, byte for byte, and nothing else')
      .addOption(
        new Option(
          '--key',
          'print its session description with the key of its media in it, for programs that read a=crypto, and nothing else',
        ).conflicts(['sdp', 'json', 'ndjson', 'ical']),
      )
      .addOption(new Option('--sddl', 'print who may do what as SDDL, and nothing else').conflicts('sdp'))
      .addOption(
        new Option('--ical', 'print it as a calendar (iCalendar)').conflicts(['sdp', 'json', 'ndjson']),
      )
      .addOption(new Option('--json', 'print a JSON object').conflicts(['sdp', 'sddl']))
      .addOption(new Option('--ndjson', 'print a JSON object on one line').conflicts(['sdp', 'sddl', 'json']))
      .option('--sap-wait <time>', SAP_WAIT_HELP)
      .action(async (name: string, options: ShowOptions) => {
        const { runShow } = await import('../run/show.ts');
        await runShow(ctx, name, options);
      }),
    {
      examples: [
        'rendezvous show "Morning round"',
        'rendezvous show "Morning round" --sdp > round.sdp',
        'rendezvous show Lecture --json',
      ],
      text: `With --key whoever may join an encrypted conference gets what ffmpeg and others need. Keep it like a password.

In a pipe: name of the field, tab, value, one field to a line, times as RFC 3339; names as in the JSON. A medium is
kind, formats, group and port, TTL; there is one line for each medium, email and phone; one for each lease of its
groups: id, stop, addresses.

What is in no directory is looked for among announced sessions (see \`rendezvous discover\`): by name, by user@host of its
origin, or by hash and sender (3f2a@192.0.2.7).`,
      json: [...CONFERENCE_SHAPES, SHOWN_LEASES_SHAPE],
    },
  );
}

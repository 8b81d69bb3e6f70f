import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { SAP_WAIT_HELP } from './conference-options.ts';
import { LINT_SHAPES } from '../lint/shapes.ts';

export interface LintOptions {
  readonly all?: boolean;
  readonly for?: string;
  readonly json?: boolean;
  readonly sapWait?: string;
}

export function lintCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('lint')
      .description('Tell which receivers would refuse or misread a session description, and why')
      .argument('[what]', 'a file, - for standard input, or the name of a conference')
      .option('--all', 'all conferences of the directories, in a table')
      .option(
        '--for <list>',
        'only these: rfc8866, aes67, st2110-30, dante, ravenna, pipewire, ffmpeg, gstreamer, vlc, rendezvous',
      )
      .option('--sap-wait <time>', SAP_WAIT_HELP)
      .option('--json', 'print verdicts and findings as JSON')
      .action(async (what: string | undefined, options: LintOptions) => {
        const { runLint } = await import('../run/lint.ts');
        await runLint(ctx, what, options);
      }),
    {
      examples: [
        'rendezvous lint studio.sdp',
        'rendezvous lint studio.sdp --for dante,ravenna',
        'rendezvous lint "Morning round" --for rendezvous,ffmpeg,vlc',
        'rendezvous show Lecture --sdp | rendezvous lint -',
        'rendezvous lint --all --for aes67',
        'rendezvous lint --all --directory sap: --for dante',
      ],
      text: `A receiver refuses what it would not play or show, misreads what it would play in part or from another place, and
warns of what may fail with some. Of a standard, "refuses" means that it forbids the description. Each finding says where it
comes from: a standard, a maker's manual, the published source of a program, or a report of somebody who met it.

Only the description is judged: whether packets arrive is for "rendezvous doctor" and "rendezvous join".

A word with a slash in it or with .sdp at its end is a file when there is one; anything else is the name of a conference or
of an announced session.
In a pipe: one finding to a line, with receiver, verdict, rule, line, reason, what to do, kind of source and source between
tabs; a receiver that accepts has a line with these two fields only. With --all: name, one verdict for each receiver in the
order above, directory.
The exit status is 1 when one of the receivers that were asked refuses.`,
      json: LINT_SHAPES,
    },
  );
}

import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { DEMO_SHAPES } from '../demo/shapes.ts';
import { addHelp } from '../help.ts';
import { collect } from './conference-options.ts';

export interface DemoOptions {
  readonly wav?: readonly string[];
  readonly keep?: string;
  readonly json?: boolean;
}

export function demoCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('demo')
      .description('Show that it works here: two participants in a conference on this computer')
      .option('--wav <file>', 'let the participants send WAV files instead of tones; give it twice', collect)
      .option('--keep <dir>', 'keep the recordings and the session description in this folder')
      .option('--json', 'print the result as JSON')
      .action(async (options: DemoOptions) => {
        const { runDemo } = await import('../run/demo.ts');
        await runDemo(ctx, options);
      }),
    {
      examples: ['rendezvous demo', 'rendezvous demo --wav ann.wav --wav bob.wav --keep recordings'],
      json: DEMO_SHAPES,
      text: `It needs no network, no rights and no set-up, and takes less than 15 seconds: it serves a directory, creates a
conference, finds it over LDAP, and starts two participants that send and record each other over loopback. The exit
status is 1 when anything of it did not happen.`,
    },
  );
}

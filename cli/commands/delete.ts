import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';

export function deleteCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('delete')
      .description('Remove conferences from the directory')
      .argument('<name...>', 'which conferences')
      .action(async (names: readonly string[]) => {
        const { runDelete } = await import('../run/delete.ts');
        await runDelete(ctx, names);
      }),
    {
      examples: ['rendezvous delete "Morning round" Lecture'],
      text: `Whoever takes part at the moment is not disturbed.`,
    },
  );
}

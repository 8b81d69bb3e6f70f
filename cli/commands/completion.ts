import { Argument, Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('completion')
      .description('Print a script that completes commands, options and conference names in a shell')
      .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
      .action(async (shell: Shell) => {
        const { runCompletion } = await import('../run/completion.ts');
        await runCompletion(ctx, shell);
      }),
    {
      examples: [
        'source <(rendezvous completion bash)          # put it into ~/.bashrc to keep it',
        'source <(rendezvous completion zsh)           # ~/.zshrc',
        'rendezvous completion fish > ~/.config/fish/completions/rendezvous.fish',
        'rendezvous completion powershell >> $PROFILE',
      ],
    },
  );
}

import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { SERVE_SHAPES } from '../json-shapes.ts';
import { collect } from './conference-options.ts';

export interface ServeOptions {
  readonly listen?: readonly string[];
  readonly anonymousWrite?: boolean;
  readonly legacy?: boolean;
  readonly json?: boolean;
}

export function serveCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('serve')
      .description('Offer the directory of this computer to others, over LDAP')
      .option('--listen <url>', 'where to listen, repeatable (default: ldap://127.0.0.1:1389)', collect)
      .option('--anonymous-write', 'let clients that did not bind change the directory')
      .option('--no-legacy', 'do nothing special for locator clients of the 1990s such as NetMeeting')
      .option('--json', 'print events as JSON, one object per line')
      .action(async (options: ServeOptions) => {
        const { runServe } = await import('../run/serve.ts');
        await runServe(ctx, options);
      }),
    {
      examples: [
        'rendezvous serve',
        'rendezvous serve --listen ldap://0.0.0.0:1389 --bind-dn cn=admin --password-file admin.txt',
        'rendezvous list --directory ldap://127.0.0.1:1389',
      ],
      text: `It serves the store of --data-dir until it is interrupted; commands that use the store directly may run beside it.
Everyone who can reach it may read the directory; changes are for the administrator that --bind-dn and --password-file
name, and with --anonymous-write for everyone. NetMeeting can do no better than anonymous. Port 0 takes any free port.`,
      json: SERVE_SHAPES,
    },
  );
}

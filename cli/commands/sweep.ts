import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { SWEEP_SHAPES } from '../json-shapes.ts';

export interface SweepCommandOptions {
  readonly dryRun?: boolean;
  readonly every?: string;
  readonly grace?: string;
  readonly json?: boolean;
}

export function sweepCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('sweep')
      .description('Remove entries whose time has passed from a directory that does not do so itself')
      .option('--dry-run', 'only tell what would be removed')
      .option('--every <time>', 'again and again, with this time in between, until interrupted')
      .option('--grace <time>', 'for how long an entry must have been over (default: 60s)')
      .option('--json', 'print each entry as JSON, one object per line')
      .action(async (options: SweepCommandOptions) => {
        const { runSweep } = await import('../run/sweep.ts');
        await runSweep(ctx, options);
      }),
    {
      examples: [
        'rendezvous sweep --directory ldap://ldap.example.org --dry-run',
        'rendezvous sweep --directory ldap://ldap.example.org --bind-dn cn=admin,dc=example,dc=org --every 60s',
      ],
      text: `Clients never show what is over, so nothing is wrong without it but the space. Several may run at once, against any
server of a replicated directory: each removes an entry only as long as it still carries the time that has passed. The
grace is for clocks that do not agree and for changes that other servers have not heard of yet. Locator services, OpenLDAP
with dynamic entries and Active Directory with dynamic objects remove entries themselves; there is nothing to do there.`,
      json: SWEEP_SHAPES,
    },
  );
}

import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';

export interface PartitionCommandOptions {
  readonly base: string;
  readonly application?: boolean;
  readonly publish: boolean;
  readonly domain?: string;
  readonly remove?: boolean;
}

export function partitionCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('partition')
      .description('Print LDIF that makes the place for conferences in Active Directory and publishes it')
      .requiredOption('--base <dn>', 'organizational unit for conferences and users')
      .option('--application', 'in an application partition of its own, right above the unit')
      .option('--domain <dn>', 'domain in which it is published (default: what the base ends in)')
      .option('--no-publish', 'leave out the service connection point, by which clients find it')
      .option('--remove', 'take all that back')
      .action(async (options: PartitionCommandOptions) => {
        const { runPartition } = await import('../run/partition.ts');
        runPartition(ctx, options);
      }),
    {
      examples: [
        'rendezvous partition --base OU=Conferences,DC=example,DC=com > partition.ldf',
        'rendezvous partition --base OU=Conferences,DC=tapi,DC=example,DC=com --application',
        'rendezvous partition --base OU=Conferences,DC=example,DC=com --remove',
      ],
      text: `Conferences in Active Directory need an organizational unit above them. In an application partition they are
replicated only to the domain controllers that are told to. Clients that are given no base take the one that is published
in their domain, else OU=Conferences of the domain.`,
    },
  );
}

import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { ACCOUNT_SHAPES } from '../json-shapes.ts';

/** `account` and what can be done with accounts. */
export function accountCommand(ctx: CliContext): Command {
  const command = new Command('account').description('Say who may log in to the directory of this computer');
  const run = async (): Promise<typeof import('../run/account.ts')> => import('../run/account.ts');
  const add = new Command('add')
    .description('Make an account; its password is asked for')
    .argument('<name>', 'what the user is called')
    .action(async (name: string) => (await run()).runAccountAdd(ctx, name));
  const list = new Command('list')
    .description('List the accounts')
    .option('--json', 'print a JSON array')
    .action(async ({ json = false }: { json?: boolean }) => (await run()).runAccountList(ctx, json));
  const password = new Command('password')
    .description('Give an account a new password')
    .argument('<name>', 'whose')
    .action(async (name: string) => (await run()).runAccountPassword(ctx, name));
  const remove = new Command('delete')
    .description('Remove an account; the entries of its user stay')
    .argument('<name>', 'whose')
    .action(async (name: string) => (await run()).runAccountDelete(ctx, name));
  command.addCommand(addHelp(add, { examples: ['rendezvous account add ann'] }));
  command.addCommand(addHelp(list, { examples: ['rendezvous account list --json'], json: ACCOUNT_SHAPES }));
  command.addCommand(addHelp(password, { examples: ['rendezvous account password ann'] }));
  command.addCommand(addHelp(remove, { examples: ['rendezvous account delete ann'] }));
  return addHelp(command, {
    examples: [
      'rendezvous account add ann',
      'rendezvous account add robot --password-file robot.txt',
      'rendezvous account list',
      'rendezvous list --directory ldap://host:1389 --user ann',
    ],
    text: `An account is for \`serve\`: its user publishes there by --user and a password, and owns what he publishes. It counts
at once, also for a service that is running. The password is asked for on the terminal, or comes from --password-file or
--password-command; it is kept as a hash that does not tell it.`,
    json: ACCOUNT_SHAPES,
  });
}

import { join } from 'node:path';
import type { EntryStore, Principals } from '../../directory/server/index.ts';
import type { CliContext } from '../context.ts';
import { NotThereError, UsageError } from '../errors.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/table.ts';

/** An account as `account list` prints it. */
export interface AccountRow {
  readonly name: string;
  /** For simple binds, and as owner of entries. */
  readonly dn: string;
}

const COLUMNS: readonly Column<AccountRow>[] = [
  { title: 'NAME', human: ({ name }) => printable(name) },
  { title: 'DN', human: ({ dn }) => printable(dn), shrinks: 1 },
];

export async function runAccountAdd(ctx: CliContext, name: string): Promise<void> {
  await withAccounts(ctx, async (principals) => {
    if (principals.names().includes(name)) {
      throw new UsageError(`There is an account "${name}" already: rendezvous account password ${name}`);
    }
    const { makeSecret } = await import('../../directory/server/index.ts');
    principals.add(name, await makeSecret(await newPassword(ctx, name)));
    ctx.err.note(`Made the account ${name}.`);
  });
}

export async function runAccountList(ctx: CliContext, json: boolean): Promise<void> {
  await withAccounts(ctx, async (principals) => {
    const { accountDn } = await import('../../directory/server/index.ts');
    const rows: AccountRow[] = principals.names().map((name) => ({ name, dn: accountDn(name) }));
    if (json) ctx.out.json(rows);
    else if (rows.length > 0) ctx.out.table(COLUMNS, rows);
    else ctx.err.note('No accounts. Make one: rendezvous account add NAME');
  });
}

export async function runAccountPassword(ctx: CliContext, name: string): Promise<void> {
  await withAccounts(ctx, async (principals) => {
    requireAccount(principals, name);
    const { makeSecret } = await import('../../directory/server/index.ts');
    principals.setSecret(name, await makeSecret(await newPassword(ctx, name)));
    ctx.err.note(`${name} has a new password.`);
  });
}

export async function runAccountDelete(ctx: CliContext, name: string): Promise<void> {
  await withAccounts(ctx, (principals) => {
    requireAccount(principals, name);
    principals.delete(name);
    ctx.err.note(`Removed the account ${name}.`);
  });
}

/** Names match as the directory matches them, without regard to case. */
function requireAccount(principals: Principals, name: string): void {
  if (principals.entryOf(name) !== undefined) return;
  throw new NotThereError(`There is no account "${name}". See which there are: rendezvous account list`);
}

async function newPassword(ctx: CliContext, name: string): Promise<string> {
  const { passwordFile, passwordCommand } = ctx.options; // those of the configuration file are for other directories
  const { newPasswordFromPrompt } = await import('../password.ts');
  if (passwordFile === undefined && passwordCommand === undefined) {
    return newPasswordFromPrompt(name, ctx.host.stdin, ctx.err);
  }
  const { readPassword } = await import('../authentication.ts');
  const account = passwordFile === undefined ? { passwordCommand } : { passwordFile };
  return readPassword(name, account, { stdin: ctx.host.stdin, talk: ctx.err });
}

async function withAccounts(
  ctx: CliContext,
  work: (principals: Principals) => Promise<void> | void,
): Promise<void> {
  const [{ openStore, Principals, ensureBaseTree }, { STORE_FILE }] = await Promise.all([
    import('../../directory/server/index.ts'),
    import('../../directory/index.ts'),
  ]);
  using store: EntryStore = openStore({ path: join(await ctx.requireDataDir(), STORE_FILE) });
  ensureBaseTree(store, ctx.clock.wall());
  await work(new Principals(store, ctx.clock));
}

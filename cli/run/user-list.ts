import type { UserQuery } from '../../directory/index.ts';
import type { UserListOptions } from '../commands/user.ts';
import type { CliContext } from '../context.ts';
import { tableWidth } from '../output/table.ts';
import { compareNames } from '../view/conference.ts';
import { userColumns, userPairs } from '../view/user.ts';
import { checkFilter } from './list.ts';

export async function runUserList(
  ctx: CliContext,
  pattern: string | undefined,
  { phone, filter, unlisted = false, long = false, json, ndjson }: UserListOptions,
): Promise<void> {
  if (filter !== undefined) await checkFilter(filter);
  await using directory = await ctx.openDirectory();
  const query: UserQuery = {
    ...(pattern === undefined ? {} : { name: pattern }),
    ...(phone === undefined ? {} : { machine: phone }),
    ...(filter === undefined ? {} : { filter }),
    ...(unlisted ? { unlisted } : {}),
  };
  if (ndjson === true) {
    for await (const user of directory.searchUsers(query)) {
      if (ctx.out.isClosed) break;
      ctx.out.ndjson(user);
    }
    return;
  }
  const found = (await directory.searchUsers(query).toArray()).sort(compareNames);
  if (json === true) return ctx.out.json(found);
  if (found.length === 0) {
    return ctx.err.note(
      Object.keys(query).length === 0
        ? 'No users. Publish yourself: rendezvous user publish --keep-alive'
        : 'No user fits. All of them: rendezvous user list',
    );
  }
  const columns = userColumns(ctx.now, long, !ctx.out.isTerminal);
  if (!ctx.out.isTerminal || !long || tableWidth(columns, found) <= ctx.out.columns) {
    return ctx.out.table(columns, found);
  }
  for (const [i, user] of found.entries()) {
    if (i > 0) ctx.out.line();
    ctx.out.pairs(userPairs(user, ctx.now));
  }
}

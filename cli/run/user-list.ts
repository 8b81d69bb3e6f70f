import type { UserQuery } from '../../directory/index.ts';
import type { UserListOptions } from '../commands/user.ts';
import type { CliContext } from '../context.ts';
import { tableWidth } from '../output/table.ts';
import { compareNames } from '../view/conference.ts';
import { userColumns, userPairs } from '../view/user.ts';
import { jsonWithWhere, problemJson, whereIn, withWhere } from '../view/where.ts';
import { checkFilter } from './list.ts';

export async function runUserList(
  ctx: CliContext,
  pattern: string | undefined,
  { phone, filter, unlisted = false, long = false, json, ndjson }: UserListOptions,
): Promise<void> {
  if (filter !== undefined) await checkFilter(filter);
  await using directories = await ctx.openDirectories();
  const where = whereIn(directories);
  const query: UserQuery = {
    ...(pattern === undefined ? {} : { name: pattern }),
    ...(phone === undefined ? {} : { machine: phone }),
    ...(filter === undefined ? {} : { filter }),
    ...(unlisted ? { unlisted } : {}),
  };
  const users = directories.searchAll((directory) => directory.searchUsers(query));
  if (ndjson === true) {
    for await (const user of users) {
      if (ctx.out.isClosed) break;
      ctx.out.ndjson(jsonWithWhere(user, where(user)));
    }
    for (const { label, error } of directories.problems) ctx.out.ndjson(problemJson(label, error));
    return ctx.checkAnswered(directories);
  }
  const found = (await users.toArray()).sort(compareNames);
  if (json === true) {
    const problems = directories.problems.map(({ label, error }) => problemJson(label, error));
    ctx.out.json([...found.map((it) => jsonWithWhere(it, where(it))), ...problems]);
    return ctx.checkAnswered(directories);
  }
  ctx.checkAnswered(directories);
  if (found.length === 0) {
    return ctx.err.note(
      Object.keys(query).length === 0
        ? 'No users. Publish yourself: rendezvous user publish --keep-alive'
        : 'No user fits. All of them: rendezvous user list',
    );
  }
  const isPipe = !ctx.out.isTerminal;
  const several = directories.members.length > 1;
  const columns = withWhere(userColumns(ctx.now, long, isPipe), where, isPipe || several);
  if (!ctx.out.isTerminal || !long || tableWidth(columns, found) <= ctx.out.columns) {
    return ctx.out.table(columns, found);
  }
  for (const [i, user] of found.entries()) {
    if (i > 0) ctx.out.line();
    ctx.out.pairs(userPairs(user, ctx.now, several ? where(user) : undefined));
  }
}

import type { UserShowOptions } from '../commands/user.ts';
import type { CliContext } from '../context.ts';
import { userFields, userPairs } from '../view/user.ts';
import { findUser } from './find-user.ts';

export async function runUserShow(
  ctx: CliContext,
  name: string,
  { phone, json }: UserShowOptions,
): Promise<void> {
  await using directory = await ctx.openDirectory();
  const user = await findUser(directory, name, phone);
  if (json === true) return ctx.out.json(user);
  if (ctx.out.isTerminal) ctx.out.pairs(userPairs(user, ctx.now));
  else ctx.out.fields(userFields(user));
}

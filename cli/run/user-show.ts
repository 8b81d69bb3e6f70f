import type { UserShowOptions } from '../commands/user.ts';
import type { CliContext } from '../context.ts';
import { userFields, userPairs } from '../view/user.ts';
import { jsonWithWhere } from '../view/where.ts';
import { findUser } from './find-user.ts';

export async function runUserShow(
  ctx: CliContext,
  name: string,
  { phone, json }: UserShowOptions,
): Promise<void> {
  await using directories = await ctx.openDirectories();
  const { object: user, label } = await findUser(ctx, directories, name, phone);
  if (json === true) return ctx.out.json(jsonWithWhere(user, label));
  if (!ctx.out.isTerminal) return ctx.out.fields(userFields(user, label));
  ctx.out.pairs(userPairs(user, ctx.now, directories.members.length > 1 ? label : undefined));
}

import type { CliContext } from '../context.ts';
import { UsageError } from '../errors.ts';
import { shellWord } from '../output/shell-word.ts';
import { checkOthers } from './find.ts';
import { userNotThere } from './find-user.ts';

export async function runUserDelete(
  ctx: CliContext,
  name: string,
  { phone }: { readonly phone?: string },
): Promise<void> {
  await using directories = await ctx.openDirectories();
  const query = { name, unlisted: true, ...(phone === undefined ? {} : { machine: phone }) };
  const found = await directories.searchAll((directory) => directory.searchUsers(query)).toArray();
  ctx.checkAnswered(directories);
  const users = found.filter((user) => user.name.toLowerCase() === name.toLowerCase());
  const [user] = users;
  if (user === undefined) throw await userNotThere(directories, name, phone);
  const labels = [...new Set(users.map((it) => directories.labelOf(it) ?? ''))];
  const [label = ''] = labels;
  if (labels.length > 1) {
    throw new UsageError(
      `The user "${name}" is in ${labels.join(' and ')}. Say which one you mean: --directory ${shellWord(label)}`,
    );
  }
  if (users.length > 1) {
    const machines = users.map(({ primaryPhone = 'no computer' }) => primaryPhone);
    throw new UsageError(
      `"${name}" is published at ${machines.length} computers: say which one with --phone (${machines.join(', ')})`,
    );
  }
  checkOthers(ctx, directories, name, label);
  const { directory } = directories.open.find((it) => it.label === label) ?? {};
  await directory?.delete(user);
  ctx.err.note(
    `Deleted the user "${user.name}"${user.primaryPhone === undefined ? '' : ` at ${user.primaryPhone}`}`,
  );
}

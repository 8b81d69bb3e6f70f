import type { CliContext } from '../context.ts';
import { NotThereError, UsageError } from '../errors.ts';
import { userNotThere } from './find-user.ts';

export async function runUserDelete(
  ctx: CliContext,
  name: string,
  { phone }: { readonly phone?: string },
): Promise<void> {
  await using directory = await ctx.openDirectory();
  const query = { name, unlisted: true, ...(phone === undefined ? {} : { machine: phone }) };
  const found = await directory.searchUsers(query).toArray();
  const users = found.filter((user) => user.name.toLowerCase() === name.toLowerCase());
  const [user] = users;
  if (user === undefined) throw new NotThereError(await userNotThere(directory, name, phone));
  if (users.length > 1) {
    const machines = users.map(({ primaryPhone = 'no computer' }) => primaryPhone);
    throw new UsageError(
      `"${name}" is published at ${machines.length} computers: say which one with --phone (${machines.join(', ')})`,
    );
  }
  await directory.delete(user);
  ctx.err.note(
    `Deleted the user "${user.name}"${user.primaryPhone === undefined ? '' : ` at ${user.primaryPhone}`}`,
  );
}

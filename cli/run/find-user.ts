import type { Directory, DirectoryUser } from '../../directory/index.ts';
import { NotThereError } from '../errors.ts';
import { nearest } from '../input/nearest.ts';

/** Names looked through for one that was probably meant. */
const LOOK_AT = 500;

/** @throws {NotThereError} naming the user that was probably meant, when there is none of that name */
export async function findUser(
  directory: Directory,
  name: string,
  machine: string | undefined,
): Promise<DirectoryUser> {
  const user = await directory.getUser(name, machine === undefined ? {} : { machine });
  if (user !== undefined) return user;
  throw new NotThereError(await userNotThere(directory, name, machine));
}

/** What to say when there is no such user. */
export async function userNotThere(
  directory: Directory,
  name: string,
  machine: string | undefined,
): Promise<string> {
  const at = machine === undefined ? '' : ` at ${machine}`;
  const found = await directory.searchUsers({ sizeLimit: LOOK_AT }).toArray();
  const same = found.filter((user) => user.name.toLowerCase() === name.toLowerCase());
  const machines = same.map(({ primaryPhone }) => primaryPhone).filter((phone) => phone !== undefined);
  const close = nearest(
    name,
    found.map((user) => user.name),
  );
  const advice =
    machines.length > 0
      ? `The user is at ${machines.join(', ')}.`
      : close === undefined
        ? 'See who there is: rendezvous user list'
        : `Did you mean "${close}"?`;
  return `There is no user "${name}"${at} on ${directory.displayName}. ${advice}`;
}

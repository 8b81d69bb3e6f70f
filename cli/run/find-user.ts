import type { DirectorySet, DirectoryUser, FoundIn } from '../../directory/index.ts';
import type { CliContext } from '../context.ts';
import { NotThereError } from '../errors.ts';
import { nearest } from '../input/nearest.ts';
import { placesOf, tellOfOthers } from './find.ts';

/** Names looked through for one that was probably meant. */
const LOOK_AT = 500;

/**
 * A user to look at: that of the first directory that has one, and a word when others have one too.
 *
 * @throws {NotThereError} naming the user that was probably meant, when there is none of that name
 */
export async function findUser(
  ctx: CliContext,
  set: DirectorySet,
  name: string,
  machine: string | undefined,
): Promise<FoundIn<DirectoryUser>> {
  const options = machine === undefined ? {} : { machine };
  const found = await set.getAll((directory) => directory.getUser(name, options));
  ctx.checkAnswered(set);
  const [first, ...others] = found;
  if (first === undefined) throw await userNotThere(set, name, machine);
  if (others.length > 0) tellOfOthers(ctx, name, found);
  return first;
}

/** What is wrong when there is no such user where one could look. */
export async function userNotThere(
  set: DirectorySet,
  name: string,
  machine: string | undefined,
): Promise<Error> {
  const at = machine === undefined ? '' : ` at ${machine}`;
  const found = await set.searchAll((it) => it.searchUsers({ sizeLimit: LOOK_AT })).toArray();
  const [problem] = set.problems;
  if (problem !== undefined) return problem.error; // the user may be there
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
  return new NotThereError(`There is no user "${name}"${at} on ${placesOf(set)}. ${advice}`);
}

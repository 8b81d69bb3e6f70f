import type { Conference, DirectorySet, FoundIn } from '../../directory/index.ts';
import type { CliContext } from '../context.ts';
import { NotThereError, UsageError } from '../errors.ts';
import { nearest } from '../input/nearest.ts';
import { shellWord } from '../output/shell-word.ts';

/** Names looked through for one that was probably meant. */
const LOOK_AT = 500;

/**
 * A conference to look at: that of the first directory that has one, and a word when others have another one. What is in
 * none of them may be announced.
 *
 * @param sapWaitMs how long announcements are waited for, when that was said
 * @throws {NotThereError} naming the conference that was probably meant, when there is none of that name
 */
export async function findConference(
  ctx: CliContext,
  set: DirectorySet,
  name: string,
  sapWaitMs?: number,
): Promise<FoundIn<Conference>> {
  const [first, ...others] = await findAll(ctx, set, name);
  if (first === undefined) {
    const { lookForAnnounced } = await import('./find-announced.ts');
    const look = await lookForAnnounced(ctx, set, name, sapWaitMs);
    if (look.found !== undefined) return look.found;
    throw await notThere(set, name, look.advice);
  }
  const different = others.filter(({ object }) => !isSameSession(object, first.object));
  if (different.length > 0) tellOfOthers(ctx, name, [first, ...different]);
  return first;
}

/** One session may be in a directory and announced as well. */
function isSameSession(a: Conference, b: Conference): boolean {
  return a.sdp?.key !== undefined && a.sdp.key === b.sdp?.key;
}

/** That the first of those found is taken. */
export function tellOfOthers(
  ctx: CliContext,
  name: string,
  [first, ...others]: readonly { readonly label: string }[],
): void {
  const choice = shellWord(others[0]?.label ?? '');
  ctx.err.warn(
    `"${name}" is in ${labelsOf(others)} too; this is the one in ${first?.label}. Choose: --directory ${choice}`,
  );
}

/**
 * That one found in one directory only may be in others too.
 *
 * @throws what is wrong with a directory that could not be asked
 */
export function checkOthers(ctx: CliContext, set: DirectorySet, name: string, label: string): void {
  const [problem] = set.problems;
  if (problem === undefined) return;
  ctx.err.warn(
    `"${name}" is in ${label}, and may be in ${problem.label} too, which cannot be asked. If you mean the one in ${label}: --directory ${shellWord(label)}`,
  );
  throw problem.error;
}

/** Where one could look, for people. */
export const placesOf = (set: DirectorySet): string =>
  set.open.map(({ directory }) => directory.displayName).join(' nor on ');

/**
 * A conference to change or delete: the only one of that name.
 *
 * @throws {NotThereError} when there is none
 * @throws {UsageError} when two directories have one: guessing could hit the wrong one
 * @throws what is wrong with a directory that could not be asked: the one that was meant may be there
 */
export async function findToChange(
  ctx: CliContext,
  set: DirectorySet,
  name: string,
): Promise<FoundIn<Conference>> {
  const found = await findAll(ctx, set, name);
  const [first] = found;
  if (first === undefined) throw await notThere(set, name);
  if (found.length > 1) {
    throw new UsageError(
      `"${name}" is in ${labelsOf(found)}. Say which one you mean: --directory ${shellWord(first.label)}`,
    );
  }
  checkOthers(ctx, set, name, first.label);
  return first;
}

async function findAll(ctx: CliContext, set: DirectorySet, name: string): Promise<FoundIn<Conference>[]> {
  const found = await set.get(name);
  ctx.checkAnswered(set);
  return found;
}

const labelsOf = (found: readonly { readonly label: string }[]): string =>
  found.map(({ label }) => label).join(' and ');

/**
 * What is wrong when there is no conference of that name where one could look.
 *
 * @param more what else is to be said
 */
export async function notThere(set: DirectorySet, name: string, more = ''): Promise<Error> {
  const names: string[] = [];
  for await (const { name: other } of set.search({ sizeLimit: LOOK_AT })) names.push(other);
  const lower = name.toLowerCase();
  const close = names.find((it) => it.toLowerCase().includes(lower)) ?? nearest(name, names);
  const advice = close === undefined ? 'See what there is: rendezvous list' : `Did you mean "${close}"?`;
  const [problem] = set.problems;
  if (problem !== undefined) return problem.error; // it may be there
  return new NotThereError(`There is no conference "${name}" on ${placesOf(set)}${more}. ${advice}`);
}

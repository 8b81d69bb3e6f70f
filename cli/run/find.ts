import type { Conference, Directory } from '../../directory/index.ts';
import { NotThereError } from '../errors.ts';
import { nearest } from '../input/nearest.ts';

/** Names looked through for one that was probably meant. */
const LOOK_AT = 500;

/** @throws {NotThereError} naming the conference that was probably meant, when there is none of that name */
export async function findConference(directory: Directory, name: string): Promise<Conference> {
  const conference = await directory.get(name);
  if (conference !== undefined) return conference;
  throw new NotThereError(await notThere(directory, name));
}

/** What to say when there is no conference of that name. */
export async function notThere(directory: Directory, name: string): Promise<string> {
  const names: string[] = [];
  for await (const { name: other } of directory.search({ sizeLimit: LOOK_AT })) names.push(other);
  const lower = name.toLowerCase();
  const close = names.find((it) => it.toLowerCase().includes(lower)) ?? nearest(name, names);
  const advice = close === undefined ? 'See what there is: rendezvous list' : `Did you mean "${close}"?`;
  return `There is no conference "${name}" on ${directory.displayName}. ${advice}`;
}

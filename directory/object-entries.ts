import type { EntryValues } from './dialect/dialect.ts';
import type { Entries } from './entries.ts';
import { AlreadyExistsError, DirectoryError, NotFoundError } from './errors.ts';

// An object may take several entries (a user in a locator service has two): the last is the object, those before it go
// along. These functions treat them as one.

/**
 * Adds the entries of an object. When the object itself cannot be added, what was added before it goes again; what
 * went along with an object that is gone is replaced.
 *
 * @returns seconds granted, the least of all
 * @throws {AlreadyExistsError} when the object is there
 */
export async function addEntries(
  entries: Entries,
  all: readonly EntryValues[],
  ttlSeconds: number,
  signal?: AbortSignal,
): Promise<number> {
  const added: string[] = [];
  const leftBehind: EntryValues[] = [];
  let granted = Number.POSITIVE_INFINITY; // a server may raise what was asked for
  try {
    for (const [i, entry] of all.entries()) {
      try {
        granted = Math.min(granted, await entries.add(entry.dn, entry.attributes, ttlSeconds, signal));
        added.push(entry.dn);
      } catch (error) {
        if (i === all.length - 1 || !(error instanceof AlreadyExistsError)) throw error;
        leftBehind.push(entry);
      }
    }
  } catch (error) {
    const isUnknown = error instanceof DirectoryError && error.outcomeUnknown;
    // half an add is none; if this fails it expires, and so does what may be whole
    if (!isUnknown) for (const dn of added) await entries.delete(dn).catch(() => {});
    throw error;
  }
  for (const { dn, attributes } of leftBehind) {
    await entries.delete(dn, signal).catch(ignoreMissing);
    granted = Math.min(granted, await entries.add(dn, attributes, ttlSeconds, signal));
  }
  return granted;
}

/**
 * Adds entries again of which some are gone, and refreshes the others.
 *
 * @returns seconds granted, the least of all
 */
export async function readdEntries(
  entries: Entries,
  all: readonly EntryValues[],
  ttlSeconds: number,
): Promise<number> {
  let granted = Number.POSITIVE_INFINITY; // a server may raise what was asked for
  for (const { dn, attributes } of all) {
    const one = entries.add(dn, attributes, ttlSeconds).catch((error: unknown) => {
      if (all.length === 1 || !(error instanceof AlreadyExistsError)) throw error;
      return entries.refresh(dn, ttlSeconds);
    });
    granted = Math.min(granted, await one);
  }
  return granted;
}

/**
 * Refreshes all entries of an object.
 *
 * @param complete whether those that go along must be there too
 * @returns seconds granted, the least of all
 * @throws {NotFoundError} when the object is gone, or what must go along
 */
export async function refreshEntries(
  entries: Entries,
  dns: readonly string[],
  ttlSeconds: number,
  complete: boolean,
  signal?: AbortSignal,
): Promise<number> {
  let granted = Number.POSITIVE_INFINITY;
  for (const dn of dns.toReversed()) {
    const isObject = dn === dns.at(-1);
    const one = entries.refresh(dn, ttlSeconds, signal).catch((error: unknown) => {
      if (isObject || complete) throw error;
      return ignoreMissing(error) ?? granted;
    });
    granted = Math.min(granted, await one);
  }
  return granted;
}

/** Replaces whole attributes. @throws {NotFoundError} when the object is gone */
export async function replaceEntries(
  entries: Entries,
  all: readonly EntryValues[],
  signal?: AbortSignal,
): Promise<void> {
  for (const { dn, attributes } of all.toReversed()) {
    const change = entries.replace(dn, attributes, signal);
    await (dn === all.at(-1)?.dn ? change : change.catch(ignoreMissing));
  }
}

/** Deletes all entries of an object. @throws {NotFoundError} when the object is gone */
export async function deleteEntries(
  entries: Entries,
  dns: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  for (const dn of dns.toReversed()) {
    const deletion = entries.delete(dn, signal); // some servers delete those that go along with the object
    await (dn === dns.at(-1) ? deletion : deletion.catch(ignoreMissing));
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}

import { InvalidValueError } from '../src/errors.ts';
import type { Connected } from './entries.ts';
import { NotPermittedError } from './errors.ts';
import { searchObjects } from './object-search.ts';

export interface SweepOptions {
  /**
   * Seconds that an entry's time must have passed by, 0 to 86 400; default 60. It covers clocks that do not agree, and
   * changes that other servers of a replicated directory have not heard of yet.
   */
  readonly graceSeconds?: number;
  /** Only tell what would be removed. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

/** An entry whose time has passed. */
export interface SweptEntry {
  readonly dn: string;
  readonly expiredAt: Date;
  /** Whether it is gone now. Not in a dry run, and not when its owner was faster. */
  readonly isRemoved: boolean;
}

const DEFAULT_GRACE_SECONDS = 60;

/**
 * Removes the entries of conferences and users whose time has passed, where the server does not. Several sweepers may
 * do so at once: each removes an entry only as long as it still carries the time that has passed.
 *
 * @throws {InvalidValueError} when the grace is none
 * @throws {NotPermittedError} when nothing in the directory is ever altered
 */
export async function* sweepEntries(
  connected: Connected,
  { graceSeconds = DEFAULT_GRACE_SECONDS, dryRun = false, signal }: SweepOptions,
  now: () => Date,
): AsyncGenerator<SweptEntry, void, undefined> {
  if (!(graceSeconds >= 0 && graceSeconds <= 86_400)) {
    throw new InvalidValueError(`A grace of ${graceSeconds} s is not possible; it is 0 to 86400`);
  }
  const { dialect, session } = connected;
  if (dialect.readOnly !== undefined) throw new NotPermittedError(`${dialect.readOnly}.`);
  const { expiry } = dialect;
  if (expiry === undefined) return;
  const moment = new Date(now().getTime() - graceSeconds * 1000);
  const found = searchObjects(connected, {
    base: dialect.base,
    filter: expiry.passed(moment),
    extraFilter: undefined,
    attributes: [expiry.attribute.name],
    binaryAttributes: [],
    read(entry) {
      const expiredAt = expiry.expiresAt(entry);
      return expiredAt === undefined || expiredAt > moment ? undefined : { dn: entry.dn, expiredAt };
    },
    readRefuses: true,
    sizeLimit: undefined,
    signal,
  });
  for await (const { dn, expiredAt } of found) {
    const isRemoved =
      !dryRun &&
      (await session.write(
        (connection) => expiry.remove(connection, dn, moment, signal),
        async () => undefined, // looking again is what it begins with
        signal,
      ));
    yield { dn, expiredAt, isRemoved };
  }
}

import type { RandomSource } from '../src/machine.ts';
import type { Clock } from '../src/net/clock.ts';
import { createConference } from './create-conference.ts';
import { present } from './dialect/filters.ts';
import { parseGeneralizedTime } from './dialect/generalized-time.ts';
import { SizeLimitError } from './errors.ts';
import { LdapDirectory } from './ldap-directory.ts';
import type { LdapEntry } from './ldap/entry.ts';
import type { Directory } from './types.ts';

/** One of the things that whoever publishes has to be allowed to do, and what the server said to it. */
export interface RightTrial {
  readonly right: 'add' | 'read' | 'refresh' | 'delete';
  readonly error?: Error;
}

/** What a directory shows of itself when it is used for a moment. */
export interface DirectoryInspection {
  /** Such as `OpenLDAP 2.5`; undefined when it does not say. */
  readonly vendor: string | undefined;
  readonly base: string;
  /** Mechanisms of SASL that it offers to us. */
  readonly saslMechanisms: readonly string[];
  /** Whether it gives many results page by page (RFC 2696). */
  readonly pages: boolean;
  readonly conferences: number;
  /** It had more, and would not give them all. */
  readonly isLimited: boolean;
  /** In the order in which they were tried; those behind one that failed are missing. */
  readonly rights: readonly RightTrial[];
  /** Time to live that was asked for and what was granted, in seconds. */
  readonly ttl?: { readonly asked: number; readonly granted: number };
  /** Milliseconds by which the server's clock is ahead of ours; undefined when it does not tell the time. */
  readonly clockAheadMs?: number;
}

export interface InspectDirectoryOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
}

const PROBE_TTL_SECONDS = 300;
/** It is to be known whether a search works, not how much there is. */
const MOST_COUNTED = 1000;
const ROOT_ATTRIBUTES = ['vendorName', 'vendorVersion', 'supportedSASLMechanisms', 'currentTime'];

/**
 * Tries what a publisher needs: reads, adds an entry with a random name, finds it, refreshes it and deletes it
 * (MS-TAIL §3.2.4.2, the rights probe), and compares clocks on the way.
 *
 * @throws {DirectoryError} when reading fails
 */
export async function inspectDirectory(
  directory: Directory,
  { clock, random }: InspectDirectoryOptions,
): Promise<DirectoryInspection> {
  if (!(directory instanceof LdapDirectory))
    throw new TypeError('The directory is not one that this library opened');
  const asked = clock.wall();
  const root = await readEntry(directory, '', ROOT_ATTRIBUTES);
  const now = (asked + clock.wall()) / 2;
  const found = await count(directory);
  const trial = await tryRights(directory, clock, random);
  const told = parseGeneralizedTime(root?.text('currentTime') ?? '')?.getTime();
  const clockAheadMs = told === undefined ? trial.clockAheadMs : told - now;
  const [maker, version] = [root?.text('vendorName'), root?.text('vendorVersion')];
  // Most say their name in the version too.
  const vendor = [version?.includes(maker ?? '') === true ? undefined : maker, version].filter(
    (it) => it !== undefined,
  );
  return {
    vendor: vendor.length === 0 ? undefined : vendor.join(' '),
    base: directory.connected.dialect.base,
    saslMechanisms: (root?.all('supportedSASLMechanisms') ?? []).filter((it) => typeof it === 'string'),
    pages: directory.connected.pages,
    ...found,
    rights: trial.rights,
    ...(trial.ttl === undefined ? {} : { ttl: trial.ttl }),
    ...(clockAheadMs === undefined ? {} : { clockAheadMs }),
  };
}

async function count(directory: Directory): Promise<{ conferences: number; isLimited: boolean }> {
  let conferences = 0;
  try {
    for await (const _ of directory.search({ sizeLimit: MOST_COUNTED })) conferences++;
    return { conferences, isLimited: false };
  } catch (error) {
    if (error instanceof SizeLimitError) return { conferences, isLimited: true };
    throw error;
  }
}

interface RightsTrial {
  readonly rights: readonly RightTrial[];
  readonly ttl?: { readonly asked: number; readonly granted: number };
  readonly clockAheadMs?: number;
}

async function tryRights(directory: LdapDirectory, clock: Clock, random: RandomSource): Promise<RightsTrial> {
  const name = `rendezvous-probe-${Math.floor(random() * 2 ** 48).toString(16)}`;
  const start = new Date(clock.wall());
  const probe = createConference({ name, now: start, stopTime: new Date(start.getTime() + 60_000) });
  const rights: RightTrial[] = [];
  const may = async (right: RightTrial['right'], work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      rights.push({ right });
      return true;
    } catch (error) {
      rights.push({ right, error: error instanceof Error ? error : new Error(String(error)) });
      return false;
    }
  };
  if (!(await may('add', () => directory.add(probe, { ttlSeconds: PROBE_TTL_SECONDS })))) return { rights };
  const added = clock.wall();
  let aheadMs: number | undefined;
  await may('read', async () => {
    if ((await directory.get(name)) === undefined) throw new Error('it was accepted, and is not found');
    const entry = await readEntry(directory, probe.dn ?? '', ['createTimestamp']);
    const created = parseGeneralizedTime(entry?.text('createTimestamp') ?? '');
    if (created !== undefined) aheadMs = aheadOf(created, start.getTime(), added);
  });
  let granted: number | undefined;
  await may('refresh', async () => {
    granted = await directory.refresh(probe, PROBE_TTL_SECONDS);
  });
  await may('delete', async () => {
    await directory.delete(probe);
    if ((await directory.get(name)) !== undefined) throw new Error('it was deleted, and is still found');
  });
  return {
    rights,
    ...(granted === undefined ? {} : { ttl: { asked: PROBE_TTL_SECONDS, granted } }),
    ...(aheadMs === undefined ? {} : { clockAheadMs: aheadMs }),
  };
}

/** The server cuts its time to the second, and stamped some time between our two looks at the clock. */
function aheadOf(stamp: Date, before: number, after: number): number {
  const earliest = stamp.getTime();
  if (earliest > after) return earliest - after;
  return earliest + 1000 < before ? earliest + 1000 - before : 0;
}

async function readEntry(
  directory: LdapDirectory,
  base: string,
  attributes: readonly string[],
): Promise<LdapEntry | undefined> {
  const request = {
    base,
    scope: 'base',
    filter: present('objectClass'),
    attributes,
    binaryAttributes: [],
  } as const;
  const page = await directory.connected.session.read((connection) => connection.searchPage(request));
  return page.entries[0];
}

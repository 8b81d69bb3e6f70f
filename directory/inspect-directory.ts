import type { RandomSource } from '../src/machine.ts';
import type { Clock } from '../src/net/clock.ts';
import { present } from './dialect/filters.ts';
import { parseGeneralizedTime } from './dialect/generalized-time.ts';
import { SizeLimitError } from './errors.ts';
import { LdapDirectory } from './ldap-directory.ts';
import type { LdapEntry } from './ldap/entry.ts';
import { PROBE_TTL_SECONDS, probeRights, type RightTrial } from './rights-probe.ts';
import type { Directory } from './types.ts';

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
  /** In the order in which they were tried: all, or `add` alone when that failed. */
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

/** It is to be known whether a search works, not how much there is. */
const MOST_COUNTED = 1000;
const ROOT_ATTRIBUTES = ['vendorName', 'vendorVersion', 'supportedSASLMechanisms', 'currentTime'];

/**
 * Tries what a publisher needs: reads, probes its rights (see {@link probeRights}), and compares clocks on the way.
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
  const told = parseGeneralizedTime(root?.text('currentTime') ?? '')?.getTime();
  let clockAheadMs = told === undefined ? undefined : told - now;
  const start = clock.wall();
  const { trials, grantedTtl: granted } = await probeRights(directory, {
    clock,
    random,
    async meanwhile(dn) {
      const entry = await readEntry(directory, dn, ['createTimestamp']);
      const created = parseGeneralizedTime(entry?.text('createTimestamp') ?? '');
      if (created !== undefined) clockAheadMs ??= aheadOf(created, start, clock.wall());
    },
  });
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
    rights: trials,
    ...(granted === undefined ? {} : { ttl: { asked: PROBE_TTL_SECONDS, granted } }),
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

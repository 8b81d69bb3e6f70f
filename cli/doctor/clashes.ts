import { type Conference, type Directory, groupsOf } from '../../directory/index.ts';
import { formatEndpoint } from '../../src/ip/index.ts';
import { originKey } from '../../src/sdp/index.ts';
import type { Clash } from './facts.ts';

/** A conference as far as it can be in the way of another. */
export interface Occupied {
  readonly name: string;
  /** The same for copies of one session in several directories. */
  readonly session: string;
  readonly endpoints: readonly string[];
  /** Milliseconds since 1970; undefined for open ends. */
  readonly start: number | undefined;
  readonly stop: number | undefined;
}

/** So many conferences of each directory are looked at. */
const MOST_CONFERENCES = 5000;

/** Which groups and ports the conferences of a directory use. */
export async function occupiedIn(directory: Directory): Promise<Occupied[]> {
  const found: Occupied[] = [];
  for await (const conference of directory.search()) {
    found.push(occupied(conference));
    if (found.length >= MOST_CONFERENCES) break;
  }
  return found;
}

function occupied(conference: Conference): Occupied {
  const origin = conference.sdp?.origin;
  return {
    name: conference.name,
    session: origin === undefined ? conference.name : originKey(origin),
    endpoints: groupsOf(conference).map(({ address, port }) => formatEndpoint(address, port)),
    start: conference.startTime?.getTime(),
    stop: conference.stopTime?.getTime(),
  };
}

/** Groups and ports of sessions that are at the same time on the same ones. Pure. */
export function findClashes(all: readonly Occupied[]): Clash[] {
  const users = new Map<string, Occupied[]>();
  for (const one of all)
    for (const endpoint of new Set(one.endpoints)) users.set(endpoint, [...(users.get(endpoint) ?? []), one]);
  return [...users].flatMap(([endpoint, those]) => {
    const clashing = those.filter((a) => those.some((b) => a.session !== b.session && overlap(a, b)));
    const names = [...new Set(clashing.map(({ name }) => name))].toSorted();
    return clashing.length === 0 ? [] : [{ endpoint, names }];
  });
}

function overlap(a: Occupied, b: Occupied): boolean {
  const [from, to] = [-Infinity, Infinity];
  return (a.start ?? from) < (b.stop ?? to) && (b.start ?? from) < (a.stop ?? to);
}

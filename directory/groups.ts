import { type AdvertisingScope, randomGroup, reservedGroupReason } from '../src/ip/index.ts';
import { InvalidValueError } from '../src/errors.ts';
import type { RandomSource } from '../src/machine.ts';
import type { Conference } from './conference.ts';
import { NoFreeGroupError } from './errors.ts';
import type { Directory } from './types.ts';

export interface GroupChoice {
  readonly group: string;
  /** Even: RTP here, RTCP on the next one (RFC 3550 §11). */
  readonly port: number;
}

export interface PickGroupOptions {
  /** Use this group; only a free port is drawn. */
  readonly group?: string;
  /** Use this port, even, 2 to 65534. */
  readonly port?: number;
  /** Draws before giving up; default 16. */
  readonly attempts?: number;
  readonly signal?: AbortSignal;
}

/** Ports are drawn from here: below what systems hand out by themselves, above the well-known ones. */
const FIRST_PORT = 16_384;
const LAST_PORT = 32_766;

/**
 * A group from the scope's range (RFC 2365 §6) and an even port, drawn at random, that no conference in the directory
 * uses. A lookup is no reservation: two who draw at the same moment may still meet, which is as likely as the draw.
 *
 * @throws {NoFreeGroupError} when every draw was taken, or the group and port asked for are
 * @throws {InvalidValueError} when the group or port asked for cannot be used
 */
export async function pickGroup(
  directory: Directory,
  scope: AdvertisingScope,
  random: RandomSource = Math.random,
  options: PickGroupOptions = {},
): Promise<GroupChoice> {
  const { group: wanted, port: wantedPort, signal } = options;
  checkWanted(wanted, wantedPort);
  const fixed = wanted !== undefined && wantedPort !== undefined;
  const attempts = fixed ? 1 : (options.attempts ?? 16);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const group = wanted ?? randomGroup(scope, random);
    if (wanted === undefined && reservedGroupReason(group) !== undefined) continue;
    const port = wantedPort ?? randomPort(random);
    // a group of our own shall be nobody else's at all; on a given group it is the port that counts
    const query = wanted === undefined ? { address: group } : { address: group, port };
    const users = directory.search({
      group: query,
      sizeLimit: 1,
      ...(signal === undefined ? {} : { signal }),
    });
    const [user] = await users.toArray();
    if (user === undefined) return { group, port };
    if (fixed)
      throw new NoFreeGroupError(`"${user.name}" already uses ${group} port ${port}; choose another`);
  }
  const where = wanted === undefined ? `scope ${scope}` : `group ${wanted}`;
  throw new NoFreeGroupError(`Found nothing free in ${where} after ${attempts} draws; give a group and port`);
}

/** Conferences in the directory that use this group, or only those that use it with this port. */
export function findGroupUsers(directory: Directory, group: string, port?: number): Promise<Conference[]> {
  return directory.search({ group: { address: group, ...(port === undefined ? {} : { port }) } }).toArray();
}

function randomPort(random: RandomSource): number {
  const pairs = (LAST_PORT - FIRST_PORT) / 2 + 1;
  return FIRST_PORT + 2 * Math.floor(random() * pairs);
}

function checkWanted(group: string | undefined, port: number | undefined): void {
  const problem = group === undefined ? undefined : reservedGroupReason(group);
  if (problem !== undefined) throw new InvalidValueError(`${group} cannot carry a conference: ${problem}`);
  if (port !== undefined && (!Number.isInteger(port) || port < 2 || port > 65_534 || port % 2 === 1)) {
    throw new InvalidValueError(`Port ${port} cannot carry RTP: it must be even, 2 to 65534 (RFC 3550 §11)`);
  }
}

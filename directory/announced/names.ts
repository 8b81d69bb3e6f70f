import { formatEndpoint, sameIp, tryParseIp } from '../../src/ip/index.ts';
import { DirectoryError } from '../errors.ts';
import { type Announcement, conferenceOf, handleOf, hashText } from './announcement.ts';

/** Several announced sessions go by what was named. */
export class AmbiguousNameError extends DirectoryError {
  override readonly code = 'ERR_DIRECTORY_AMBIGUOUS';
}

/** Sessions named in an error, at most. */
const MOST_NAMED = 8;

/**
 * The announced session that is meant: by its name, by `user@host` of its origin, or by its hash, `3f2a` or
 * `3f2a@192.0.2.7` with the source. What is said first counts first.
 *
 * @throws {AmbiguousNameError} when there are several; it lists them with how to say which
 */
export function findAnnouncement(all: readonly Announcement[], wanted: string): Announcement | undefined {
  for (const fits of [fitsName, fitsOrigin, fitsHash]) {
    const found = all.filter((it) => fits(it, wanted));
    if (found.length > 1) throw ambiguous(wanted, found, all);
    if (found[0] !== undefined) return found[0];
  }
  return undefined;
}

/** The shortest of what a session can be called by that no other can. */
export function designation(announcement: Announcement, all: readonly Announcement[]): string {
  const { name, sender, hash } = announcement;
  const candidates = [
    name,
    ...(hash === 0 ? [] : [`${hashText(hash)}@${sender}`]),
    ...originNames(announcement),
  ];
  const isUnique = (text: string): boolean => {
    for (const fits of [fitsName, fitsOrigin, fitsHash]) {
      const found = all.filter((it) => fits(it, text));
      if (found.length > 0) return found.length === 1 && found[0] === announcement;
    }
    return false;
  };
  return candidates.find(isUnique) ?? handleOf(announcement);
}

/** {@link designation} of each: its name, where no other session has it. */
export function designations(all: readonly Announcement[]): ReadonlyMap<Announcement, string> {
  const namesakes = Map.groupBy(all, ({ name }) => name.trim().toLowerCase());
  return new Map(
    all.map((it) => {
      const isAlone = namesakes.get(it.name.trim().toLowerCase())?.length === 1;
      return [it, isAlone ? it.name : designation(it, all)];
    }),
  );
}

/** `user@host`, and with the session's number behind it. */
function originNames({ origin }: Announcement): string[] {
  if (origin === undefined) return [];
  const short = `${origin.username}@${origin.address}`;
  return [short, `${short}/${origin.sessionId}`];
}

const sameText = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();

function fitsName({ name }: Announcement, wanted: string): boolean {
  return sameText(name, wanted);
}

function fitsOrigin(announcement: Announcement, wanted: string): boolean {
  return originNames(announcement).some((name) => sameText(name, wanted));
}

function fitsHash({ hash, source, sender }: Announcement, wanted: string): boolean {
  const [, digits, from] = /^(?:0x)?([\da-f]{1,4})(?:@(.+))?$/i.exec(wanted.trim()) ?? [];
  if (digits === undefined || hash === 0 || Number.parseInt(digits, 16) !== hash) return false;
  if (from === undefined) return digits.length === 4;
  return [sender, source].some((address) => sameHost(address, from));
}

/** @param given as a user types it, with or without the zone of a link-local address */
function sameHost(address: string, given: string): boolean {
  const [own, asked] = [address, given].map(
    (text) => tryParseIp(text) ?? tryParseIp(text.split('%')[0] ?? ''),
  );
  if (own === undefined || asked === undefined) return sameText(address, given);
  return sameIp(address.split('%')[0] ?? '', given.split('%')[0] ?? '');
}

function ambiguous(
  wanted: string,
  found: readonly Announcement[],
  all: readonly Announcement[],
): AmbiguousNameError {
  const named = found.slice(0, MOST_NAMED).map((it) => {
    return `${designation(it, all)} (${groupText(it)} from ${it.sender})`;
  });
  const more = found.length > MOST_NAMED ? `, and ${found.length - MOST_NAMED} more` : '';
  return new AmbiguousNameError(
    `${found.length} announced sessions are "${wanted}". Say which one, by what stands in front: ${named.join(', ')}${more}`,
  );
}

function groupText(announcement: Announcement): string {
  const { sdp } = conferenceOf(announcement);
  const [endpoint] = (sdp?.media.toArray() ?? []).flatMap(({ endpoints }) => endpoints);
  return endpoint === undefined ? 'no group' : formatEndpoint(endpoint.address, endpoint.port);
}

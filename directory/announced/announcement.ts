import type { Ms } from '../../src/machine.ts';
import { type AnnouncedSession, sapAuthenticationName } from '../../src/sap/index.ts';
import { type Origin, SessionDescription } from '../../src/sdp/index.ts';
import { Conference } from '../conference.ts';
import type { CachedAnnouncement } from './cache-file.ts';

/** An announced session as this computer knows it, heard by this process or recalled from an earlier run. */
export interface Announcement {
  /** Names the session, whatever its version. */
  readonly key: string;
  /** The description, byte for byte. */
  readonly payload: Uint8Array;
  /** Name of the session. */
  readonly name: string;
  /** Of the `o=` line; undefined when that cannot be read. */
  readonly origin: Origin | undefined;
  /** Originating source as the announcement has it, which may be nonsense. */
  readonly source: string;
  /** Address of the host that announces it, as the network says. */
  readonly sender: string;
  /** SAP groups that it came to, and by which interface where that is known. */
  readonly heard: readonly { readonly group: string; readonly interface?: string }[];
  /** Message identifier hash, 0 to 65 535; 0 says nothing. */
  readonly hash: number;
  /** Times that it was heard. */
  readonly count: number;
  readonly firstHeard: Date;
  readonly lastHeard: Date;
  /** Milliseconds between two announcements; undefined before the second. */
  readonly periodMs: number | undefined;
  /** When it should be heard again; undefined before the second announcement. */
  readonly nextExpected: Date | undefined;
  /** When it goes unless it is heard again (RFC 2974 §4). */
  readonly expiresAt: Date;
  /** Kind of the authentication data that came with it; nobody has verified it. */
  readonly authentication: string | undefined;
  readonly isCompressed: boolean;
  /** Known from an earlier run, and not heard by this one yet. */
  readonly isRecalled: boolean;
}

/** Message identifier hash as it is written: four hexadecimal digits. */
export const hashText = (hash: number): string => hash.toString(16).padStart(4, '0');

/** Characters that a name keeps, as of a conference in a directory. */
const MAX_NAME = 256;

/**
 * What the listener says, with times as people tell them.
 *
 * @param wallAt tells the time of day, milliseconds since 1970, of a moment on the listener's clock
 * @param since  when this process began to listen, on the listener's clock
 */
export function announcementOf(
  session: AnnouncedSession,
  wallAt: (moment: Ms) => number,
  since: Ms,
): Announcement {
  const { key, description, source, sender, heard, hash, count, period, authentication, origin } = session;
  const date = (moment: Ms): Date => new Date(Math.round(wallAt(moment)));
  return {
    key,
    payload: description,
    name: nameOf(session),
    origin,
    source,
    sender,
    heard: heard.map(({ group, interface: by }) => ({
      group,
      ...(by === undefined ? {} : { interface: by }),
    })),
    hash,
    count,
    firstHeard: date(session.firstHeard),
    lastHeard: date(session.lastHeard),
    periodMs: period,
    nextExpected: session.nextExpected === undefined ? undefined : date(session.nextExpected),
    expiresAt: date(session.expiresAt),
    authentication: authentication === undefined ? undefined : sapAuthenticationName(authentication),
    isCompressed: session.compressed,
    isRecalled: session.lastHeard < since,
  };
}

/** What is kept of it. */
export function recordOf(announcement: Announcement): CachedAnnouncement {
  const { key, payload, source, sender, heard, hash, periodMs, authentication } = announcement;
  const { firstHeard, lastHeard, expiresAt } = announcement;
  return {
    key,
    payload,
    source,
    sender,
    heard,
    hash,
    periodMs,
    authentication,
    firstHeard: firstHeard.getTime(),
    lastHeard: lastHeard.getTime(),
    expiresAt: expiresAt.getTime(),
  };
}

/** The conference that is announced: a new object each time, since whoever gets one may edit it. */
export function conferenceOf(announcement: Announcement): Conference {
  const { name, payload, sender, heard, hash, key, lastHeard, expiresAt } = announcement;
  return new Conference({
    name,
    blob: payload,
    origin: { kind: 'sap', source: sender, group: heard[0]?.group ?? '', hash, gateway: null, session: key },
    publication: {
      dn: handleOf(announcement),
      name,
      ttlSeconds: Math.round((expiresAt.getTime() - lastHeard.getTime()) / 1000),
      expiresAt,
    },
  });
}

/**
 * The conference that a description is of, as it is: nothing is added to it.
 *
 * @param fallback name where the description has none
 * @throws {DecodeError} when it is no description
 */
export function describedConference(description: Uint8Array, fallback: string): Conference {
  const name = cleanName(SessionDescription.parse(description).name);
  return new Conference({ name: name === '' ? fallback : name, blob: description });
}

/** `3f2a@192.0.2.7`, or `user@host/id` for what has no hash: what the session can be called by that no other can. */
export function handleOf({ hash, sender, origin, key }: Announcement): string {
  if (hash !== 0) return `${hashText(hash)}@${sender}`;
  return origin === undefined ? key : `${origin.username}@${origin.address}/${origin.sessionId}`;
}

/** The session's name, else what else it can be called: a conference has a name. */
function nameOf({ description, hash, sender }: AnnouncedSession): string {
  let name = '';
  try {
    name = cleanName(SessionDescription.parse(description).name);
  } catch {
    // the conference made of it says why
  }
  return name === '' ? `${hashText(hash)}@${sender}` : name;
}

/** As a conference can have it; `-` and blanks are no name (RFC 8866 §5.3). */
function cleanName(name = ''): string {
  const cleaned = name
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_NAME);
  return cleaned === '-' ? '' : cleaned;
}

import { hostname, userInfo } from 'node:os';
import { type AdvertisingScope, SCOPE_RANGES } from '../src/ip/index.ts';
import {
  createSessionDescription,
  type EmailContact,
  type MediaInit,
  type PhoneContact,
  SessionDescription,
  unixMsToNtpSeconds,
} from '../src/sdp/index.ts';
import { AccessRights } from './access-rights.ts';
import { checkName, Conference } from './conference.ts';

export interface ConferenceInit {
  readonly name: string;
  /** A description to publish as it is, but for what the other values here say. Default a new one. */
  readonly sdp?: SessionDescription | string | Uint8Array;
  /** User name, one word; default the user of this process. */
  readonly originator?: string;
  readonly description?: string;
  readonly url?: string;
  /** Default `site`, which is TTL 15. */
  readonly scope?: AdvertisingScope;
  /** Default now. */
  readonly startTime?: Date;
  /** null for unbounded; default 30 minutes after the start. */
  readonly stopTime?: Date | null;
  readonly isEncrypted?: boolean;
  /** Who may do what with the entry, as a list for people or in the making of `AccessRights`. Default the server's rule. */
  readonly acl?: AccessRights | string;
  /** Group and port of the new description, from `pickGroup`. Default a placeholder that carries nothing. */
  readonly group?: string;
  /** Of the default medium; default 5004. */
  readonly port?: number;
  /** Media of the new description; those without a group of their own use `group`. Default PCMU audio on `port`. */
  readonly media?: readonly MediaInit[];
  readonly emails?: readonly EmailContact[];
  readonly phones?: readonly PhoneContact[];
  /** Program that made it, for `a=tool`. */
  readonly tool?: string;
  /** Address or name of this machine for `o=`; default its host name. */
  readonly machine?: string;
  /** Default the current time. */
  readonly now?: Date;
}

/** How long a conference lasts unless told otherwise. */
export const DEFAULT_SPAN_MS = 30 * 60_000;

/**
 * First address of the multicast range; nobody may send to it, so it stands for "no group yet" as it did in the
 * original's default blob.
 */
export const PLACEHOLDER_GROUP = '224.0.0.0';

/**
 * A conference that only exists here, nothing is sent: one audio medium in PCMU, starting now and lasting 30 minutes,
 * scope site. Nothing is drawn at random; take the group from `pickGroup`.
 *
 * @throws {InvalidValueError} when the name cannot be one, or the access list cannot be read
 * @throws {InvalidTimeError} when a time is no date, or the stop is not after the start
 * @throws {DecodeError} when `sdp` is text that is no description
 * @throws {EncodeError} when a value cannot stand in a description
 */
export function createConference(init: ConferenceInit): Conference {
  checkName(init.name);
  const now = init.now ?? new Date();
  const fresh = init.sdp === undefined;
  const sdp = init.sdp === undefined ? newDescription(init, now) : copyOf(init.sdp);
  const conference = new Conference({ name: init.name, blob: sdp.toBytes() });
  conference.name = init.name; // s= too
  if (fresh) conference.originator = init.originator ?? userName();
  else if (init.originator !== undefined) conference.originator = init.originator;
  if (init.description !== undefined) conference.description = init.description;
  if (init.url !== undefined) conference.url = init.url;
  if (init.isEncrypted !== undefined) conference.isEncrypted = init.isEncrypted;
  if (init.acl !== undefined) {
    conference.acl = typeof init.acl === 'string' ? AccessRights.parse(init.acl) : init.acl;
  }
  if (!fresh && init.scope !== undefined) conference.advertisingScope = init.scope;
  if (fresh || init.startTime !== undefined || init.stopTime !== undefined) {
    const start = init.startTime ?? (fresh ? now : conference.startTime);
    const span = fresh ? new Date((start ?? now).getTime() + DEFAULT_SPAN_MS) : conference.stopTime;
    conference.setTimes(start, init.stopTime === undefined ? span : init.stopTime);
  }
  const version = conference.sdp?.sessionVersion;
  if (fresh && conference.sdp !== undefined && version !== undefined) {
    conference.sdp.sessionVersion = version; // what has not been published is not a changed version of anything
  }
  return conference;
}

function newDescription(init: ConferenceInit, now: Date): SessionDescription {
  const group = init.group ?? PLACEHOLDER_GROUP;
  const { ttl } = SCOPE_RANGES[init.scope ?? 'site'];
  const audio = { kind: 'audio', encoding: 'PCMU', clockRate: 8000, port: init.port ?? 5004 };
  return createSessionDescription({
    sessionId: sessionIdAt(now),
    machineAddress: init.machine ?? hostname(),
    group,
    ...(group.includes(':') ? {} : { ttl }), // IPv6 groups carry their scope in themselves
    media: init.media ?? [audio],
    emails: init.emails ?? [],
    phones: init.phones ?? [],
    ...(init.tool === undefined ? {} : { tool: init.tool }),
  });
}

/**
 * NTP seconds (RFC 8866 §5.2) and the milliseconds behind them: of two conferences made in one second each is a session of its
 * own. Below 2^53, so that every program can read it.
 */
function sessionIdAt(now: Date): string {
  const ms = now.getTime();
  return `${unixMsToNtpSeconds(ms)}${String(((ms % 1000) + 1000) % 1000).padStart(3, '0')}`;
}

function copyOf(sdp: SessionDescription | string | Uint8Array): SessionDescription {
  return typeof sdp === 'string' || sdp instanceof Uint8Array ? SessionDescription.parse(sdp) : sdp.clone();
}

/** The user of this process as one word; `-` where the system knows no name. */
export function userName(): string {
  try {
    const name = userInfo().username.replaceAll(/\s+/g, '_');
    return name === '' ? '-' : name;
  } catch {
    return '-'; // a container whose user has no passwd line
  }
}

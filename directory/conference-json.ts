import type { AdvertisingScope } from '../src/ip/index.ts';
import {
  type MediaDescription,
  ntpSecondsToUnixMs,
  type RepeatTime,
  type ScheduleEntry,
  withoutKeys,
} from '../src/sdp/index.ts';
import type { Conference } from './conference.ts';
import type { ConferenceOrigin } from './origin.ts';

/** What `toJSON` gives: fields are added to, never renamed. Absent values are null; times are RFC 3339 in UTC. */
export interface ConferenceJson {
  readonly kind: 'conference';
  readonly name: string;
  readonly protocol: string;
  readonly originator: string | null;
  readonly advertisingScope: AdvertisingScope | null;
  readonly url: string | null;
  readonly description: string | null;
  readonly isEncrypted: boolean;
  readonly startTime: string | null;
  /** null for unbounded. */
  readonly stopTime: string | null;
  readonly times: readonly ConferenceTimeJson[];
  readonly media: readonly ConferenceMediaJson[];
  /** The description as text, without keys in it; null when the blob is not SDP. */
  readonly sdp: string | null;
  /** Why the blob could not be read as SDP; null when it could. */
  readonly sdpProblem: string | null;
  /** The blob in base64 when it is not SDP; else null, since `sdp` says it. */
  readonly blobBase64: string | null;
  /** Where the entry comes from, when a gateway made it; null for what its publisher put there. */
  readonly origin: ConferenceOrigin | null;
  readonly dn: string | null;
  /** Who may do what, for people: `everyone:read,owner:all`; null when the entry does not say. */
  readonly acl: string | null;
  /** The same in SDDL. */
  readonly sddl: string | null;
  readonly ttlSeconds: number | null;
  readonly expiresAt: string | null;
  /** Attributes of the entry that the dialect does not know; values that are no text as `base64:…`. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

/** One of the times, with its repeats. */
export interface ConferenceTimeJson {
  /** null: since ever. */
  readonly start: string | null;
  /** null: without end. */
  readonly stop: string | null;
  readonly repeats: readonly RepeatTime[];
  /** From `from` on, occurrences come this much later than at first; negative for earlier. */
  readonly adjustments: readonly { readonly from: string | null; readonly offsetSeconds: number }[];
}

export interface ConferenceMediaJson {
  readonly kind: string;
  readonly address: string | null;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly ttl: number | null;
  /** Senders that alone may be heard (`a=source-filter: incl`); empty for everybody. */
  readonly sources: readonly string[];
}

export function conferenceToJson(conference: Conference): ConferenceJson {
  const { sdp } = conference;
  return {
    kind: 'conference',
    name: conference.name,
    protocol: conference.protocol,
    originator: conference.originator ?? null,
    advertisingScope: conference.advertisingScope ?? null,
    url: conference.url ?? null,
    description: conference.description ?? null,
    isEncrypted: conference.isEncrypted,
    startTime: conference.startTime?.toISOString() ?? null,
    stopTime: conference.stopTime?.toISOString() ?? null,
    times: (sdp?.times.entries() ?? []).map(timeToJson),
    media: (sdp?.media.toArray() ?? []).map(mediumToJson),
    sdp: sdp === undefined ? null : withoutKeys(sdp).serialize(),
    sdpProblem: conference.sdpProblem ?? null,
    blobBase64: sdp === undefined ? Buffer.from(conference.blob).toString('base64') : null,
    origin: conference.origin ?? null,
    dn: conference.dn ?? null,
    acl: conference.acl?.toString() ?? null,
    sddl: conference.acl?.toSddl() ?? null,
    ttlSeconds: conference.ttlSeconds ?? null,
    expiresAt: conference.expiresAt?.toISOString() ?? null,
    attributes: attributesToJson(conference.attributes),
  };
}

function mediumToJson(medium: MediaDescription): ConferenceMediaJson {
  const {
    kind,
    port,
    proto,
    formats,
    effectiveConnections: [first],
  } = medium;
  return {
    kind,
    address: first?.address ?? null,
    port,
    protocol: proto,
    formats,
    ttl: first?.ttl ?? null,
    sources: medium.admittedSources,
  };
}

function timeToJson({ start, stop, repeats, zones }: ScheduleEntry): ConferenceTimeJson {
  return {
    start: start === 0 ? null : timeText(start),
    stop: stop === 0 ? null : timeText(stop),
    repeats,
    adjustments: zones.map(({ time, offsetSeconds }) => ({ from: timeText(time), offsetSeconds })),
  };
}

/** null for a stranger's number beyond what a Date can hold. */
function timeText(ntpSeconds: number): string | null {
  const date = new Date(ntpSecondsToUnixMs(ntpSeconds));
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** Attributes by the server's names; values that are no text as `base64:…`. */
export function attributesToJson(
  attributes: ReadonlyMap<string, readonly (string | Uint8Array)[]>,
): Record<string, readonly string[]> {
  return Object.fromEntries(Array.from(attributes, ([name, values]) => [name, values.map(valueText)]));
}

const valueText = (value: string | Uint8Array): string =>
  typeof value === 'string' ? value : `base64:${Buffer.from(value).toString('base64')}`;

import { InvalidValueError, StateError } from '../src/errors.ts';
import { type AdvertisingScope, isMulticast, SCOPE_RANGES } from '../src/ip/index.ts';
import {
  type ConnectionField,
  type MediaKey,
  nextVersion,
  ntpSecondsToUnixMs,
  SessionDescription,
  unixMsToNtpSeconds,
} from '../src/sdp/index.ts';
import type { AccessRights } from './access-rights.ts';
import { type ConferenceJson, conferenceToJson } from './conference-json.ts';
import { allConnections, describesEncryption, scopeOf } from './description-facts.ts';
import type { AddressType } from './dialable.ts';
import { InvalidTimeError } from './errors.ts';
import type { ConferenceOrigin } from './origin.ts';
import { type Publication, publicationOf } from './publication.ts';
import { Publishable } from './publishable.ts';

/** `protocolID` of a conference whose blob is a session description. */
export const SDP_PROTOCOL = 'IP Conference';

/** Occurrences running at once that are looked through for a later one. */
const MAX_OVERLAPPING = 1000;

/** Once that a conference takes place. */
export interface ConferenceOccurrence {
  /** Undefined: always open. */
  readonly start: Date | undefined;
  /** null: without end. */
  readonly stop: Date | null;
}

/** A conference as it comes out of a directory entry. */
export interface ConferenceParts {
  readonly name: string;
  readonly protocol?: string;
  readonly blob: Uint8Array;
  readonly isEncrypted?: boolean;
  readonly origin?: ConferenceOrigin | undefined;
  readonly acl?: AccessRights;
  readonly keys?: readonly MediaKey[];
  readonly attributes?: ReadonlyMap<string, readonly (string | Uint8Array)[]>;
  readonly publication?: Publication;
}

/**
 * A conference, published or not. What SDP can say is kept in {@link sdp} alone: originator (`o=`), URL (`u=`),
 * description (`i=`), times (`t=`) and scope (TTL of `c=`) are read from it and written to it. Edits are local until
 * `directory.modify`.
 */
export class Conference extends Publishable {
  readonly kind = 'conference';
  /** How to read the blob; `IP Conference` means SDP. */
  readonly protocol: string;
  /** The description; undefined when the blob is not SDP, see {@link sdpProblem}. */
  readonly sdp: SessionDescription | undefined;
  /** Why the blob could not be read as SDP. */
  readonly sdpProblem: string | undefined;
  /** Attributes of the entry that the directory's dialect has no place for, by the server's names. */
  readonly attributes: ReadonlyMap<string, readonly (string | Uint8Array)[]>;
  /**
   * Where the entry comes from, when a gateway made it out of what it heard; undefined for what its publisher put there. Such
   * an entry changes and goes with what it is a copy of.
   */
  origin: ConferenceOrigin | undefined;
  /** Whether the directory has an origin for it. @internal */
  readonly hasStoredOrigin: boolean;
  readonly #opaque: Uint8Array;
  #keys: readonly MediaKey[];
  #storedKeys: readonly MediaKey[] | undefined;
  #name: string;
  #encryptedFlag: boolean;

  /** @internal use `createConference`, or find one in a directory */
  constructor(parts: ConferenceParts) {
    super(parts.acl, parts.publication);
    this.#name = parts.name;
    this.protocol = parts.protocol ?? SDP_PROTOCOL;
    this.#encryptedFlag = parts.isEncrypted ?? false;
    this.attributes = parts.attributes ?? new Map();
    this.origin = parts.origin;
    this.hasStoredOrigin = parts.origin !== undefined && parts.publication !== undefined;
    this.#opaque = parts.blob;
    this.#keys = parts.keys ?? [];
    this.#storedKeys = this.#keys;
    const read = readBlob(this.protocol, parts.blob);
    this.sdp = read.sdp;
    this.sdpProblem = read.problem;
  }

  /** Unique in its directory. A new name sets `s=` too; on the server it becomes a new entry. */
  get name(): string {
    return this.#name;
  }
  /** @throws {InvalidValueError} empty, over 256 characters, or with control characters */
  set name(name: string) {
    checkName(name);
    this.#name = name;
    if (this.sdp !== undefined) this.sdp.name = name;
  }

  /** User name of the originator, from `o=`; undefined when nobody is named. */
  get originator(): string | undefined {
    const name = this.sdp?.originator;
    return name === '-' ? undefined : name;
  }
  /** @throws {EncodeError} when it is not one word */
  set originator(name: string | undefined) {
    this.#editable('originator').originator = name ?? '-';
  }

  /** Where there is more to read, from `u=`. */
  get url(): string | undefined {
    return this.sdp?.uri;
  }
  set url(url: string | undefined) {
    this.#editable('URL').uri = url;
  }

  /** Description for people, from `i=`. */
  get description(): string | undefined {
    return this.sdp?.description;
  }
  set description(text: string | undefined) {
    this.#editable('description').description = text;
  }

  /** The conference says that its media are encrypted: by a flag of its own, or by keys or a secure transport in SDP. */
  get isEncrypted(): boolean {
    return this.#encryptedFlag || describesEncryption(this.sdp);
  }
  /** Sets the flag only; it encrypts nothing. */
  set isEncrypted(flag: boolean) {
    this.#encryptedFlag = flag;
  }
  /** Its description has keys or a secure transport, whatever the flag says. */
  get describesEncryption(): boolean {
    return describesEncryption(this.sdp);
  }

  /**
   * Keys of its encrypted media, as far as the directory shows them to us: to those who may join. They are no part of the
   * description, and of nothing that is shown or written elsewhere.
   */
  get keys(): readonly MediaKey[] {
    return this.#keys;
  }
  set keys(keys: readonly MediaKey[]) {
    this.#keys = keys;
  }
  /** Whether {@link keys} were set since the directory had them. @internal */
  get keysChanged(): boolean {
    return this.#keys !== this.#storedKeys;
  }
  /** Says that the directory has {@link acl} and {@link keys} now. @internal */
  override aclPublished(): void {
    super.aclPublished();
    this.#storedKeys = this.#keys;
  }

  /** How far it reaches: by the largest TTL, or the scope of an IPv6 group. Undefined without a group. */
  get advertisingScope(): AdvertisingScope | undefined {
    return this.sdp === undefined ? undefined : scopeOf(allConnections(this.sdp));
  }
  /** Gives every IPv4 group the scope's TTL (1, 15, 63 or 127); the groups stay. */
  set advertisingScope(scope: AdvertisingScope) {
    const sdp = this.#editable('scope');
    const { ttl } = SCOPE_RANGES[scope];
    const withTtl = (field: ConnectionField): ConnectionField =>
      field.addressType === 'IP4' && isMulticast(field.address) ? { ...field, ttl } : field;
    for (const level of [sdp, ...sdp.media]) {
      if (level.connection.all.length > 0) level.connection.all = level.connection.all.map(withTtl);
    }
  }

  /** The earliest start; undefined when it has always been open. */
  get startTime(): Date | undefined {
    return this.#span()?.start;
  }
  /** @throws {InvalidTimeError} behind the stop; use {@link setTimes} to move both */
  set startTime(start: Date | undefined) {
    this.setTimes(start, this.stopTime);
  }
  /** The latest stop; null for unbounded. */
  get stopTime(): Date | null {
    return this.#span()?.stop ?? null;
  }
  /** @throws {InvalidTimeError} before the start; use {@link setTimes} to move both */
  set stopTime(stop: Date | null) {
    this.setTimes(this.startTime, stop);
  }
  /**
   * Sets start and stop together; seconds count, fractions are dropped.
   *
   * @param start undefined for always open
   * @param stop  null for unbounded
   * @throws {InvalidTimeError} when a date is none, is before 1968, or the stop is not after the start
   * @throws {StateError} when the description has several times: edit `sdp.times`
   */
  setTimes(start: Date | undefined, stop: Date | null): void {
    const { times } = this.#editable('time');
    if (times.length > 1) {
      throw new StateError(`"${this.#name}" has ${times.length} times; edit sdp.times instead`);
    }
    const range = { start: ntpTime('start', start), stop: ntpTime('stop', stop) };
    if (range.stop !== 0 && range.stop <= range.start) {
      throw new InvalidTimeError(
        `The stop time ${stop?.toISOString()} is not after the start time ${start?.toISOString()}`,
      );
    }
    if (times.length === 0) times.add(range);
    else times.at(0).set(range.start, range.stop);
  }

  /**
   * When it takes place, from what has not ended at `from` on; unknown blobs have none. A series without end gives
   * occurrences without end, so take only as many as you need.
   */
  *occurrences(from: Date): Generator<ConferenceOccurrence> {
    for (const { startUnixMs, stopUnixMs } of this.sdp?.occurrences(from.getTime()) ?? []) {
      yield {
        start: startUnixMs === undefined ? undefined : new Date(startUnixMs),
        stop: stopUnixMs === undefined ? null : new Date(stopUnixMs),
      };
    }
  }
  /** Whether it is open at some time from `from` up to, not including, `to`; unknown blobs count as open. */
  takesPlace(from: Date, to: Date): boolean {
    if (this.sdp === undefined) return true;
    const [first] = this.occurrences(from).take(1).toArray();
    return first !== undefined && (first.start === undefined || first.start < to);
  }
  /** When it begins for the first time after that moment; undefined when it does not, or nobody can know. */
  nextStart(after: Date): Date | undefined {
    for (const { start } of this.occurrences(after).take(MAX_OVERLAPPING)) {
      if (start !== undefined && start > after) return start;
    }
    return undefined;
  }
  /** Whether a time of it has repeats (`r=`). */
  get repeats(): boolean {
    return this.sdp?.times.toArray().some((time) => time.repeats.length > 0) ?? false;
  }

  /** Whether one of its times, repeats included, has it open at that moment; unknown blobs count as open. */
  isActiveAt(moment: Date): boolean {
    return this.sdp?.activeAt(moment.getTime()) ?? true;
  }

  /**
   * The same conference with another description, which is given its name; as a newer version where it is the same session.
   *
   * @throws {DecodeError} when the bytes are no description
   */
  withDescription(blob: Uint8Array): Conference {
    SessionDescription.parse(blob);
    const publication = publicationOf(this);
    const next = new Conference({
      name: this.#name,
      blob,
      isEncrypted: this.#encryptedFlag && !describesEncryption(this.sdp),
      attributes: this.attributes,
      origin: this.origin,
      ...(this.storedAcl === undefined ? {} : { acl: this.storedAcl }),
      ...(publication === undefined ? {} : { publication }),
    });
    next.acl = this.acl;
    next.#keys = this.#keys;
    next.#storedKeys = this.#storedKeys;
    next.name = this.#name;
    const [fresh, old] = [next.sdp, this.sdp];
    if (fresh !== undefined && old !== undefined && fresh.key === old.key && !fresh.supersedes(old)) {
      const isSame = fresh.serialize() === old.serialize();
      if (!isSame) fresh.sessionVersion = nextVersion(old.sessionVersion ?? '0', 0);
    }
    return next;
  }

  /** The blob as it stands now; untouched parts byte for byte as they came. */
  get blob(): Uint8Array {
    return this.sdp === undefined ? Uint8Array.from(this.#opaque) : this.sdp.toBytes();
  }

  /** What it can be dialled by: `sdp` gives the description, `email` and `phone` the contacts in it. */
  *dialableAddresses(type: AddressType): Generator<string, void, undefined> {
    if (this.sdp === undefined) return;
    if (type === 'sdp') yield this.sdp.serialize();
    if (type === 'email') for (const { address } of this.sdp.emails) yield address;
    if (type === 'phone') for (const { number } of this.sdp.phones) yield number;
  }

  toJSON(): ConferenceJson {
    return conferenceToJson(this);
  }

  #span(): { start: Date | undefined; stop: Date | null } | undefined {
    const times = this.sdp?.times.toArray() ?? [];
    if (times.length === 0) return undefined;
    const start = Math.min(...times.map((time) => time.start));
    const stop = times.some((time) => time.stop === 0) ? 0 : Math.max(...times.map((time) => time.stop));
    return {
      start: start === 0 ? undefined : dateOf(start),
      stop: stop === 0 ? null : (dateOf(stop) ?? null),
    };
  }

  #editable(what: string): SessionDescription {
    if (this.sdp === undefined) {
      throw new StateError(
        `The ${what} of "${this.#name}" cannot be set: ${this.sdpProblem ?? 'it has no SDP'}`,
      );
    }
    return this.sdp;
  }
}

/** @throws {InvalidValueError} when a conference cannot have this name */
export function checkName(name: string): void {
  if (name.trim() === '') throw new InvalidValueError('A conference needs a name');
  if (name.length > 256) {
    throw new InvalidValueError(
      `The conference name has ${name.length} characters; at most 256 are possible`,
    );
  }
  if (/\p{Cc}/u.test(name)) {
    throw new InvalidValueError('The conference name has control characters; leave them out');
  }
}

function readBlob(
  protocol: string,
  blob: Uint8Array,
): { sdp: SessionDescription | undefined; problem: string | undefined } {
  if (protocol.toLowerCase() !== SDP_PROTOCOL.toLowerCase()) {
    return { sdp: undefined, problem: `its protocol is "${protocol}", not "${SDP_PROTOCOL}"` };
  }
  try {
    return { sdp: SessionDescription.parse(blob), problem: undefined };
  } catch (error) {
    return { sdp: undefined, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** First moment whose NTP seconds have the ten digits that SDP wants (RFC 8866 §9, `POS-DIGIT 9*DIGIT`). */
const FIRST_UNIX_MS = ntpSecondsToUnixMs(1e9);

function ntpTime(what: string, date: Date | null | undefined): number {
  if (date === null || date === undefined) return 0;
  const ms = date.getTime();
  if (Number.isNaN(ms)) throw new InvalidTimeError(`The ${what} time is not a date`);
  if (ms < FIRST_UNIX_MS) {
    throw new InvalidTimeError(`The ${what} time ${date.toISOString()} is too long ago for SDP`);
  }
  return unixMsToNtpSeconds(ms);
}

/** A stranger's number may be beyond what a Date can hold. */
function dateOf(ntpSeconds: number): Date | undefined {
  const date = new Date(ntpSecondsToUnixMs(ntpSeconds));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

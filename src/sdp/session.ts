import { EncodeError, StateError } from '../errors.ts';
import { tryParseIp } from '../ip/index.ts';
import { conferenceTypeHints, type ConferenceTypeHints } from './direction.ts';
import {
  type EmailContact,
  formatEmail,
  formatPhone,
  parseEmail,
  parsePhone,
  type PhoneContact,
} from './contact.ts';
import type { SdpDocument } from './document.ts';
import { DescriptionLevel } from './level.ts';
import type { Line, SdpLine } from './lines.ts';
import { MediaCollection } from './media-collection.ts';
import { compareDecimal, nextVersion, type Origin, originKey, parseOrigin } from './origin.ts';
import { parseDocument, type SdpParseOptions } from './parse.ts';
import { ntpSecondsToUnixMs, NTP_UNIX_OFFSET_SECONDS } from './time.ts';
import { TimeCollection } from './times.ts';
import { type Issue, validateDescription } from './validate.ts';

/** When a session takes place, in milliseconds since 1970. */
export interface SessionOccurrence {
  /** Undefined for no beginning. */
  readonly startUnixMs: number | undefined;
  /** Undefined for no end. */
  readonly stopUnixMs: number | undefined;
}

/**
 * A session description (RFC 8866; RFC 2327 and 4566 are read too), kept line by line as it came: what is not edited
 * is written back byte for byte, whatever it is. An edit touches only the line it means.
 *
 * Parsing judges nothing; {@link validate} does. A description is a stranger's word: reading one must not start media.
 */
export class SessionDescription extends DescriptionLevel {
  /** The `t=` lines with their `r=` and `z=` lines. */
  readonly times: TimeCollection;
  /** The `m=` lines with what is below them. */
  readonly media: MediaCollection;
  #savedRevision: number;

  /** @internal use {@link SessionDescription.parse} or `createSessionDescription` */
  constructor(document: SdpDocument) {
    super(document, document.session);
    this.times = new TimeCollection(document);
    this.media = new MediaCollection(document);
    this.#savedRevision = document.revision;
  }

  /**
   * Reads a description. Give the bytes when you have them: text in another charset survives only so.
   *
   * @throws {DecodeError} for what cannot be a description at all: empty, longer than the limits, or not starting with
   *   `<letter>=`. Everything else is for {@link validate} to tell.
   */
  static parse(input: string | Uint8Array, options?: SdpParseOptions): SessionDescription {
    return new SessionDescription(parseDocument(input, options));
  }

  /** The description as text, untouched lines exactly as they came. */
  serialize(): string {
    return this.document.serialize();
  }
  override toString(): string {
    return this.serialize();
  }
  /** The description as bytes: UTF-8, except for lines that came in another encoding and were not touched. */
  toBytes(): Uint8Array {
    return this.document.toBytes();
  }
  /** An independent copy. */
  clone(): SessionDescription {
    const source = this.document.fromBytes ? this.toBytes() : this.serialize();
    const { defaultCharset } = this.document;
    return SessionDescription.parse(source, {
      maxBytes: Number.POSITIVE_INFINITY,
      maxLines: Number.POSITIVE_INFINITY,
      ...(defaultCharset === undefined ? {} : { charset: defaultCharset }),
    });
  }
  /** Every line as it stands now. */
  get lines(): SdpLine[] {
    return this.document.snapshot();
  }

  /** What RFC 8866 has against this description, by line; [] when nothing. */
  validate(): Issue[] {
    const { charset, byteOrderMark } = this.document;
    return validateDescription({ lines: this.lines, media: this.media.toArray(), charset, byteOrderMark });
  }
  /** Whether {@link validate} finds no error (warnings do not count). */
  get isValid(): boolean {
    return !this.validate().some((issue) => issue.severity === 'error');
  }

  /** `v=`, always 0 in a good description; undefined when it is missing or not a number. */
  get protocolVersion(): number | undefined {
    const value = this.document.find(this.section, 'v')?.value.trim();
    return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
  }

  /** The `o=` line taken apart, or undefined when it is missing or has not six words. */
  get origin(): Origin | undefined {
    const line = this.document.find(this.section, 'o');
    return line === undefined ? undefined : parseOrigin(line.value);
  }
  /** Replaces the whole `o=` line. @throws {EncodeError} when a part is not one word or a number not decimal */
  set origin(origin: Origin) {
    const { username, sessionId, sessionVersion, netType, addressType, address } = origin;
    const parts = [username, sessionId, sessionVersion, netType, addressType, address];
    for (const part of parts) {
      if (!/^[^\s\0]+$/.test(part)) throw new EncodeError('SDP', 'o=', `cannot hold ${JSON.stringify(part)}`);
    }
    for (const number of [sessionId, sessionVersion]) {
      if (!/^\d+$/.test(number)) throw new EncodeError('SDP', 'o=', `${number} is not a decimal number`);
    }
    this.document.setOne(this.section, 'o', parts.join(' '));
  }
  /** Names the session, whatever its version: the same for every update of one session (RFC 8866 §5.2). */
  get key(): string | undefined {
    return this.origin === undefined ? undefined : originKey(this.origin);
  }
  /** Decimal text, usually seconds since 1900 at creation; never changes. */
  get sessionId(): string | undefined {
    return this.origin?.sessionId;
  }
  /** Decimal text; must grow with every change ({@link commit} does it). */
  get sessionVersion(): string | undefined {
    return this.origin?.sessionVersion;
  }
  set sessionVersion(version: string) {
    if (!/^\d+$/.test(version)) throw new EncodeError('SDP', 'session version', `${version} is not decimal`);
    this.document.changeWord(this.#originLine(), 2, version, 'session version');
    this.#savedRevision = this.document.revision;
  }
  /** User name of the originator; `-` for none. */
  get originator(): string | undefined {
    return this.origin?.username;
  }
  set originator(username: string) {
    this.document.changeWord(this.#originLine(), 0, username, 'originator');
  }
  /** DNS name or address of the originator's machine. Setting an address sets the address type with it. */
  get machineAddress(): string | undefined {
    return this.origin?.address;
  }
  set machineAddress(address: string) {
    const line = this.#originLine();
    this.document.changeWord(line, 5, address, 'machine address');
    const family = tryParseIp(address)?.family;
    if (family !== undefined) this.document.changeWord(line, 4, `IP${family}`, 'address type');
  }

  /** Whether anything was changed since it was read, or since the version was last set. */
  get modified(): boolean {
    return this.document.revision !== this.#savedRevision;
  }
  /**
   * Raises the session version if anything was changed since the last time, as every change must (RFC 8866 §5.2).
   *
   * @param nowNtpSeconds seconds since 1900; the new version is this, or the old one plus 1 when that is greater
   * @returns whether the version was raised
   */
  commit(nowNtpSeconds = 0): boolean {
    if (!this.modified) return false;
    this.sessionVersion = nextVersion(this.#requireOrigin().sessionVersion, nowNtpSeconds);
    return true;
  }
  /** Whether this is a newer version of the same session. */
  supersedes(other: SessionDescription): boolean {
    const [mine, theirs] = [this.origin, other.origin];
    if (mine === undefined || theirs === undefined || originKey(mine) !== originKey(theirs)) return false;
    return compareDecimal(mine.sessionVersion, theirs.sessionVersion) > 0;
  }

  /** Name of the session, `s=`; undefined when the line is missing. `-` or a blank stand for no name. */
  get name(): string | undefined {
    return this.readText('s');
  }
  /** @throws {EncodeError} empty, a line break, or not in the charset; use `-` for no name */
  set name(name: string) {
    this.writeText('s', 'name', name);
  }
  /** Description for people, `i=`. */
  get description(): string | undefined {
    return this.readText('i');
  }
  set description(text: string | undefined) {
    this.writeText('i', 'description', text);
  }
  /** Where there is more to read, `u=`. */
  get uri(): string | undefined {
    return this.document.find(this.section, 'u')?.value.trim();
  }
  set uri(uri: string | undefined) {
    if (uri !== undefined && !/^[^\s\0]+$/.test(uri)) {
      throw new EncodeError('SDP', 'uri', `${JSON.stringify(uri)} is empty or has blanks; write them as %20`);
    }
    if (uri !== this.uri) this.document.setOne(this.section, 'u', uri);
  }

  /** The `e=` lines; assigning makes them say exactly this. */
  get emails(): EmailContact[] {
    return this.document.all(this.section, 'e').map((line) => parseEmail(this.document.text(line)));
  }
  set emails(list: readonly EmailContact[]) {
    this.#setContacts('e', list, parseEmail, formatEmail);
  }
  /** The `p=` lines; assigning makes them say exactly this. */
  get phones(): PhoneContact[] {
    return this.document.all(this.section, 'p').map((line) => parsePhone(this.document.text(line)));
  }
  set phones(list: readonly PhoneContact[]) {
    this.#setContacts('p', list, parsePhone, formatPhone);
  }

  /** Charset of names and descriptions: `a=charset`, else the one given to parse, else UTF-8 (RFC 8866 §6.10). */
  get charset(): string {
    return this.document.charset ?? 'UTF-8';
  }
  /**
   * Writes `a=charset` and all free text in that charset.
   *
   * @throws {EncodeError} when it is not US-ASCII, UTF-7, UTF-8 or ISO-8859-1, or lacks a character; nothing changes then
   */
  set charset(charset: string) {
    this.document.recode(charset);
  }
  /** The kind of conference, `a=type` (RFC 8866 §6.9). */
  get conferenceType(): string | undefined {
    return this.attributes.get('type');
  }
  /** What the kind of conference suggests to a tool, or undefined. */
  get conferenceTypeHints(): ConferenceTypeHints | undefined {
    return conferenceTypeHints(this.conferenceType);
  }

  /** Whether the session takes place at that moment, repeats and zone adjustments included. Milliseconds since 1970. */
  activeAt(unixMs: number): boolean {
    return this.times.schedule().activeAt(toNtp(unixMs));
  }
  /** The next moment at which {@link activeAt} changes, or undefined when it never does. Milliseconds since 1970. */
  nextChange(unixMs: number): { readonly atUnixMs: number; readonly active: boolean } | undefined {
    const schedule = this.times.schedule();
    const at = schedule.nextChange(toNtp(unixMs));
    if (at === undefined) return undefined;
    return { atUnixMs: ntpSecondsToUnixMs(at), active: schedule.activeAt(at) };
  }
  /**
   * When the session takes place, from the first occurrence that has not ended at `fromUnixMs` on. A series without
   * end gives occurrences without end, so take only as many as you need.
   */
  *occurrences(fromUnixMs = Number.NEGATIVE_INFINITY): Generator<SessionOccurrence> {
    for (const { start, stop } of this.times.schedule().occurrences(toNtp(fromUnixMs))) {
      yield {
        startUnixMs: start === 0 ? undefined : ntpSecondsToUnixMs(start),
        stopUnixMs: stop === undefined ? undefined : ntpSecondsToUnixMs(stop),
      };
    }
  }

  #setContacts<T>(
    type: 'e' | 'p',
    list: readonly T[],
    parse: (value: string) => T,
    format: (contact: T) => string,
  ): void {
    const old = this.document.all(this.section, type);
    const values = list.map((contact, i) => {
      const before = old[i];
      const text = format(contact);
      // the other way to write the same contact is no change
      if (before !== undefined && format2(format, parse(this.document.text(before))) === text) return before;
      return this.document.encode(type === 'e' ? 'email' : 'phone', text);
    });
    this.document.setAll(this.section, type, values, old);
  }

  #originLine(): Line {
    this.#requireOrigin();
    const line = this.document.find(this.section, 'o');
    if (line === undefined) throw new StateError('SDP: there is no o= line');
    return line;
  }
  #requireOrigin(): Origin {
    const { origin } = this;
    if (origin === undefined) {
      throw new StateError('SDP: there is no o= line with six words; set origin as a whole first');
    }
    return origin;
  }
}

/** Reads a description; the same as {@link SessionDescription.parse}. */
export function parseSessionDescription(
  input: string | Uint8Array,
  options?: SdpParseOptions,
): SessionDescription {
  return SessionDescription.parse(input, options);
}

/** Formats what was read, or gives undefined when it cannot be written strictly. */
function format2<T>(format: (contact: T) => string, contact: T): string | undefined {
  try {
    return format(contact);
  } catch {
    return undefined;
  }
}

function toNtp(unixMs: number): number {
  return unixMs / 1000 + NTP_UNIX_OFFSET_SECONDS;
}

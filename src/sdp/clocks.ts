import { splitAttribute } from './attributes.ts';

/** A clock that timestamps are of, `a=ts-refclk:` (RFC 7273 §4.8). */
export type ReferenceClock =
  /** An NTP server, `host[:port]`; undefined: any that leads back to a common time (`/traceable/`). */
  | { readonly kind: 'ntp'; readonly server: string | undefined }
  | PtpClock
  | { readonly kind: 'gps' | 'gal' | 'glonass' }
  /** The sender's own, known to nobody else. */
  | { readonly kind: 'local' }
  /** One that is not told; it may lead back to a common time all the same. */
  | { readonly kind: 'private'; readonly isTraceable: boolean }
  /** What RFC 7273 does not know, such as `localmac` of ST 2110-10. */
  | { readonly kind: 'extension'; readonly name: string; readonly value: string | undefined };

/** A reference clock of the precision time protocol, `ptp=<version>:<clock>[:<domain>]`. */
export interface PtpClock {
  readonly kind: 'ptp';
  /** `IEEE1588-2002`, `IEEE1588-2008`, `IEEE802.1AS-2011` or a later one; undefined where it is left out, which is wrong. */
  readonly version: string | undefined;
  /** The grandmaster's identity as written, `00-1D-C1-FF-FE-12-00-A3`; undefined for any traceable one, or none stated. */
  readonly clockId: string | undefined;
  readonly isTraceable: boolean;
  /** A number from 0 to 255; of IEEE 1588-2002 also a name. Undefined where it is not stated. */
  readonly domain: number | string | undefined;
}

/** Where RTP timestamps come from, `a=mediaclk:` (RFC 7273 §5.4). */
export type MediaClock = {
  /** Media of one tag have one clock; `src:` before it: this one is where the others get it from (§5.4). */
  readonly id?: string;
} /** The sender's own: nothing is known of it. */ & (
  | { readonly kind: 'sender' }
  /**
   * The reference clock: RTP timestamp 0 was `offset` before its epoch, in units of the RTP clock (§5.2). Undefined where
   * the relation is not told. `rate` is what the media clock really runs at, times the nominal rate, as in 1000/1001.
   */
  | {
      readonly kind: 'direct';
      readonly offset: number | undefined;
      readonly rate: { readonly numerator: number; readonly denominator: number } | undefined;
    }
  /** That of an AVB stream (§5.3). */
  | { readonly kind: 'ieee1722'; readonly streamId: string }
  | { readonly kind: 'extension'; readonly name: string; readonly value: string | undefined }
);

const MAX_LENGTH = 1024;
const EUI64 = /^[0-9A-F]{2}(?:-[0-9A-F]{2}){7}$/i;
const TOKEN = /^[!#$%&'*+.^_`{|}~A-Za-z0-9-]+$/;
const PRINTED = /^[\x21-\x7e]+$/;

/** Reads `ts-refclk:<clock>` (RFC 7273 §4.8); undefined where it has not the form of its kind. */
export function readReferenceClock(text: string): ReferenceClock | undefined {
  const value = valueOf(text, 'ts-refclk');
  if (value === undefined) return undefined;
  const [name, parameter] = halves(value, '=');
  switch (name) {
    case 'ntp':
      return parameter === '/traceable/'
        ? { kind: 'ntp', server: undefined }
        : isPrinted(parameter)
          ? { kind: 'ntp', server: parameter }
          : undefined;
    case 'ptp':
      return parameter === undefined ? undefined : readPtp(parameter);
    case 'gps':
    case 'gal':
    case 'glonass':
      return parameter === undefined ? { kind: name } : undefined;
    case 'local':
      return parameter === undefined ? { kind: 'local' } : undefined;
    case 'private':
    case 'private:traceable':
      return parameter === undefined ? { kind: 'private', isTraceable: name !== 'private' } : undefined;
    default:
      return TOKEN.test(name) && (parameter === undefined || isPrinted(parameter))
        ? { kind: 'extension', name, value: parameter }
        : undefined;
  }
}

function readPtp(text: string): PtpClock | undefined {
  const [first, rest] = halves(text, ':');
  const isVersion = first !== 'traceable' && !EUI64.test(first);
  if (isVersion && !first.startsWith('IEEE')) return undefined;
  const version = isVersion ? first : undefined;
  const server = isVersion ? rest : text;
  if (server === undefined || server === 'traceable') {
    return { kind: 'ptp', version, clockId: undefined, isTraceable: server !== undefined, domain: undefined };
  }
  const [clockId, domainText] = halves(server, ':');
  const domain = domainText === undefined ? undefined : readDomain(domainText, version);
  if (!EUI64.test(clockId) || (domainText !== undefined && domain === undefined)) return undefined;
  return { kind: 'ptp', version, clockId, isTraceable: false, domain };
}

/** The words before number and name are in the grammar, and in nobody's descriptions (erratum 4450). */
function readDomain(text: string, version: string | undefined): number | string | undefined {
  const bare = text.replace(/^domain-(?:nmbr|name)=/, '');
  if (/^\d{1,3}$/.test(bare)) return Number(bare) <= 255 ? Number(bare) : undefined;
  return version === 'IEEE1588-2002' && isPrinted(bare) && bare.length <= 16 ? bare : undefined;
}

/** The attribute without its name: what follows `a=ts-refclk:`. */
export function formatReferenceClock(clock: ReferenceClock): string {
  switch (clock.kind) {
    case 'ntp':
      return `ntp=${clock.server ?? '/traceable/'}`;
    case 'ptp': {
      const { version, clockId, isTraceable, domain } = clock;
      const parts = [version, isTraceable ? 'traceable' : clockId, domain];
      return `ptp=${parts.filter((part) => part !== undefined).join(':')}`;
    }
    case 'private':
      return clock.isTraceable ? 'private:traceable' : 'private';
    case 'extension':
      return clock.value === undefined ? clock.name : `${clock.name}=${clock.value}`;
    case 'gps':
    case 'gal':
    case 'glonass':
    case 'local':
      break;
  }
  return clock.kind;
}

/** Whether a clock leads back to the one time that all such clocks have (RFC 7273 §4). */
export function isTraceable(clock: ReferenceClock): boolean {
  switch (clock.kind) {
    case 'ntp':
      return clock.server === undefined;
    case 'ptp':
    case 'private':
      return clock.isTraceable;
    case 'gps':
    case 'gal':
    case 'glonass':
      return true;
    case 'local':
    case 'extension':
      break;
  }
  return false;
}

/** Whether two say the same time: both traceable, or one and the same server or grandmaster. `local` is the same to nobody. */
export function sameReference(a: ReferenceClock, b: ReferenceClock): boolean {
  if (isTraceable(a) && isTraceable(b)) return true;
  if (a.kind === 'ptp' && b.kind === 'ptp') {
    // domains have clocks of their own even where one device is the grandmaster of both
    return (
      a.clockId !== undefined &&
      a.clockId.toUpperCase() === b.clockId?.toUpperCase() &&
      (a.domain ?? 0) === (b.domain ?? 0)
    );
  }
  return a.kind === 'ntp' && b.kind === 'ntp' && a.server?.toLowerCase() === b.server?.toLowerCase();
}

/** Reads `mediaclk:[id=<tag> ]<clock>` (RFC 7273 §5.4); undefined where it has not the form of its kind. */
export function readMediaClock(text: string): MediaClock | undefined {
  const value = valueOf(text, 'mediaclk');
  if (value === undefined) return undefined;
  const tagged = /^id=((?:src:)?[A-Za-z0-9+/=._-]+) +(.*)$/.exec(value);
  const [id, body] = tagged === null ? [undefined, value] : [tagged[1], tagged[2] ?? ''];
  const tag = id === undefined ? {} : { id };
  // blanks behind the = are wrong, and read by everybody
  const direct = /^direct(?:= *(\d+))?(?: +rate=([1-9]\d*)\/([1-9]\d*))?$/.exec(body);
  if (direct !== null) {
    const offset = direct[1] === undefined ? undefined : Number(direct[1]);
    const [numerator, denominator] = [Number(direct[2]), Number(direct[3])];
    const rate = direct[2] === undefined ? undefined : { numerator, denominator };
    const numbers = [offset ?? 0, ...(rate === undefined ? [] : [numerator, denominator])];
    return numbers.every(Number.isSafeInteger) ? { ...tag, kind: 'direct', offset, rate } : undefined;
  }
  const [name, parameter] = halves(body, '=');
  switch (name) {
    case 'direct':
      return undefined;
    case 'sender':
      return parameter === undefined ? { ...tag, kind: 'sender' } : undefined;
    case 'IEEE1722':
      return EUI64.test(parameter ?? '')
        ? { ...tag, kind: 'ieee1722', streamId: parameter ?? '' }
        : undefined;
    default:
      return TOKEN.test(name) && (parameter === undefined || isPrinted(parameter))
        ? { ...tag, kind: 'extension', name, value: parameter }
        : undefined;
  }
}

/** The attribute without its name: what follows `a=mediaclk:`. */
export function formatMediaClock(clock: MediaClock): string {
  const tag = clock.id === undefined ? '' : `id=${clock.id} `;
  switch (clock.kind) {
    case 'sender':
      return `${tag}sender`;
    case 'direct': {
      const { offset, rate } = clock;
      const start = offset === undefined ? '' : `=${offset}`;
      return `${tag}direct${start}${rate === undefined ? '' : ` rate=${rate.numerator}/${rate.denominator}`}`;
    }
    case 'ieee1722':
      return `${tag}IEEE1722=${clock.streamId}`;
    case 'extension':
      break;
  }
  return tag + (clock.value === undefined ? clock.name : `${clock.name}=${clock.value}`);
}

/**
 * What `a=ssrc:` says of one source, without the number (RFC 5576 §4.1): texts of one attribute name, as they would stand
 * in a line of their own.
 */
export function sourceAttributes(texts: readonly string[], ssrc: number, name: string): string[] {
  return texts.flatMap((text) => {
    const match = /^ssrc:(\d{1,10}) +(.+)$/.exec(text);
    const attribute = match?.[2] ?? '';
    return Number(match?.[1]) === ssrc && splitAttribute(attribute).name === name ? [attribute] : [];
  });
}

function valueOf(text: string, name: string): string | undefined {
  const attribute = splitAttribute(text);
  const value = attribute.value?.trim();
  return attribute.name !== name || value === '' || text.length > MAX_LENGTH ? undefined : value;
}

function halves(text: string, at: string): [string, string | undefined] {
  const index = text.indexOf(at);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

function isPrinted(text: string | undefined): text is string {
  return text !== undefined && PRINTED.test(text);
}

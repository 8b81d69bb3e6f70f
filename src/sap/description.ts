import { ntpToUnixSeconds, type Origin, originKey, parseOrigin } from '../sdp/index.ts';

/** What the listener needs of a description; everything else is for those who show or join it. */
export interface DescriptionFacts {
  /** What identifies the session: its origin without the version, or with more where that says nothing. */
  readonly key: string;
  /** The origin without the version. */
  readonly base: string;
  /** Whether `base` identifies the session; else `key` has more, with the sender in it. */
  readonly unique: boolean;
  /** When the last `t=` line ends, Unix seconds; undefined for no end. */
  readonly stopUnixSeconds: number | undefined;
}

const LF = 0x0a;
const CR = 0x0d;
const EQUALS = 0x3d;
const C = 0x63;
const M = 0x6d;
const O = 0x6f;
const T = 0x74;

/**
 * Reads what is needed of a description, line by line, whatever ends its lines; undefined without an `o=` line. This is
 * done for every announcement that is not known byte for byte, so it makes no text of what it does not need.
 *
 * @param sender address that the announcement came from, for origins that name no host
 */
export function describe(bytes: Uint8Array, sender: string): DescriptionFacts | undefined {
  let origin: string | undefined;
  let connectionAt = -1;
  let mediaAt = -1;
  let stop: number | undefined = 0;
  const ending = lineEnding(bytes);
  for (let at = 0; at < bytes.length; at = nextLine(bytes, at, ending)) {
    if (bytes[at + 1] !== EQUALS) continue;
    const type = bytes[at];
    if (type === O) origin ??= lineValue(bytes, at, ending);
    else if (type === C && connectionAt < 0) connectionAt = at;
    else if (type === M && mediaAt < 0) mediaAt = at;
    else if (type === T && stop !== undefined) stop = laterStop(stop, lineValue(bytes, at, ending));
  }
  if (origin === undefined) return undefined;
  const { base, unique } = identify(origin);
  const place = unique
    ? ''
    : endpointOf(lineValue(bytes, connectionAt, ending), lineValue(bytes, mediaAt, ending));
  return {
    key: unique ? base : `${base} ${sender} ${place}`,
    base,
    unique,
    stopUnixSeconds: stop === undefined || stop === 0 ? undefined : ntpToUnixSeconds(stop),
  };
}

/** What the `o=` line says; undefined when it has not six words. */
export function originOf(bytes: Uint8Array): Origin | undefined {
  const line = originLine(bytes);
  return line === undefined ? undefined : readOrigin(line);
}

/** Under which an announcer has a description of its own; empty for one without `o=` line. */
export function announcementKey(description: Uint8Array): string {
  return describe(description, 'here')?.key ?? '';
}

/**
 * The start of {@link DescriptionFacts.key} that a deletion names, which may have no more than the `o=` line; undefined
 * when it has not even that.
 */
export function deletedKey(bytes: Uint8Array): { line: string; base: string; unique: boolean } | undefined {
  const line = originLine(bytes);
  return line === undefined ? undefined : { line, ...identify(line) };
}

function originLine(bytes: Uint8Array): string | undefined {
  const ending = lineEnding(bytes);
  for (let at = 0; at < bytes.length; at = nextLine(bytes, at, ending)) {
    if (bytes[at] === O && bytes[at + 1] === EQUALS) return lineValue(bytes, at, ending);
  }
  return undefined;
}

/**
 * Some programs give every session the same origin (`- 0 0 IN IP4 127.0.0.1`). Such sessions are told apart by who sends
 * them and where their media go.
 */
function identify(line: string): { base: string; unique: boolean } {
  const origin = readOrigin(line);
  if (origin === undefined) return { base: line, unique: true };
  const nowhere = /^(127\.|0\.0\.0\.0$|::1?$|localhost)/i.test(origin.address);
  return { base: originKey(origin), unique: !(nowhere || /^0*$/.test(origin.sessionId)) };
}

function readOrigin(line: string): Origin | undefined {
  const [
    username = '',
    sessionId = '',
    sessionVersion = '',
    netType = '',
    addressType = '',
    address = '',
    more,
  ] = line.split(' ');
  const usual = more === undefined && address !== '' && !line.includes('  ') && !line.includes('\t');
  if (usual && username !== '') return { username, sessionId, sessionVersion, netType, addressType, address };
  return parseOrigin(line) ?? withBlanksInName(line);
}

/** A user name with blanks makes more than six words: the last five are the rest. */
function withBlanksInName(line: string): Origin | undefined {
  const found = /^(.+)[ \t]+(\S+[ \t]+\S+[ \t]+\S+[ \t]+\S+[ \t]+\S+)[ \t]*$/.exec(line);
  const rest = found === null ? undefined : parseOrigin(`- ${found[2]}`);
  return rest === undefined ? undefined : { ...rest, username: (found?.[1] ?? '').replace(/\s/g, '_') };
}

/** Address and port of the first medium: `239.1.2.3:5004`. */
function endpointOf(connection: string, media: string): string {
  const address = connection.split(/[ \t]+/)[2]?.split('/', 1)[0] ?? '';
  const port = media.split(/[ \t]+/)[1]?.split('/', 1)[0] ?? '';
  return `${address}:${port}`;
}

/** @returns the later of both, or undefined (never) when this one has no end or cannot be read */
function laterStop(stop: number, value: string): number | undefined {
  const found = /^\s*\d+\s+(\d{1,15})\s*$/.exec(value);
  const other = Number(found?.[1] ?? 0);
  return other === 0 ? undefined : Math.max(stop, other);
}

function lineEnding(bytes: Uint8Array): number {
  return bytes.includes(LF) ? LF : CR;
}

function nextLine(bytes: Uint8Array, at: number, ending: number): number {
  const end = bytes.indexOf(ending, at);
  return end < 0 ? bytes.length : end + 1;
}

/** Longer lines are cut: what is looked for stands at their beginning. */
const MAX_LINE = 1024;
const ascii = new TextDecoder();

/** The value of the line at `at`, as characters of one byte; '' when `at` is below 0. */
function lineValue(bytes: Uint8Array, at: number, ending: number): string {
  if (at < 0) return '';
  const found = bytes.indexOf(ending, at);
  let end = found < 0 ? bytes.length : found;
  if (bytes[end - 1] === CR) end--;
  const value = bytes.subarray(at + 2, Math.min(end, at + 2 + MAX_LINE));
  // Decoding is several times as fast as putting characters together, and the same for ASCII.
  return value.every((byte) => byte < 0x80) ? ascii.decode(value) : String.fromCharCode(...value);
}

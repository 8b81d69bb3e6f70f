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

const EQUALS = 0x3d;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Reads what is needed of a description, line by line, whatever ends its lines; undefined without an `o=` line.
 *
 * @param sender address that the announcement came from, for origins that name no host
 */
export function describe(bytes: Uint8Array, sender: string): DescriptionFacts | undefined {
  let originLine: string | undefined;
  let connection: string | undefined;
  let media: string | undefined;
  let stop: number | undefined = 0;
  for (const [type, value] of lines(bytes)) {
    if (type === 'o') originLine ??= value;
    else if (type === 'c') connection ??= value;
    else if (type === 'm') media ??= value;
    else if (type === 't' && stop !== undefined) stop = laterStop(stop, value);
  }
  if (originLine === undefined) return undefined;
  const { base, unique } = identify(originLine);
  return {
    key: unique ? base : `${base} ${sender} ${endpoint(connection, media)}`,
    base,
    unique,
    stopUnixSeconds: stop === undefined || stop === 0 ? undefined : ntpToUnixSeconds(stop),
  };
}

/** What the `o=` line says; undefined when it has not six words. */
export function originOf(bytes: Uint8Array): Origin | undefined {
  for (const [type, line] of lines(bytes)) if (type === 'o') return readOrigin(line);
  return undefined;
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
  for (const [type, line] of lines(bytes)) if (type === 'o') return { line, ...identify(line) };
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
  return parseOrigin(line) ?? withBlanksInName(line);
}

/** A user name with blanks makes more than six words: the last five are the rest. */
function withBlanksInName(line: string): Origin | undefined {
  const found = /^(.+)[ \t]+(\S+[ \t]+\S+[ \t]+\S+[ \t]+\S+[ \t]+\S+)[ \t]*$/.exec(line);
  const rest = found === null ? undefined : parseOrigin(`- ${found[2]}`);
  return rest === undefined ? undefined : { ...rest, username: (found?.[1] ?? '').replace(/\s/g, '_') };
}

/** Address and port of the first medium: `239.1.2.3:5004`. */
function endpoint(connection: string | undefined, media: string | undefined): string {
  const address = connection?.split(/[ \t]+/)[2]?.split('/', 1)[0] ?? '';
  const port = media?.split(/[ \t]+/)[1]?.split('/', 1)[0] ?? '';
  return `${address}:${port}`;
}

/** @returns the later of both, or undefined (never) when this one has no end or cannot be read */
function laterStop(stop: number, value: string): number | undefined {
  const found = /^\s*\d+\s+(\d{1,15})\s*$/.exec(value);
  const other = Number(found?.[1] ?? 0);
  return other === 0 ? undefined : Math.max(stop, other);
}

/** Type and value of each line that is of use here, as characters of one byte. */
function* lines(bytes: Uint8Array): Generator<[type: string, value: string]> {
  const end = bytes.includes(LF) ? LF : CR;
  for (let at = 0; at < bytes.length; ) {
    let stop = bytes.indexOf(end, at);
    if (stop < 0) stop = bytes.length;
    const type = bytes[at + 1] === EQUALS ? (bytes[at] ?? 0) : 0;
    if (type === 0x6f || type === 0x63 || type === 0x6d || type === 0x74) {
      const last = bytes[stop - 1] === CR ? stop - 1 : stop;
      yield [String.fromCharCode(type), latin1(bytes, at + 2, Math.min(last, at + 2 + MAX_LINE))];
    }
    at = stop + 1;
  }
}

/** Longer lines are cut: what is looked for stands at their beginning. */
const MAX_LINE = 1024;

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

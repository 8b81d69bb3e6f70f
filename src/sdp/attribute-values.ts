import { parse, parseParams } from 'sdp-transform';
import { isIp, sameIp, tryParseIp } from '../ip/index.ts';
import { words } from './lines.ts';
import type { RtpMap } from './payload-types.ts';

/**
 * Structured reading of attribute values. The grammars are sdp-transform's; this file guards them. It matches prefixes
 * and drops what follows, turns number-like text into numbers and ignores what it does not know, so each result is
 * spelled out again and must say what was read: anything else is "not understood", never half understood.
 */

/** Longer attributes are not read as values (they stay as text). */
const MAX_ATTRIBUTE_LENGTH = 8_192;

export interface Fmtp {
  /** The format the parameters belong to: a payload type, or a format name of a non-RTP transport. */
  readonly format: string;
  /** Everything behind the format, as written. */
  readonly text: string;
  /** `name=value` pairs; a parameter without `=` maps to ''. Of a repeated name the last counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** `a=rtcp:` of RFC 3605 §2.1. */
export interface RtcpAttribute {
  readonly port: number;
  readonly netType?: string;
  readonly addressType?: string;
  readonly address?: string;
}

/** `a=source-filter:` of RFC 4570 §3. */
export interface SourceFilter {
  readonly mode: 'incl' | 'excl';
  readonly netType: string;
  /** `IP4`, `IP6` or `*`. */
  readonly addressType: string;
  /** The group it is about, or `*` for every one. */
  readonly destination: string;
  readonly sources: readonly string[];
}

/** `a=crypto:` of RFC 4568 §9.1. It holds a key: do not print it. */
export interface CryptoAttribute {
  readonly tag: number;
  readonly suite: string;
  /** `inline:…`, several separated by `;`. */
  readonly keyParams: string;
  readonly sessionParams: readonly string[];
}

/** `a=extmap:` of RFC 8285 §8. */
export interface HeaderExtension {
  readonly id: number;
  readonly direction?: string;
  readonly uri: string;
  readonly attributes?: string;
}

/** sdp-transform makes a number of every text that looks like one, whatever its declared types say. */
type Word = string | number | undefined;

/** What is taken from sdp-transform's media object. */
interface Transformed {
  readonly rtp?: readonly { payload?: Word; codec?: Word; rate?: Word; encoding?: Word }[] | undefined;
  readonly rtcp?: { port?: Word; netType?: Word; ipVer?: Word; address?: Word } | undefined;
  readonly sourceFilter?:
    | { filterMode?: Word; netType?: Word; addressTypes?: Word; destAddress?: Word; srcList?: Word }
    | undefined;
  readonly crypto?: readonly { id?: Word; suite?: Word; config?: Word }[] | undefined;
  readonly ext?: readonly { value?: Word; direction?: Word; uri?: Word }[] | undefined;
  readonly ptime?: Word;
  readonly maxptime?: Word;
}

/** Runs one attribute, without its `a=`, through sdp-transform alone. */
function transform(text: string): Transformed | undefined {
  if (text.length > MAX_ATTRIBUTE_LENGTH || /[\r\n\u2028\u2029]/.test(text)) return undefined;
  const { media } = parse(`m=x 0 x 0\r\na=${words(text).join(' ')}\r\n`); // it expects single blanks
  return media.length === 1 ? media[0] : undefined;
}

/** Whether `parts`, blanks aside, are what the attribute says: nothing was dropped or bent. */
function says(text: string, parts: readonly (string | number | undefined)[]): boolean {
  const again = parts.filter((part) => part !== undefined && part !== '').join(' ');
  return words(again).join(' ') === words(text).join(' ');
}

function inRange(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

/** Reads `rtpmap:<payload type> <encoding>/<clock rate>[/<channels>]` (RFC 8866 §6.6). */
export function readRtpMap(text: string): RtpMap | undefined {
  const read = transform(text)?.rtp?.[0];
  if (read === undefined) return undefined;
  const { payload, rate, encoding: channels } = read;
  const encoding = String(read.codec);
  if (!inRange(payload, 0, 127) || !inRange(rate, 1, 0xffff_ffff) || encoding === '') return undefined;
  if (channels !== undefined && !inRange(channels, 1, 65_535)) return undefined;
  const parameters = channels === undefined ? '' : `/${channels}`;
  if (!says(text, [`rtpmap:${payload}`, `${encoding}/${rate}${parameters}`])) return undefined;
  return { payloadType: payload, encoding, clockRate: rate, ...(channels === undefined ? {} : { channels }) };
}

/** Reads `fmtp:<format> <parameters>` (RFC 8866 §6.15). */
export function readFmtp(text: string): Fmtp | undefined {
  const space = text.indexOf(' ');
  if (!text.startsWith('fmtp:') || space < 0 || text.length > MAX_ATTRIBUTE_LENGTH) return undefined;
  const format = text.slice(5, space);
  const rest = text.slice(space + 1).trim();
  if (format === '') return undefined;
  const parameters = new Map<string, string>();
  for (const part of rest.split(';')) {
    const piece = part.trim();
    // one parameter at a time: of a repeated or a `__proto__` name a plain object would tell another story
    const [name, value] = Object.entries(parseParams(piece))[0] ?? piece.split(/=(.+)/, 2);
    if (name !== undefined && name !== '') parameters.set(name, value === undefined ? '' : String(value));
  }
  return { format, text: rest, parameters };
}

/** Reads `rtcp:<port> [<nettype> <addrtype> <address>]` (RFC 3605 §2.1). */
export function readRtcp(text: string): RtcpAttribute | undefined {
  const read = transform(text)?.rtcp;
  if (read === undefined || !inRange(read.port, 1, 65_535)) return undefined;
  const { port, netType, ipVer, address } = read;
  if (address === undefined) return says(text, [`rtcp:${port}`]) ? { port } : undefined;
  const where = { netType: String(netType), addressType: `IP${ipVer}`, address: String(address) };
  if (!says(text, [`rtcp:${port}`, where.netType, where.addressType, where.address])) return undefined;
  return { port, ...where };
}

/** Reads `source-filter: <incl|excl> <nettype> <addrtype> <destination> <source>…` (RFC 4570 §3). */
export function readSourceFilter(text: string): SourceFilter | undefined {
  const read = transform(text)?.sourceFilter;
  if (read === undefined) return undefined;
  const mode = read.filterMode;
  if (mode !== 'incl' && mode !== 'excl') return undefined;
  const sources = words(String(read.srcList));
  const [netType, addressType, destination] = [read.netType, read.addressTypes, read.destAddress].map(String);
  if (netType === undefined || addressType === undefined || destination === undefined || destination === '') {
    return undefined;
  }
  const rest = text.slice('source-filter:'.length);
  if (sources.length === 0 || !says(rest, [mode, netType, addressType, destination, ...sources])) {
    return undefined;
  }
  return { mode, netType, addressType, destination, sources };
}

/** Reads `crypto:<tag> <suite> <key parameters> [<session parameters>]` (RFC 4568 §9.1). */
export function readCrypto(text: string): CryptoAttribute | undefined {
  const parts = words(text); // sdp-transform reads one session parameter; any further ones are added here
  const read = transform(parts.slice(0, 4).join(' '))?.crypto?.[0];
  if (read === undefined || !inRange(read.id, 0, 999_999_999)) return undefined;
  const [suite, keyParams] = [String(read.suite), String(read.config)];
  const sessionParams = parts.slice(3);
  if (suite === '' || keyParams === '') return undefined;
  if (!says(text, [`crypto:${read.id}`, suite, keyParams, ...sessionParams])) return undefined;
  return { tag: read.id, suite, keyParams, sessionParams };
}

/** Reads `extmap:<id>[/<direction>] <URI> [<attributes>]` (RFC 8285 §8). */
export function readHeaderExtension(text: string): HeaderExtension | undefined {
  const parts = words(text);
  const read = transform(parts.slice(0, 2).join(' '))?.ext?.[0];
  if (read === undefined || !inRange(read.value, 1, 65_535)) return undefined;
  const direction = read.direction === undefined ? undefined : String(read.direction);
  const uri = String(read.uri);
  const attributes = parts.slice(2).join(' ');
  const id = direction === undefined ? `${read.value}` : `${read.value}/${direction}`;
  if (uri === '' || !says(text, [`extmap:${id}`, uri, attributes])) return undefined;
  return {
    id: read.value,
    uri,
    ...(direction === undefined ? {} : { direction }),
    ...(attributes === '' ? {} : { attributes }),
  };
}

/** Reads `ptime:` or `maxptime:` in milliseconds, possibly with a fraction such as 0.125 (RFC 8866 §6.4, §6.5). */
export function readPacketTime(name: 'ptime' | 'maxptime', text: string): number | undefined {
  const read = transform(text)?.[name];
  const ms = Number(read); // "1.0" stays text in sdp-transform
  if (read === undefined || !Number.isFinite(ms) || ms <= 0) return undefined;
  return says(text, [`${name}:${read}`]) ? ms : undefined;
}

/** Whether a filter is about this group; `*` means every group of its address type (RFC 4570 §3). */
export function filterCovers({ destination, addressType }: SourceFilter, group: string): boolean {
  if (destination !== '*') return isIp(destination) ? sameIp(destination, group) : destination === group;
  const family = tryParseIp(group)?.family;
  return addressType === '*' || family === undefined || addressType === `IP${family}`;
}

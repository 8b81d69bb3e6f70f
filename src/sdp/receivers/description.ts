import { isMulticast } from '../../ip/index.ts';
import { readRtpMap } from '../attribute-values.ts';
import { splitAttribute } from '../attributes.ts';
import type { ConnectionField } from '../connection.ts';
import type { SdpLine } from '../lines.ts';
import type { MediaDescription } from '../media.ts';
import type { RtpMap } from '../payload-types.ts';
import type { SessionDescription } from '../session.ts';

/** An `a=` line taken apart. */
export interface AttributeLine {
  readonly name: string;
  /** `''` for a property. */
  readonly value: string;
  readonly line: number;
}

/** One medium as rules see it: its values, and the lines that they are in. */
export interface Medium {
  readonly description: MediaDescription;
  /** The `m=` line. */
  readonly line: number;
  readonly kind: string;
  readonly port: number;
  readonly proto: string;
  /** First format of the `m=` line; undefined when there is none or it is no payload type. */
  readonly payloadType: number | undefined;
  /** What the first format means: `a=rtpmap`, else RFC 3551's assignment. */
  readonly format: RtpMap | undefined;
  /** Of the first format; the `m=` line when it has none. */
  readonly formatLine: number;
  /** The `a=rtpmap` of the first format is there and can be read. */
  readonly isMapped: boolean;
  readonly connection: ConnectionField | undefined;
  /** The `c=` line that counts; the `m=` line when there is none. */
  readonly connectionLine: number;
  /** The first address, when it is a group. */
  readonly group: string | undefined;
  /** Samples in a packet by `a=ptime` and the clock rate; undefined when either is missing. */
  readonly samplesPerPacket: number | undefined;
  /** The `a=ptime` line; the `m=` line when there is none. */
  readonly ptimeLine: number;
  readonly lines: readonly SdpLine[];
  /** Own `a=` lines, in order. */
  readonly attributes: readonly AttributeLine[];
  /** Own attribute of that name, else the session's. */
  readonly find: (name: string) => AttributeLine | undefined;
}

/** A session description as rules see it. */
export interface Description {
  readonly session: SessionDescription;
  readonly lines: readonly SdpLine[];
  readonly sessionLines: readonly SdpLine[];
  /** `a=` lines before the first `m=`. */
  readonly attributes: readonly AttributeLine[];
  readonly media: readonly Medium[];
  /** Length in bytes. */
  readonly byteLength: number;
  readonly byteOrderMark: boolean;
  /** SAP group that it was heard on; undefined when it was not, or nobody knows. */
  readonly heardOn: string | undefined;
}

/** Takes a description apart for the rules. */
export function describe(session: SessionDescription, heardOn?: string): Description {
  const { lines } = session;
  const sessionLines = lines.filter(({ media }) => media === undefined);
  const attributes = attributesOf(sessionLines);
  const bytes = session.toBytes();
  return {
    session,
    lines,
    sessionLines,
    attributes,
    media: [...session.media].map((medium, index) =>
      mediumOf(
        medium,
        lines.filter(({ media }) => media === index),
        sessionLines,
        attributes,
      ),
    ),
    byteLength: bytes.length,
    byteOrderMark: bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf,
    heardOn,
  };
}

function mediumOf(
  description: MediaDescription,
  lines: readonly SdpLine[],
  sessionLines: readonly SdpLine[],
  shared: readonly AttributeLine[],
): Medium {
  const line = lines[0]?.number ?? 1;
  const attributes = attributesOf(lines);
  const [first] = description.formats;
  const payloadType =
    description.isRtp && first !== undefined && /^\d{1,3}$/.test(first) ? Number(first) : undefined;
  const map = attributes.find(
    ({ name, value }) => name === 'rtpmap' && Number.parseInt(value, 10) === payloadType,
  );
  const format = payloadType === undefined ? undefined : description.rtpMap(payloadType);
  const own = lines.find(({ type }) => type === 'c');
  const connection = description.effectiveConnection;
  const { ptimeMs } = description;
  const find = (wanted: string): AttributeLine | undefined =>
    attributes.find(({ name }) => name === wanted) ?? shared.find(({ name }) => name === wanted);
  return {
    description,
    line,
    kind: description.kind,
    port: description.port,
    proto: description.proto,
    payloadType,
    format,
    formatLine: map?.line ?? line,
    isMapped: map !== undefined && readRtpMap(`rtpmap:${map.value}`) !== undefined,
    connection,
    connectionLine: (own ?? sessionLines.find(({ type }) => type === 'c'))?.number ?? line,
    group: connection !== undefined && isMulticast(connection.address) ? connection.address : undefined,
    samplesPerPacket:
      ptimeMs === undefined || format === undefined ? undefined : (ptimeMs * format.clockRate) / 1000,
    ptimeLine: attributes.find(({ name }) => name === 'ptime')?.line ?? line,
    lines,
    attributes,
    find,
  };
}

function attributesOf(lines: readonly SdpLine[]): AttributeLine[] {
  return lines
    .filter(({ type }) => type === 'a')
    .map(({ value: text, number: line }) => {
      const { name, value = '' } = splitAttribute(text);
      return { name, value: value.trim(), line };
    });
}

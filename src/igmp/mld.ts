import { EncodeError } from '../errors.ts';
import { internetChecksum, WireReader, WireWriter } from '../wire/index.ts';
import { decodeTime16, decodeTime8, encodeTime16, encodeTime8 } from './codes.ts';
import { addressBytes, readAddress, readAddresses, readRecords, writeRecords } from './records.ts';
import type { MembershipMessage, MembershipQuery } from './types.ts';

/** ICMPv6 types: RFC 2710 §3, RFC 3810 §5. */
export const MLD_TYPES = { query: 130, report: 131, done: 132, reportV2: 143 } as const;
const NO_GROUP = '::';
const ICMPV6 = 58;

/** Source and destination of the packet, which are part of the checksum. */
export interface PacketAddresses {
  readonly source: string;
  readonly destination: string;
}

/**
 * Reads a multicast listener message: an ICMPv6 message of one of {@link MLD_TYPES}.
 *
 * @param packet of which the checksum is looked at; without, the system has done that
 * @throws {DecodeError} for a wrong checksum, other types and whatever is too short
 */
export function parseMld(bytes: Uint8Array, packet?: PacketAddresses): MembershipMessage {
  const reader = new WireReader('MLD', bytes);
  const type = reader.u8();
  reader.skip(3);
  if (packet !== undefined && internetChecksum(pseudoHeader(packet, bytes.length), bytes) !== 0)
    throw reader.fail('the checksum is wrong', 'RFC 4443 §2.3');
  if (type === MLD_TYPES.reportV2) return { type: 'report', version: 2, records: readRecords(reader, 6) };
  const code = reader.u16();
  reader.skip(2);
  const group = readAddress(reader, 6);
  switch (type) {
    case MLD_TYPES.query:
      return parseQuery(reader, code, group, bytes.length);
    case MLD_TYPES.report:
      return { type: 'report', version: 1, records: [{ type: 'isExclude', group, sources: [] }] };
    case MLD_TYPES.done:
      return { type: 'leave', version: 1, group };
    default:
      throw reader.fail(`ICMPv6 type ${type} is none of MLD`, 'RFC 3810 §5');
  }
}

/** RFC 3810 §8.1: 24 bytes are version 1, from 28 bytes on it is version 2. */
function parseQuery(reader: WireReader, code: number, address: string, length: number): MembershipQuery {
  const about = { type: 'query' as const, group: address === NO_GROUP ? undefined : address };
  if (length < 28) {
    if (length !== 24) throw reader.fail(`${length} bytes are no query`, 'RFC 3810 §8.1');
    const untold = { suppressRouterProcessing: false, robustness: 0, intervalSeconds: 0, sources: [] };
    return { ...about, version: 1, maxResponseMs: code, ...untold };
  }
  const flags = reader.u8();
  const intervalSeconds = decodeTime8(reader.u8());
  return {
    ...about,
    version: 2,
    maxResponseMs: decodeTime16(code),
    suppressRouterProcessing: (flags & 0x08) !== 0,
    robustness: flags & 0x07,
    intervalSeconds,
    sources: readAddresses(reader, 6, reader.u16()),
  };
}

/** Writes a message with its checksum. @throws {EncodeError} for addresses of IPv4, and for what the version cannot say */
export function formatMld(message: MembershipMessage, packet: PacketAddresses): Uint8Array {
  if (message.version === 3) throw new EncodeError('MLD', 'version', 'is 1 or 2');
  const writer = new WireWriter();
  const head = (type: number, code: number, group: string): void => {
    writer
      .u8(type)
      .u8(0)
      .u16(0)
      .u16(code)
      .u16(0)
      .bytes(addressBytes('MLD', 6, group));
  };
  if (message.type === 'query') {
    const { version, maxResponseMs, group = NO_GROUP, sources } = message;
    head(
      MLD_TYPES.query,
      version === 1 ? Math.min(65_535, maxResponseMs) : encodeTime16(maxResponseMs),
      group,
    );
    if (version === 2) {
      const { suppressRouterProcessing, robustness, intervalSeconds } = message;
      writer
        .u8((suppressRouterProcessing ? 0x08 : 0) | (robustness > 7 ? 0 : robustness))
        .u8(encodeTime8(intervalSeconds))
        .u16(sources.length);
      for (const source of sources) writer.bytes(addressBytes('MLD', 6, source));
    }
  } else if (message.type === 'leave') head(MLD_TYPES.done, 0, message.group);
  else if (message.version === 2) {
    writer.u8(MLD_TYPES.reportV2).u8(0).u16(0);
    writeRecords(writer, 'MLD', 6, message.records);
  } else {
    const [record, ...more] = message.records;
    if (record === undefined || more.length > 0 || record.type !== 'isExclude' || record.sources.length > 0)
      throw new EncodeError('MLD', 'records', 'of version 1 are one group without sources');
    head(MLD_TYPES.report, 0, record.group);
  }
  const bytes = writer.finish();
  return writer.setU16(2, internetChecksum(pseudoHeader(packet, bytes.length), bytes)).finish();
}

/** RFC 8200 §8.1. */
function pseudoHeader({ source, destination }: PacketAddresses, length: number): Uint8Array {
  return new WireWriter(40)
    .bytes(addressBytes('MLD', 6, source))
    .bytes(addressBytes('MLD', 6, destination))
    .u32(length)
    .u32(ICMPV6)
    .finish();
}

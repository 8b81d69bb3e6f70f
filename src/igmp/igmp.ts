import { EncodeError } from '../errors.ts';
import { internetChecksum, WireReader, WireWriter } from '../wire/index.ts';
import { decodeTime8, encodeTime8 } from './codes.ts';
import { addressBytes, readAddress, readAddresses, readRecords, writeRecords } from './records.ts';
import type { MembershipMessage, MembershipQuery } from './types.ts';

// RFC 3376 §4
const [QUERY, REPORT_V1, REPORT_V2, LEAVE, REPORT_V3] = [0x11, 0x12, 0x16, 0x17, 0x22];
const NO_GROUP = '0.0.0.0';

/**
 * Reads an IGMP message: the payload of an IPv4 packet of protocol 2. Any length from 8 bytes; what follows the message is
 * left alone but counts for the checksum (RFC 3376 §4.1.10).
 *
 * @throws {DecodeError} for a wrong checksum, unknown types and whatever is too short
 */
export function parseIgmp(bytes: Uint8Array): MembershipMessage {
  const reader = new WireReader('IGMP', bytes);
  const type = reader.u8();
  const code = reader.u8();
  reader.skip(2);
  if (internetChecksum(bytes) !== 0) throw reader.fail('the checksum is wrong', 'RFC 3376 §4.1.2');
  switch (type) {
    case QUERY:
      return parseQuery(reader, code, bytes.length);
    case REPORT_V1:
    case REPORT_V2: {
      const record = { type: 'isExclude' as const, group: readAddress(reader, 4), sources: [] };
      return { type: 'report', version: type === REPORT_V1 ? 1 : 2, records: [record] };
    }
    case LEAVE:
      return { type: 'leave', version: 2, group: readAddress(reader, 4) };
    case REPORT_V3:
      return { type: 'report', version: 3, records: readRecords(reader, 4) };
    default:
      throw reader.fail(`type 0x${type.toString(16)} is not known`, 'RFC 3376 §4');
  }
}

/** RFC 3376 §7.1: 8 bytes are version 1 when the code is 0, else 2; from 12 bytes on it is version 3. */
function parseQuery(reader: WireReader, code: number, length: number): MembershipQuery {
  const group = readAddress(reader, 4);
  const about = { type: 'query' as const, group: group === NO_GROUP ? undefined : group };
  const untold = { suppressRouterProcessing: false, robustness: 0, intervalSeconds: 0, sources: [] };
  if (length < 12) {
    if (length !== 8) throw reader.fail(`${length} bytes are no query`, 'RFC 3376 §7.1');
    return code === 0
      ? { ...about, version: 1, maxResponseMs: 10_000, ...untold }
      : { ...about, version: 2, maxResponseMs: 100 * code, ...untold };
  }
  const flags = reader.u8();
  const intervalSeconds = decodeTime8(reader.u8());
  return {
    ...about,
    version: 3,
    maxResponseMs: 100 * decodeTime8(code),
    suppressRouterProcessing: (flags & 0x08) !== 0,
    robustness: flags & 0x07,
    intervalSeconds,
    sources: readAddresses(reader, 4, reader.u16()),
  };
}

/** Writes a message with its checksum. @throws {EncodeError} for addresses of IPv6, and for what the version cannot say */
export function formatIgmp(message: MembershipMessage): Uint8Array {
  const writer = new WireWriter();
  const address = (text: string): Uint8Array => addressBytes('IGMP', 4, text);
  if (message.type === 'query') writeQuery(writer, message, address(message.group ?? NO_GROUP));
  else if (message.type === 'leave') writer.u8(LEAVE).u8(0).u16(0).bytes(address(message.group));
  else if (message.version === 3) {
    writer.u8(REPORT_V3).u8(0).u16(0);
    writeRecords(writer, 'IGMP', 4, message.records);
  } else {
    const [record, ...more] = message.records;
    if (record === undefined || more.length > 0 || record.type !== 'isExclude' || record.sources.length > 0)
      throw new EncodeError('IGMP', 'records', `of version ${message.version} are one group without sources`);
    writer
      .u8(message.version === 1 ? REPORT_V1 : REPORT_V2)
      .u8(0)
      .u16(0)
      .bytes(address(record.group));
  }
  const bytes = writer.finish();
  return writer.setU16(2, internetChecksum(bytes)).finish();
}

function writeQuery(writer: WireWriter, query: MembershipQuery, group: Uint8Array): void {
  const { version, maxResponseMs, sources, suppressRouterProcessing, robustness, intervalSeconds } = query;
  const tenths = maxResponseMs / 100;
  const code = version === 1 ? 0 : version === 2 ? Math.min(255, Math.floor(tenths)) : encodeTime8(tenths);
  if (version === 2 && code === 0)
    throw new EncodeError('IGMP', 'maxResponseMs', 'of version 2 is at least 100: 0 would be version 1');
  writer.u8(QUERY).u8(code).u16(0).bytes(group);
  if (version !== 3) return;
  writer
    .u8((suppressRouterProcessing ? 0x08 : 0) | (robustness > 7 ? 0 : robustness))
    .u8(encodeTime8(intervalSeconds))
    .u16(sources.length);
  for (const source of sources) writer.bytes(addressBytes('IGMP', 4, source));
}

import { EncodeError } from '../errors.ts';
import { formatIp, type IpFamily, tryParseIp } from '../ip/index.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';
import { type MembershipRecord, RECORD_TYPES } from './types.ts';

/** An address of the family of the protocol. */
export function readAddress(reader: WireReader, family: IpFamily): string {
  return formatIp({ bytes: reader.bytes(family === 4 ? 4 : 16) });
}

export function addressBytes(protocol: string, family: IpFamily, text: string): Uint8Array {
  const address = tryParseIp(text);
  if (address?.family !== family)
    throw new EncodeError(protocol, 'address', `${text} is not of IPv${family}`);
  return address.bytes;
}

export function readAddresses(reader: WireReader, family: IpFamily, count: number): string[] {
  // before anything is made: a count of 65 535 in a short packet costs nothing
  if (count * (family === 4 ? 4 : 16) > reader.remaining)
    throw reader.fail(
      `names ${count} sources, which do not fit`,
      family === 4 ? 'RFC 3376 §4.1.8' : 'RFC 3810 §5.1.10',
    );
  return Array.from({ length: count }, () => readAddress(reader, family));
}

/** The body of a report after its checksum: RFC 3376 §4.2, RFC 3810 §5.2. Records of unknown types are left out (§4.2.12). */
export function readRecords(reader: WireReader, family: IpFamily): MembershipRecord[] {
  reader.skip(2);
  const count = reader.u16();
  const records: MembershipRecord[] = [];
  for (let i = 0; i < count; i++) {
    const type = RECORD_TYPES[reader.u8() - 1];
    const auxiliaryWords = reader.u8();
    const sources = reader.u16();
    const group = readAddress(reader, family);
    const record = { group, sources: readAddresses(reader, family, sources) };
    reader.skip(4 * auxiliaryWords);
    if (type !== undefined) records.push({ type, ...record });
  }
  return records;
}

export function writeRecords(
  writer: WireWriter,
  protocol: string,
  family: IpFamily,
  records: readonly MembershipRecord[],
): void {
  writer.u16(0).u16(records.length);
  for (const { type, group, sources } of records) {
    writer
      .u8(RECORD_TYPES.indexOf(type) + 1)
      .u8(0)
      .u16(sources.length);
    for (const address of [group, ...sources]) writer.bytes(addressBytes(protocol, family, address));
  }
}

import { EncodeError } from '../errors.ts';
import { WireWriter } from '../wire/index.ts';
import { formatIpDatagram } from './ip-datagram.ts';
import { LINK_TYPES } from './link-layer.ts';
import {
  BYTE_ORDER,
  ENHANCED_PACKET,
  IF_TSRESOL,
  INTERFACE_DESCRIPTION,
  SECTION_HEADER,
} from './pcapng-reader.ts';
import type { CapturedDatagram } from './types.ts';

const SNAP_LENGTH = 0x4_0000;
const USER_APPLICATION = 4;
const SECOND_NS = 1_000_000_000n;

/**
 * What a pcapng file begins with: a section and one interface of raw IP, with times in nanoseconds.
 *
 * @param application name of the program that writes, for those who ask the file
 * @see draft-ietf-opsawg-pcapng §4.1, §4.2
 */
export function formatPcapngHeader(application = 'rendezvous'): Uint8Array {
  const name = new TextEncoder().encode(application);
  if (name.length > 0xffff) throw new EncodeError('pcapng', 'application', 'is longer than 65535 bytes');
  const section = new WireWriter()
    .u32le(BYTE_ORDER)
    .u16le(1)
    .u16le(0)
    .u32le(0xffff_ffff) // the length of the section is not known yet
    .u32le(0xffff_ffff)
    .u16le(USER_APPLICATION)
    .u16le(name.length)
    .bytes(name)
    .zeros(padding(name.length))
    .u32le(0)
    .finish();
  const description = new WireWriter()
    .u16le(LINK_TYPES.raw)
    .u16le(0)
    .u32le(SNAP_LENGTH)
    .u16le(IF_TSRESOL)
    .u16le(1)
    .u8(9) // 10^-9 s
    .zeros(3)
    .u32le(0)
    .finish();
  return new WireWriter()
    .bytes(block(SECTION_HEADER, section))
    .bytes(block(INTERFACE_DESCRIPTION, description))
    .finish();
}

/**
 * A datagram as a block to append to a pcapng file.
 *
 * @throws {EncodeError} when its time is before 1970 or after 2554, or it cannot be put into an IP packet
 * @see draft-ietf-opsawg-pcapng §4.3
 */
export function formatPcapngDatagram(datagram: CapturedDatagram): Uint8Array {
  const { timeNs } = datagram;
  if (timeNs < 0n || timeNs >= 1n << 64n) throw new EncodeError('pcapng', 'time', 'is not from 1970 to 2554');
  const packet = formatIpDatagram(datagram);
  const body = new WireWriter(packet.length + 24)
    .u32le(0)
    .u32le(Number(timeNs >> 32n))
    .u32le(Number(timeNs & 0xffff_ffffn))
    .u32le(packet.length)
    .u32le(packet.length)
    .bytes(packet)
    .zeros(padding(packet.length))
    .finish();
  return block(ENHANCED_PACKET, body);
}

/**
 * What a classic capture file begins with: raw IP, times in nanoseconds.
 *
 * @see draft-ietf-opsawg-pcap §4
 */
export function formatPcapHeader(): Uint8Array {
  return new WireWriter()
    .u32le(0xa1b2_3c4d)
    .u16le(2)
    .u16le(4)
    .u32le(0)
    .u32le(0)
    .u32le(SNAP_LENGTH)
    .u32le(LINK_TYPES.raw)
    .finish();
}

/**
 * A datagram as a record to append to a classic capture file.
 *
 * @throws {EncodeError} when its time is before 1970 or after 2106, or it cannot be put into an IP packet
 * @see draft-ietf-opsawg-pcap §5
 */
export function formatPcapDatagram(datagram: CapturedDatagram): Uint8Array {
  const { timeNs } = datagram;
  const seconds = timeNs / SECOND_NS;
  if (timeNs < 0n || seconds > 0xffff_ffffn)
    throw new EncodeError('pcap', 'time', 'is not from 1970 to 2106');
  const packet = formatIpDatagram(datagram);
  return new WireWriter(packet.length + 16)
    .u32le(Number(seconds))
    .u32le(Number(timeNs % SECOND_NS))
    .u32le(packet.length)
    .u32le(packet.length)
    .bytes(packet)
    .finish();
}

function block(type: number, body: Uint8Array): Uint8Array {
  const length = body.length + 12;
  return new WireWriter(length).u32le(type).u32le(length).bytes(body).u32le(length).finish();
}

function padding(length: number): number {
  return (4 - (length % 4)) % 4;
}

import { DecodeError, EncodeError } from '../errors.ts';
import { formatIp, type IpFamily, tryParseIp } from '../ip/index.ts';
import { internetChecksum, WireReader, WireWriter } from '../wire/index.ts';
import type { CapturedDatagram, SkipReason } from './types.ts';

const UDP = 17;
/** Hop-by-hop options, routing, destination options (RFC 8200 §4.1), and the fragment header. */
const [HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION] = [0, 43, 44, 60];
const [UDP_HEADER, IPV4_HEADER] = [8, 20];

type Datagram = Omit<CapturedDatagram, 'timeNs'>;

/** What IPv4 and IPv6 say alike. */
interface IpPacket {
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  readonly dscp: number;
  /** The protocol of the payload, or the reason why the payload is no use. */
  readonly protocol: number | SkipReason;
  /** Where the payload stands, and how long it is by the header; the capture may have kept less. */
  readonly start: number;
  readonly length: number;
}

/**
 * The UDP datagram of an IPv4 or IPv6 packet, or the reason why there is none. Checksums are left alone: captures on the
 * sending host have none where the network card fills them in.
 *
 * @param packet from the IP header on; bytes after the packet are left alone
 * @see RFC 791 §3.1, RFC 8200 §3, §4, RFC 768
 */
export function readIpDatagram(packet: Uint8Array): Datagram | SkipReason {
  try {
    const version = (packet[0] ?? 0) >>> 4;
    if (version !== 4 && version !== 6) return packet.length === 0 ? 'cut' : 'notIp';
    const ip = version === 4 ? readIpv4(packet) : readIpv6(packet);
    if (typeof ip.protocol === 'string') return ip.protocol;
    if (ip.protocol !== UDP) return 'notUdp';
    return readUdp(packet, ip);
  } catch (error) {
    if (error instanceof DecodeError) return 'cut'; // a header goes on beyond the bytes kept
    throw error;
  }
}

function readIpv4(packet: Uint8Array): IpPacket {
  const r = new WireReader('IPv4', packet);
  const headerLength = (r.u8() & 0x0f) * 4;
  const dscp = r.u8() >>> 2;
  const told = r.u16();
  r.skip(2);
  const fragment = r.u16() & 0x3fff; // more fragments, and the offset
  const ttl = r.u8();
  const protocol = r.u8();
  r.skip(2);
  const source = formatIp({ bytes: r.bytes(4) });
  const destination = formatIp({ bytes: r.bytes(4) });
  // 0 is what a host captures of packets that its network card will take apart.
  const length = (told === 0 ? packet.length : told) - headerLength;
  const wrong = headerLength < IPV4_HEADER || length < 0 ? 'malformed' : undefined;
  const partial = protocol === UDP && fragment !== 0 ? 'fragment' : undefined;
  const start = headerLength;
  return { source, destination, ttl, dscp, protocol: wrong ?? partial ?? protocol, start, length };
}

function readIpv6(packet: Uint8Array): IpPacket {
  const r = new WireReader('IPv6', packet);
  const dscp = (r.u16() >>> 6) & 0x3f;
  r.skip(2);
  const told = r.u16();
  let protocol = r.u8();
  const ttl = r.u8();
  const source = formatIp({ bytes: r.bytes(16) });
  const destination = formatIp({ bytes: r.bytes(16) });
  const end = told === 0 ? packet.length : r.offset + told;
  const about = { source, destination, ttl, dscp };
  while (
    protocol === HOP_BY_HOP ||
    protocol === ROUTING ||
    protocol === DESTINATION ||
    protocol === FRAGMENT
  ) {
    const header: number = protocol;
    protocol = r.u8();
    const more = r.u8();
    if (header === FRAGMENT) {
      const partial = (r.u16() & 0xfff9) !== 0; // all of it in one fragment is allowed (RFC 6946)
      r.skip(4);
      if (partial) return { ...about, protocol: 'fragment', start: 0, length: 0 };
    } else {
      r.skip(6 + more * 8);
    }
  }
  const length = end - r.offset;
  return { ...about, protocol: length < 0 ? 'malformed' : protocol, start: r.offset, length };
}

function readUdp(packet: Uint8Array, ip: IpPacket): Datagram | SkipReason {
  const r = new WireReader('UDP', packet, ip.start);
  const sourcePort = r.u16();
  const destinationPort = r.u16();
  const told = r.u16();
  r.skip(2);
  const length = told === 0 ? ip.length : told; // jumbograms say 0 (RFC 2675 §4)
  if (length < UDP_HEADER || length > ip.length) return 'malformed';
  if (length - UDP_HEADER > r.remaining) return 'cut';
  return {
    source: { address: ip.source, port: sourcePort },
    destination: { address: ip.destination, port: destinationPort },
    payload: r.bytes(length - UDP_HEADER),
    ttl: ip.ttl,
    dscp: ip.dscp,
  };
}

/**
 * An IPv4 or IPv6 packet with the datagram in it, checksums and all.
 *
 * @throws {EncodeError} when addresses are of different families or none, or a field or the payload does not fit
 */
export function formatIpDatagram(datagram: Datagram): Uint8Array {
  const { payload, ttl = 64, dscp = 0 } = datagram;
  const source = tryParseIp(datagram.source.address);
  const destination = tryParseIp(datagram.destination.address);
  if (source === undefined) throw bad('source', `${datagram.source.address} is no IP address`);
  if (destination === undefined) throw bad('destination', `${datagram.destination.address} is no IP address`);
  if (source.family !== destination.family) throw bad('destination', 'is not of the family of the source');
  check('ttl', ttl, 255);
  check('dscp', dscp, 63);
  const length = UDP_HEADER + payload.length;
  check('payload length', payload.length, 0xffff - UDP_HEADER - (source.family === 4 ? IPV4_HEADER : 0));
  const udp = new WireWriter(length)
    .u16(check('source port', datagram.source.port, 0xffff))
    .u16(check('destination port', datagram.destination.port, 0xffff))
    .u16(length)
    .u16(0)
    .bytes(payload)
    .finish();
  const pseudoHeader = new WireWriter()
    .bytes(source.bytes)
    .bytes(destination.bytes)
    .u32(length)
    .u32(UDP)
    .finish();
  const checksum = internetChecksum(pseudoHeader, udp) || 0xffff; // 0 means none (RFC 768)
  udp[6] = checksum >>> 8;
  udp[7] = checksum & 0xff;
  const header = ipHeader(source.family, { length, ttl, dscp }, source.bytes, destination.bytes);
  return new WireWriter(header.length + length).bytes(header).bytes(udp).finish();
}

function ipHeader(
  family: IpFamily,
  { length, ttl, dscp }: { length: number; ttl: number; dscp: number },
  source: Uint8Array,
  destination: Uint8Array,
): Uint8Array {
  const w = new WireWriter(40);
  if (family === 6) {
    return w
      .u32(0x6000_0000 + dscp * 0x40_0000)
      .u16(length)
      .u8(UDP)
      .u8(ttl)
      .bytes(source)
      .bytes(destination)
      .finish();
  }
  w.u8(0x45)
    .u8(dscp << 2)
    .u16(IPV4_HEADER + length)
    .u16(0)
    .u16(0x4000) // never fragmented, so it needs no identification (RFC 6864 §4.1)
    .u8(ttl)
    .u8(UDP)
    .u16(0)
    .bytes(source)
    .bytes(destination);
  return w.setU16(10, internetChecksum(w.finish())).finish();
}

function check(field: string, value: number, highest: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= highest) return value;
  throw bad(field, `${value} is not a whole number from 0 to ${highest}`);
}

function bad(field: string, problem: string): EncodeError {
  return new EncodeError('UDP datagram', field, problem);
}

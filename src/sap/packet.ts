import { DecodeError, EncodeError } from '../errors.ts';
import { formatIp, tryParseIp } from '../ip/index.ts';
import { WireReader, WireWriter } from '../wire/index.ts';
import { readAuthentication, type SapAuthentication, writeAuthentication } from './authentication.ts';
import { splitPayload } from './payload.ts';

/** The media type of session descriptions (RFC 8866 §5): what the payload is unless it says otherwise. */
export const SDP_PAYLOAD_TYPE = 'application/sdp';

/** One SAP packet (RFC 2974 §6), as it is on the wire. */
export interface SapPacket {
  readonly type: 'announce' | 'delete';
  /** Message identifier hash, 16 bits. 0 means that the sender made none, and says nothing about the content. */
  readonly hash: number;
  /** Originating source: IPv4 or IPv6 text without zone. What the sender wrote, which may be nonsense (`0.0.0.0`). */
  readonly source: string;
  /** Authentication data, read and kept; nobody has verified it. */
  readonly authentication?: SapAuthentication;
  /** E bit. `payload` is then what came, and the payload type is inside. */
  readonly encrypted: boolean;
  /** C bit. `payload` is then what came, and the payload type is inside; see {@link decompressSapPacket}. */
  readonly compressed: boolean;
  /** R bit: ignored on receipt, never set by us; absent when it is 0. */
  readonly reserved?: true;
  /** Media type of the payload, or absent where the packet names none, which means {@link SDP_PAYLOAD_TYPE}. */
  readonly payloadType?: string;
  /** Announcement: the description. Deletion: its `o=` line, or the whole description from some senders. */
  readonly payload: Uint8Array;
}

/** Undoes zlib compression (RFC 1950). @throws {DecodeError} for damaged data, or more than `maxBytes` of output */
export type Inflate = (bytes: Uint8Array, maxBytes: number) => Uint8Array;
/** Compresses by zlib (RFC 1950). */
export type Deflate = (bytes: Uint8Array) => Uint8Array;

/** Longest payload that a compressed packet may grow to, unless told otherwise: what one datagram could hold anyway. */
export const MAX_INFLATED_BYTES = 65_536;

const VERSION = 1;
const IPV6_SOURCE = 0x10;
const RESERVED = 0x08;
const DELETION = 0x04;
const ENCRYPTED = 0x02;
const COMPRESSED = 0x01;

/** The version that a datagram claims: 1 for SAP as it is, 0 for its predecessor; undefined for no datagram at all. */
export function sapVersion(bytes: Uint8Array): number | undefined {
  const first = bytes[0];
  return first === undefined ? undefined : first >>> 5;
}

/**
 * Reads a packet, strictly as far as its structure goes and tolerantly in what it says: payload type missing or without
 * its NUL, hash 0, any source, R bit set (RFC 2974 §6).
 *
 * @throws {DecodeError} when it is cut off, or of another version
 */
export function parseSapPacket(bytes: Uint8Array): SapPacket {
  const packet = viewSapPacket(bytes);
  return { ...packet, payload: new Uint8Array(packet.payload) };
}

/**
 * As {@link parseSapPacket}, but `payload` is a view of `bytes`: for those who look at a packet once and keep nothing.
 *
 * @throws {DecodeError} as {@link parseSapPacket}
 */
export function viewSapPacket(bytes: Uint8Array): SapPacket {
  const r = new WireReader('SAP', bytes);
  const flags = r.u8();
  const version = flags >>> 5;
  if (version !== VERSION) {
    const known = version === 0 ? ', the predecessor of SAP' : '';
    throw new DecodeError('SAP', `version ${version}${known}, instead of 1`, {
      offset: 0,
      rule: 'RFC 2974 §6',
    });
  }
  const authWords = r.u8(); // 32-bit words, not bytes
  const hash = r.u16();
  const source = formatIp({ bytes: r.view((flags & IPV6_SOURCE) === 0 ? 4 : 16) });
  const authentication = authWords === 0 ? undefined : readAuthentication(r.bytes(authWords * 4));
  const encrypted = (flags & ENCRYPTED) !== 0;
  const compressed = (flags & COMPRESSED) !== 0;
  const body = r.view(r.remaining);
  const { payloadType, payload } = encrypted || compressed ? { payload: body } : splitPayload(body);
  const packet: { -readonly [Field in keyof SapPacket]: SapPacket[Field] } = {
    type: (flags & DELETION) === 0 ? 'announce' : 'delete',
    hash,
    source,
    encrypted,
    compressed,
    payload,
  };
  if (authentication !== undefined) packet.authentication = authentication;
  if ((flags & RESERVED) !== 0) packet.reserved = true;
  if (payloadType !== undefined) packet.payloadType = payloadType;
  return packet;
}

/**
 * Writes a packet (RFC 2974 §6).
 *
 * @throws {EncodeError} for a hash beyond 16 bits, a source that is no address, a payload type that is no media type or
 *   that stands outside an encrypted or compressed payload, a payload that would be read as a payload type, and
 *   authentication data beyond 1020 bytes
 */
export function formatSapPacket(packet: SapPacket): Uint8Array {
  const { hash, source, authentication, encrypted, compressed, payloadType, payload } = packet;
  if (!Number.isInteger(hash) || hash < 0 || hash > 0xffff) {
    throw new EncodeError('SAP', 'hash', `${hash} is not an integer from 0 to 65535`);
  }
  const address = tryParseIp(source);
  if (address === undefined || address.zone !== undefined) {
    throw new EncodeError('SAP', 'source', `${JSON.stringify(source)} is not an IP address without zone`);
  }
  const auth = authentication === undefined ? undefined : writeAuthentication(authentication);
  if (auth !== undefined && auth.length > 255 * 4) {
    throw new EncodeError('SAP', 'authentication', `takes ${auth.length} bytes, at most 1020 fit`);
  }
  const opaque = encrypted || compressed;
  if (opaque && payloadType !== undefined) {
    throw new EncodeError(
      'SAP',
      'payloadType',
      'is part of the payload when that is encrypted or compressed',
    );
  }
  const flags =
    (VERSION << 5) |
    (address.family === 6 ? IPV6_SOURCE : 0) |
    (packet.reserved === true ? RESERVED : 0) |
    (packet.type === 'delete' ? DELETION : 0) |
    (encrypted ? ENCRYPTED : 0) |
    (compressed ? COMPRESSED : 0);
  const w = new WireWriter(24 + payload.length);
  w.u8(flags)
    .u8((auth?.length ?? 0) / 4)
    .u16(hash)
    .bytes(address.bytes);
  if (auth !== undefined) w.bytes(auth);
  return w.bytes(opaque ? payload : clearBody(payloadType, payload)).finish();
}

/** Payload type and payload one after the other: what a packet in the clear carries, and what is compressed. */
function clearBody(payloadType: string | undefined, payload: Uint8Array): Uint8Array {
  if (payloadType !== undefined && !/^[!-~]+\/[!-~]+( *;[ -~]*)?$/.test(payloadType)) {
    throw new EncodeError('SAP', 'payloadType', `${JSON.stringify(payloadType)} is not a media type`);
  }
  const w = new WireWriter(24 + payload.length);
  if (payloadType !== undefined) w.utf8(payloadType).u8(0);
  const body = w.bytes(payload).finish();
  const read = splitPayload(body);
  if (read.payloadType !== payloadType || read.payload.length !== payload.length) {
    throw new EncodeError('SAP', 'payloadType', 'must be given: the payload would be taken for one');
  }
  return body;
}

/**
 * The packet with its payload type and payload compressed together and the C bit set (RFC 2974 §6).
 *
 * @throws {EncodeError} when it is compressed or encrypted already
 */
export function compressSapPacket(packet: SapPacket, deflate: Deflate): SapPacket {
  const { payloadType, ...rest } = packet;
  if (packet.compressed || packet.encrypted) {
    throw new EncodeError('SAP', 'payload', 'is compressed or encrypted already');
  }
  return { ...rest, compressed: true, payload: deflate(clearBody(payloadType, packet.payload)) };
}

/**
 * The packet in the clear: decompressed, with the payload type taken off and the C bit cleared. A payload type that a
 * sender put in front of the compressed data is understood too. A packet that is not compressed comes back as it is.
 *
 * @param maxBytes longest payload to make of it; default {@link MAX_INFLATED_BYTES}
 * @throws {DecodeError} for data that is damaged, too long, or encrypted
 */
export function decompressSapPacket(
  packet: SapPacket,
  inflate: Inflate,
  maxBytes: number = MAX_INFLATED_BYTES,
): SapPacket {
  if (!packet.compressed) return packet;
  if (packet.encrypted) throw new DecodeError('SAP', 'the payload is encrypted', { rule: 'RFC 2974 §6, E' });
  const outer = splitPayload(packet.payload);
  const inner = splitPayload(inflate(outer.payload, maxBytes));
  const payloadType = inner.payloadType ?? outer.payloadType;
  return {
    ...packet,
    compressed: false,
    ...(payloadType === undefined ? {} : { payloadType }),
    payload: inner.payload,
  };
}

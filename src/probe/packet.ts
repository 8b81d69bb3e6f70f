import { EncodeError } from '../errors.ts';
import { isMulticast, tryParseIp } from '../ip/index.ts';
import { WireReader, WireWriter } from '../wire/index.ts';
import { readTally, type Tally, writeTally } from './tally.ts';

/** UDP port on which a listener is asked, unless told otherwise: one of the dynamic ports, registered by nobody. */
export const PROBE_PORT = 57_171;

/** What a prober asks for, and a listener may lower. */
export interface ProbeRequest {
  readonly group: string;
  readonly port: number;
  /** Packets each way, 1 to {@link LIMITS}.count. */
  readonly count: number;
  /** Milliseconds between two of them. */
  readonly spacingMs: number;
  readonly ttl: number;
  readonly dscp: number;
}

/** What a listener never exceeds, whoever asks: it then sends 200 packets of 32 bytes in a second at the most. */
export const LIMITS = { count: 200, spacingMs: 5, sessionMs: 30_000 } as const;

/** Signs on the host that receives, which explain silence. */
export interface ReceiverSigns {
  /** Interface that was joined on, and the address that packets leave from. */
  readonly interfaceName: string;
  readonly address: string;
  /** Kernel holds the membership; true also where it does not tell. */
  readonly member: boolean;
  readonly strictReversePath: boolean;
  readonly firewall: boolean;
  readonly container: boolean;
  /** TTL and DSCP of what arrives can be seen there. */
  readonly seesMarks: boolean;
}

export type Direction = 'there' | 'back';
export type Refusal = 'busy' | 'group' | 'failed';
const REFUSALS: readonly Refusal[] = ['busy', 'group', 'failed'];

/** One message. Only probes go to the group; all else is between the two hosts. */
export type ProbeMessage =
  | { readonly type: 'hello'; readonly session: bigint }
  | { readonly type: 'challenge'; readonly session: bigint; readonly cookie: Uint8Array }
  | {
      readonly type: 'begin';
      readonly session: bigint;
      readonly cookie: Uint8Array;
      readonly request: ProbeRequest;
    }
  | {
      readonly type: 'ready';
      readonly session: bigint;
      readonly signs: ReceiverSigns;
      /** As the listener will send back. */
      readonly request: ProbeRequest;
    }
  | {
      readonly type: 'probe';
      readonly session: bigint;
      readonly direction: Direction;
      readonly number: number;
    }
  | { readonly type: 'ask'; readonly session: bigint; readonly what: 'result' | 'back' }
  | { readonly type: 'result'; readonly session: bigint; readonly tally: Tally }
  | { readonly type: 'sent'; readonly session: bigint; readonly count: number }
  | { readonly type: 'refused'; readonly session: bigint; readonly reason: Refusal; readonly text: string };

const MAGIC = 0x5244_5650; // RDVP
const VERSION = 1;
const TYPES: readonly ProbeMessage['type'][] = [
  'hello',
  'challenge',
  'begin',
  'ready',
  'probe',
  'ask',
  'result',
  'sent',
  'refused',
];
const COOKIE_BYTES = 16;
/** A hello is longer than the answer to it, so that a forged one gains nothing. */
export const HELLO_BYTES = 64;

/** @throws {DecodeError} for what is no message of this protocol and version */
export function parseProbeMessage(bytes: Uint8Array): ProbeMessage {
  const reader = new WireReader('probe', bytes);
  if (reader.u32() !== MAGIC) throw reader.fail('no probe message');
  const version = reader.u8();
  if (version !== VERSION) throw reader.fail(`version ${version} is not ${VERSION}: update one of the two`);
  const type = TYPES[reader.u8()];
  const session = reader.u64();
  switch (type) {
    case 'hello':
      if (bytes.length < HELLO_BYTES) throw reader.fail(`a hello has at least ${HELLO_BYTES} bytes`);
      return { type, session };
    case 'challenge':
      return { type, session, cookie: reader.bytes(COOKIE_BYTES) };
    case 'begin':
      return { type, session, cookie: reader.bytes(COOKIE_BYTES), request: readRequest(reader) };
    case 'ready':
      return { type, session, signs: readSigns(reader), request: readRequest(reader) };
    case 'probe':
      return { type, session, direction: reader.u8() === 0 ? 'there' : 'back', number: reader.u16() };
    case 'ask':
      return { type, session, what: reader.u8() === 0 ? 'result' : 'back' };
    case 'result':
      return { type, session, tally: readTally(reader) };
    case 'sent':
      return { type, session, count: reader.u16() };
    case 'refused':
      return { type, session, reason: REFUSALS[reader.u8()] ?? 'failed', text: readText(reader) };
    case undefined:
      break;
  }
  throw reader.fail('unknown kind of message');
}

export function formatProbeMessage(message: ProbeMessage): Uint8Array {
  const writer = new WireWriter(128)
    .u32(MAGIC)
    .u8(VERSION)
    .u8(TYPES.indexOf(message.type))
    .u64(message.session);
  switch (message.type) {
    case 'hello':
      writer.zeros(HELLO_BYTES - writer.length);
      break;
    case 'challenge':
      writer.bytes(message.cookie);
      break;
    case 'begin':
      writeRequest(writer.bytes(message.cookie), message.request);
      break;
    case 'ready':
      writeSigns(writer, message.signs);
      writeRequest(writer, message.request);
      break;
    case 'probe':
      writer
        .u8(message.direction === 'there' ? 0 : 1)
        .u16(message.number)
        .zeros(15);
      break;
    case 'ask':
      writer.u8(message.what === 'result' ? 0 : 1);
      break;
    case 'result':
      writeTally(writer, message.tally);
      break;
    case 'sent':
      writer.u16(message.count);
      break;
    case 'refused':
      writeText(writer.u8(REFUSALS.indexOf(message.reason)), message.text);
      break;
  }
  return writer.finish();
}

function readRequest(reader: WireReader): ProbeRequest {
  const group = readText(reader);
  const address = tryParseIp(group);
  if (address === undefined || address.zone !== undefined || !isMulticast(group))
    throw reader.fail('names no multicast group');
  const request = {
    group,
    port: reader.u16(),
    count: reader.u16(),
    spacingMs: reader.u16(),
    ttl: reader.u8(),
    dscp: reader.u8(),
  };
  if (request.port === 0 || request.count === 0 || request.dscp > 63)
    throw reader.fail('a field is out of range');
  return request;
}

function writeRequest(writer: WireWriter, request: ProbeRequest): void {
  const { group, port, count, spacingMs, ttl, dscp } = request;
  writeText(writer, group);
  writer.u16(port).u16(count).u16(spacingMs).u8(ttl).u8(dscp);
}

function readSigns(reader: WireReader): ReceiverSigns {
  const flags = reader.u8();
  const [interfaceName, address] = [readText(reader), readText(reader)];
  // both are shown, and put into commands to try
  if (interfaceName === '' || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(interfaceName))
    throw reader.fail('names no interface');
  if (tryParseIp(address) === undefined) throw reader.fail('the address of the receiver is none');
  return {
    interfaceName,
    address,
    member: (flags & 1) !== 0,
    strictReversePath: (flags & 2) !== 0,
    firewall: (flags & 4) !== 0,
    container: (flags & 8) !== 0,
    seesMarks: (flags & 16) !== 0,
  };
}

function writeSigns(writer: WireWriter, signs: ReceiverSigns): void {
  const { member, strictReversePath, firewall, container, seesMarks } = signs;
  const set = [member, strictReversePath, firewall, container, seesMarks];
  writer.u8(set.reduce((flags, on, bit) => (on ? flags | (1 << bit) : flags), 0));
  writeText(writer, signs.interfaceName);
  writeText(writer, signs.address);
}

/** @throws {DecodeError} when it is no UTF-8 */
function readText(reader: WireReader): string {
  return reader.utf8(reader.u8());
}

function writeText(writer: WireWriter, text: string): void {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > 255)
    throw new EncodeError('probe', 'text', `of ${bytes.length} bytes is longer than 255`);
  writer.u8(bytes.length).bytes(bytes);
}

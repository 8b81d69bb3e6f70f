import { DecodeError, EncodeError } from '../errors.ts';
import { tryParseIp } from '../ip/index.ts';
import type { TransportAddress } from '../machine.ts';
import { WireReader, WireWriter } from '../wire/index.ts';
import { ByteQueue } from './byte-queue.ts';

/** What an rtpdump file begins with. */
export interface RtpDumpHeader {
  /** The first line: where the packets went to, as the tools that play it want it. */
  readonly destination: TransportAddress;
  /** Start of the recording, nanoseconds since 1970; the file keeps microseconds, up to the year 2106. */
  readonly startNs: bigint;
}

/** One RTP or RTCP packet of an rtpdump file. */
export interface RtpDumpPacket {
  readonly kind: 'rtp' | 'rtcp';
  /** Milliseconds after the start, 0 to 2^32 − 1. */
  readonly offsetMs: number;
  /** The packet, or as much of it as was kept. */
  readonly data: Uint8Array;
  /** Bytes of an RTP packet before it was cut, 1 to 65535; of RTCP the file does not say it. */
  readonly originalLength: number;
}

const WHAT = 'rtpdump';
const START = '#!rtpplay1.0 ';
/** The longest address, a port and the start of the line fit well. */
const MAX_LINE = 128;
const [BINARY_HEADER, PACKET_HEADER] = [16, 8];

/** @throws {EncodeError} when the address is no IP address, the port or the time does not fit */
export function formatRtpDumpHeader({ destination, startNs }: RtpDumpHeader): Uint8Array {
  const { address, port } = destination;
  const ip = tryParseIp(address);
  if (ip === undefined) throw new EncodeError(WHAT, 'destination', `${address} is no IP address`);
  if (!isWithin(port, 0xffff)) throw new EncodeError(WHAT, 'port', `${port} is not 0 to 65535`);
  const seconds = startNs / 1_000_000_000n;
  if (startNs < 0n || seconds > 0xffff_ffffn)
    throw new EncodeError(WHAT, 'start', 'is not from 1970 to 2106');
  return new WireWriter()
    .utf8(`${START}${address}/${port}\n`)
    .u32(Number(seconds))
    .u32(Number((startNs % 1_000_000_000n) / 1000n))
    .bytes(ip.family === 4 ? ip.bytes : new Uint8Array(4)) // there is no room for IPv6
    .u16(port)
    .u16(0)
    .finish();
}

/** @throws {EncodeError} when the packet is empty or too long, or the offset does not fit */
export function formatRtpDumpPacket({ kind, offsetMs, data, originalLength }: RtpDumpPacket): Uint8Array {
  if (data.length === 0 || data.length > 0xffff - PACKET_HEADER) {
    throw new EncodeError(
      WHAT,
      'data',
      `of ${data.length} bytes is not 1 to ${0xffff - PACKET_HEADER} bytes`,
    );
  }
  if (!isWithin(offsetMs, 0xffff_ffff)) {
    throw new EncodeError(WHAT, 'offsetMs', `${offsetMs} is not a whole number from 0 to 4294967295`);
  }
  if (!isWithin(originalLength, 0xffff) || originalLength < data.length) {
    throw new EncodeError(WHAT, 'originalLength', `${originalLength} is not ${data.length} to 65535`);
  }
  return new WireWriter(data.length + PACKET_HEADER)
    .u16(data.length + PACKET_HEADER)
    .u16(kind === 'rtp' ? originalLength : 0)
    .u32(offsetMs)
    .bytes(data)
    .finish();
}

/** Reads rtpdump files that come in pieces of any size, as `CaptureReader` does captures. */
export class RtpDumpReader {
  readonly #queue = new ByteQueue();
  #header: RtpDumpHeader | undefined;
  #fault: DecodeError | undefined;

  /** Known once enough of the file was given and {@link pollPacket} was called. */
  get header(): RtpDumpHeader | undefined {
    return this.#header;
  }

  /** The next bytes of the file; they may be used anew afterwards. Poll until nothing is left before giving more. */
  handleBytes(chunk: Uint8Array): void {
    this.#queue.push(chunk);
  }

  /**
   * The next packet, or undefined when more bytes are needed. It shares no memory with the file's bytes.
   *
   * @throws {DecodeError} when the file is no rtpdump or damaged; from then on always
   */
  pollPacket(): RtpDumpPacket | undefined {
    if (this.#fault !== undefined) throw this.#fault;
    try {
      this.#header ??= this.#takeHeader();
      return this.#header === undefined ? undefined : this.#takePacket();
    } catch (error) {
      if (error instanceof DecodeError) this.#fault = error;
      throw error;
    }
  }

  /**
   * To be called at the end of the file, when {@link pollPacket} has given everything.
   *
   * @throws {DecodeError} when the file ends within its header or a packet, as it does after a crash or a full disk
   */
  handleEnd(): void {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#queue.length === 0 && this.#header !== undefined) return;
    const where = this.#header === undefined ? 'its header' : 'a packet';
    throw new DecodeError(WHAT, `the file ends within ${where}`, { offset: this.#queue.offset });
  }

  #takeHeader(): RtpDumpHeader | undefined {
    const start = this.#queue.peek(Math.min(this.#queue.length, MAX_LINE)) ?? new Uint8Array();
    const lineEnd = start.indexOf(0x0a);
    const line = String.fromCharCode(...(lineEnd < 0 ? start : start.subarray(0, lineEnd)));
    const begins = line.length < START.length ? START.startsWith(line) : line.startsWith(START);
    if (!begins) throw new DecodeError(WHAT, 'the file does not begin with "#!rtpplay1.0"', { offset: 0 });
    if (lineEnd < 0 && start.length < MAX_LINE) return undefined;
    const [, address, digits] = /^([^\s/]+)\/(\d{1,5})\s*$/.exec(line.slice(START.length)) ?? [];
    const port = Number(digits);
    if (lineEnd < 0 || address === undefined || port > 0xffff) {
      throw new DecodeError(WHAT, 'the first line does not end with address/port', { offset: START.length });
    }
    if (this.#queue.length < lineEnd + 1 + BINARY_HEADER) return undefined;
    this.#queue.skip(lineEnd + 1);
    const r = new WireReader(WHAT, this.#queue.take(BINARY_HEADER) ?? new Uint8Array());
    const startNs = BigInt(r.u32()) * 1_000_000_000n + BigInt(r.u32()) * 1000n; // then the address once more
    return { destination: { address, port }, startNs };
  }

  #takePacket(): RtpDumpPacket | undefined {
    const head = this.#queue.peek(PACKET_HEADER);
    if (head === undefined) return undefined;
    const r = new WireReader(WHAT, head);
    const length = r.u16();
    const told = r.u16();
    const offsetMs = r.u32();
    const kept = length - PACKET_HEADER;
    if (kept < 1) {
      const problem = `a packet of ${length} bytes with its header of 8: the file is damaged`;
      throw new DecodeError(WHAT, problem, { offset: this.#queue.offset });
    }
    const bytes = this.#queue.take(length);
    if (bytes === undefined) return undefined;
    const kind = told === 0 ? 'rtcp' : 'rtp';
    const data = new Uint8Array(bytes.subarray(PACKET_HEADER));
    return { kind, offsetMs, data, originalLength: Math.max(told, kept) };
  }
}

function isWithin(value: number, highest: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= highest;
}

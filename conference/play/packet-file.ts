import { type FileHandle, open } from 'node:fs/promises';
import { CaptureReader, RtpDumpReader } from '../../src/capture/index.ts';
import { DecodeError, InvalidValueError } from '../../src/errors.ts';
import { parseRtpPacket, type RtpPacket } from '../../src/rtp/index.ts';

/** An RTP packet of a capture, with the time at which it was captured. */
export interface CapturedRtp {
  /** Milliseconds; only differences count. */
  readonly atMs: number;
  /** UDP port that it went to. */
  readonly port: number;
  readonly packet: RtpPacket;
}

/** One RTP stream of a capture. */
export interface CapturedStream {
  readonly ssrc: number;
  readonly port: number;
  readonly payloadType: number;
  readonly packets: number;
  readonly seconds: number;
}

const CHUNK_BYTES = 262_144;

/**
 * The RTP packets of a pcapng, pcap or rtpdump file, in the order of the file. What is no RTP is passed over; a file that
 * ends within a packet, as after a crash, ends with the packet before.
 *
 * @throws {InvalidValueError} when the file cannot be read
 * @throws {DecodeError} when it is of another kind, or damaged
 */
export async function* capturedRtp(path: string): AsyncGenerator<CapturedRtp, void, void> {
  await using file = await openFile(path);
  const chunk = new Uint8Array(CHUNK_BYTES);
  let next: ((bytes: Uint8Array) => Iterable<CapturedRtp>) | undefined;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length);
    if (bytesRead === 0) return;
    const bytes = chunk.subarray(0, bytesRead);
    next ??= isRtpDump(bytes) ? rtpDump() : capture();
    yield* next(bytes);
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidValueError(`Cannot read the recording ${path}: ${why}`, { cause: error });
  }
}

function isRtpDump(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(0, 10)) === '#!rtpplay1';
}

function capture(): (bytes: Uint8Array) => Iterable<CapturedRtp> {
  const reader = new CaptureReader();
  let first: bigint | undefined;
  return function* read(bytes) {
    reader.handleBytes(bytes);
    for (let it = reader.pollDatagram(); it !== undefined; it = reader.pollDatagram()) {
      first ??= it.timeNs;
      const packet = rtpOf(it.payload);
      if (packet === undefined) continue;
      yield { atMs: Number(it.timeNs - first) / 1e6, port: it.destination.port, packet };
    }
  };
}

function rtpDump(): (bytes: Uint8Array) => Iterable<CapturedRtp> {
  const reader = new RtpDumpReader();
  return function* read(bytes) {
    reader.handleBytes(bytes);
    for (let it = reader.pollPacket(); it !== undefined; it = reader.pollPacket()) {
      const packet = it.kind === 'rtp' && it.data.length === it.originalLength ? rtpOf(it.data) : undefined;
      if (packet !== undefined)
        yield { atMs: it.offsetMs, port: reader.header?.destination.port ?? 0, packet };
    }
  };
}

/** RTCP on its own port looks like RTP of the payload types 72 to 76 (RFC 5761 §4). */
function rtpOf(bytes: Uint8Array): RtpPacket | undefined {
  const second = bytes[1] ?? 0;
  if (bytes.length < 12 || (second >= 192 && second <= 223)) return undefined;
  try {
    return parseRtpPacket(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Streams listed of a capture; others are counted as nothing. */
const MAX_STREAMS = 1000;
/** Fewer packets than this are no stream, but something that looks like RTP. */
const FEWEST = 3;

/** The RTP streams of a capture, those with the most packets first. @throws as {@link capturedRtp} does */
export async function capturedStreams(path: string): Promise<CapturedStream[]> {
  const found = new Map<
    string,
    { -readonly [K in keyof CapturedStream]: CapturedStream[K] } & { from: number }
  >();
  for await (const { packet, port, atMs } of capturedRtp(path)) {
    const { ssrc, payloadType } = packet;
    const key = `${ssrc}/${port}`;
    const stream = found.get(key);
    if (stream !== undefined) {
      stream.packets++;
      stream.seconds = (atMs - stream.from) / 1000;
    } else if (found.size < MAX_STREAMS) {
      found.set(key, { ssrc, port, payloadType, packets: 1, seconds: 0, from: atMs });
    }
  }
  return [...found.values()]
    .filter(({ packets }) => packets >= FEWEST)
    .map(({ from: _from, ...stream }) => stream)
    .sort((a, b) => b.packets - a.packets);
}

export interface StreamChoice {
  readonly ssrc?: number | undefined;
  readonly port?: number | undefined;
}

/** @throws {InvalidValueError} naming the streams that there are, when the choice fits none or several */
export function chooseStream(streams: readonly CapturedStream[], choice: StreamChoice): CapturedStream {
  const { ssrc, port } = choice;
  const fitting = streams.filter(
    (it) => (ssrc === undefined || it.ssrc === ssrc) && (port === undefined || it.port === port),
  );
  const [stream] = fitting;
  if (stream !== undefined && fitting.length === 1) return stream;
  if (streams.length === 0) throw new InvalidValueError('There is no RTP in this file');
  const list = streams
    .slice(0, 20)
    .map(
      (it) =>
        `\n  --ssrc ${it.ssrc.toString(16).padStart(8, '0')}  port ${it.port}, payload type ${it.payloadType}, ${it.packets} packets, ${it.seconds.toFixed(1)} s`,
    );
  const problem =
    fitting.length === 0 ? 'None of the streams is the one asked for' : 'There are several streams';
  throw new InvalidValueError(`${problem}; choose one of${list.join('')}`);
}

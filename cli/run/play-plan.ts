import { open } from 'node:fs/promises';
import {
  capturedRtp,
  capturedStreams,
  chooseStream,
  matchPayloadType,
  type MediumPlan,
  type TimedPacket,
} from '../../conference/index.ts';
import { InvalidValueError } from '../../src/errors.ts';
import type { PlayOptions } from '../commands/play.ts';
import { NotThereError, UsageError } from '../errors.ts';
import { parseDuration } from '../input/duration.ts';

/** The options of `play`, checked. */
export interface PlayPlan {
  readonly startMs: number;
  readonly loop: boolean;
  readonly speed: number;
  readonly ssrc: number | undefined;
  readonly port: number | undefined;
  readonly payloadTypes: ReadonlyMap<number, number>;
}

/** @throws {UsageError} when a value cannot be used */
export function readPlayPlan(given: PlayOptions): PlayPlan {
  const { start, loop = false, speed = '1', ssrc, port, payloadType = [] } = given;
  const factor = Number(speed);
  if (!(factor >= 0.01 && factor <= 100)) throw new UsageError(`--speed "${speed}" is not 0.01 to 100`);
  if (ssrc !== undefined && !/^(0x)?[\da-f]{1,8}$/i.test(ssrc))
    throw new UsageError(`--ssrc "${ssrc}" is not an SSRC: write it like 2804dc39`);
  if (port !== undefined && !/^\d{1,5}$/.test(port)) throw new UsageError(`--port "${port}" is not a port`);
  return {
    startMs: start === undefined ? 0 : parseDuration(start, 's'),
    loop,
    speed: factor,
    ssrc: ssrc === undefined ? undefined : Number.parseInt(ssrc.replace(/^0x/i, ''), 16),
    port: port === undefined ? undefined : Number(port),
    payloadTypes: new Map(payloadType.map(readPair)),
  };
}

function readPair(text: string): [from: number, to: number] {
  const [, from, to] = /^(\d{1,3})=(\d{1,3})$/.exec(text) ?? [];
  if (from === undefined || to === undefined || Number(from) > 127 || Number(to) > 127)
    throw new UsageError(`--payload-type "${text}" is not two payload types: write it like 97=96`);
  return [Number(from), Number(to)];
}

const WAV_FORMS: ReadonlySet<string> = new Set(['RIFF', 'RF64', 'BW64']);
/** The first four bytes of pcapng, of rtpdump ("#!rtpplay1"), and of pcap in both byte orders, with micro- and nanoseconds. */
const CAPTURES: ReadonlySet<string> = new Set([
  '0a0d0d0a',
  '23217274',
  'a1b2c3d4',
  'd4c3b2a1',
  'a1b23c4d',
  '4d3cb2a1',
]);

/**
 * What a file is, by its first bytes.
 *
 * @throws {NotThereError} when it cannot be read
 * @throws {InvalidValueError} when it is empty, or of another kind
 */
export async function recordingKind(path: string): Promise<'wav' | 'opus' | 'capture'> {
  let head = new Uint8Array(4);
  try {
    await using file = await open(path, 'r');
    const { bytesRead } = await file.read(head, 0, 4, 0);
    head = head.subarray(0, bytesRead);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new NotThereError(`Cannot read the recording ${path}: ${why}`);
  }
  if (head.length === 0) throw new InvalidValueError(`${path} is empty`);
  const name = String.fromCharCode(...head);
  if (WAV_FORMS.has(name)) return 'wav';
  if (name === 'OggS') return 'opus';
  if (CAPTURES.has(head.toHex())) return 'capture';
  throw new InvalidValueError(
    `${path} is not WAV, Opus in Ogg, pcapng, pcap or rtpdump: convert it first, as with ffmpeg -i FILE out.wav`,
  );
}

/**
 * The packets of one stream of a capture, and the medium they fit.
 *
 * @throws {InvalidValueError} when there are several streams, or none that fits
 */
export async function capturedPackets(
  path: string,
  wish: PlayPlan,
  plans: readonly MediumPlan[],
): Promise<{
  readonly plan: MediumPlan;
  readonly packets: () => AsyncIterable<TimedPacket>;
  readonly payloadTypeOf: (payloadType: number) => number | undefined;
}> {
  const stream = chooseStream(await capturedStreams(path), wish);
  const { payloadTypes } = wish;
  const mapped = (payloadType: number, plan: MediumPlan): number =>
    payloadTypes.get(payloadType) ?? matchPayloadType(payloadType, plan);
  const plan = fittingPlan(stream.payloadType, plans, mapped);
  const types = Array.from({ length: 128 }, (_, type) => {
    try {
      return mapped(type, plan);
    } catch {
      return undefined; // comfort noise, say, of which the conference has none
    }
  });
  const payloadTypeOf = (payloadType: number): number | undefined => types[payloadType];
  return { plan, packets: () => packetsOf(path, stream, wish.startMs), payloadTypeOf };
}

function fittingPlan(
  payloadType: number,
  plans: readonly MediumPlan[],
  mapped: (payloadType: number, plan: MediumPlan) => number,
): MediumPlan {
  let problem: InvalidValueError | undefined;
  for (const plan of plans) {
    try {
      const type = mapped(payloadType, plan);
      if (plan.formats.some((it) => it.payloadType === type)) return plan;
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      problem ??= error;
    }
  }
  throw problem ?? new InvalidValueError('No medium of the conference has that payload type');
}

async function* packetsOf(
  path: string,
  stream: { readonly ssrc: number; readonly port: number },
  startMs: number,
): AsyncGenerator<TimedPacket, void, void> {
  let first: number | undefined;
  for await (const { packet, port, atMs } of capturedRtp(path)) {
    if (packet.ssrc !== stream.ssrc || port !== stream.port) continue;
    first ??= atMs;
    if (atMs - first < startMs) continue;
    const { timestamp, payloadType, marker, payload } = packet;
    yield { atMs, timestamp, payloadType, marker, payload };
  }
}

import { InvalidValueError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import type { Clock } from '../../src/net/index.ts';
import { staticPayloadType } from '../../src/rtp/index.ts';
import type { MediumPlan } from '../rtp/index.ts';
import type { MadePacket, MediaSession } from '../types/index.ts';

/** A packet and when it is to be sent, in milliseconds after the first. */
export interface TimedPacket {
  readonly atMs: Ms;
  /** RTP timestamp; only differences count. */
  readonly timestamp: number;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
}

export interface PacketPlayerOptions {
  readonly session: MediaSession;
  readonly medium: number;
  readonly clock: Clock;
  /** Payload types of the packets in those of the conference; what has none is left out. */
  readonly payloadTypeOf: (payloadType: number) => number | undefined;
  /** 1 as it was recorded; 2 in half the time. */
  readonly speed: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (played: Ms, packets: number) => void;
}

/**
 * Sends packets at the moments at which they were recorded, with the differences of their timestamps, under our own SSRC.
 * Ends with the packets, or when the signal is aborted. @returns packets sent
 */
export async function playPackets(
  packets: AsyncIterable<TimedPacket>,
  options: PacketPlayerOptions,
): Promise<number> {
  const { session, medium, clock, speed, signal, payloadTypeOf } = options;
  const begin = clock.now();
  let sent = 0;
  let last: TimedPacket | undefined;
  let first: Ms | undefined;
  for await (const packet of packets) {
    first ??= packet.atMs;
    const due = begin + (packet.atMs - first) / speed;
    if (due > clock.now()) await until(clock, due, signal);
    if (signal.aborted) break;
    const payloadType = payloadTypeOf(packet.payloadType);
    if (payloadType === undefined) continue;
    const ticks = last === undefined ? 0 : (packet.timestamp - last.timestamp) | 0;
    last = packet;
    const made: MadePacket = {
      payload: packet.payload,
      payloadType,
      marker: packet.marker,
      ticks,
    };
    session.sendPacket(medium, made);
    sent++;
    options.onProgress?.(packet.atMs - first, sent);
  }
  return sent;
}

function until(clock: Clock, due: Ms, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.set(undefined);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.timer(done);
    timer.set(due);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

/**
 * The conference's payload type for one of a recording: the same encoding where the number is a fixed one (RFC 3551 §6), else
 * the same number, else the only one that there is.
 *
 * @throws {InvalidValueError} when it cannot be told
 */
export function matchPayloadType(payloadType: number, { formats }: MediumPlan): number {
  const fixed = staticPayloadType(payloadType);
  const same =
    fixed === undefined
      ? formats.find((it) => it.payloadType === payloadType)
      : formats.find(
          (it) =>
            it.encoding.toUpperCase() === fixed.encoding.toUpperCase() &&
            it.clockRate === fixed.clockRate &&
            it.channels === (fixed.channels ?? 1),
        );
  if (same !== undefined) return same.payloadType;
  const [only] = formats;
  if (fixed === undefined && only !== undefined && formats.length === 1 && only.payloadType >= 96)
    return only.payloadType;
  const list = formats.map((it) => `${it.payloadType} ${it.label}`).join(', ');
  throw new InvalidValueError(
    `The recording has payload type ${payloadType}${fixed === undefined ? '' : ` (${fixed.encoding}/${fixed.clockRate})`}, ` +
      `and the conference ${list}. Say which it is: --payload-type ${payloadType}=${only?.payloadType ?? 96}`,
  );
}

import { PlayoutBuffer, type PlayoutPolicy } from '../../conference/audio/index.ts';
import { damage, type Damage } from './damage.ts';
import { packetTrace, type TraceOptions, type TracedPacket } from './packet-trace.ts';
import { voice } from './voice.ts';

export const RATE = 8000;

export interface Heard extends Damage {
  readonly audio: Float32Array;
  readonly buffer: PlayoutBuffer;
  readonly concealedShare: number;
  readonly meanDelayMs: number;
}

const voices = new Map<number, Float32Array>();

/** The same voice for the same length. */
export function speech(seconds: number): Float32Array {
  const known = voices.get(seconds) ?? voice(seconds, RATE);
  voices.set(seconds, known);
  return known;
}

/** Plays packets of 20 ms as they come, in blocks of 20 ms. */
export function playTrace(
  said: Float32Array,
  packets: readonly TracedPacket[],
  policy: PlayoutPolicy,
  { packetMs = 20, blockMs = 20, base = 0 } = {},
): Heard {
  const buffer = new PlayoutBuffer({ format: { sampleRate: RATE, channels: 1 }, policy, blockMs });
  const size = (RATE * packetMs) / 1000;
  const block = new Float32Array((RATE * blockMs) / 1000);
  const audio = new Float32Array(said.length + RATE);
  let [heard, due, delays, count] = [0, 0, 0, 0];
  const playTo = (time: number): void => {
    for (; due <= time; due += blockMs, heard += block.length) {
      if (buffer.mixInto(block, block.length, false, true))
        audio.set(block.subarray(0, Math.max(0, audio.length - heard)), heard);
      if (heard % RATE === 0 && buffer.delayMs > 0) {
        delays += buffer.delayMs;
        count++;
      }
    }
  };
  for (const { number, arrival } of packets) {
    playTo(arrival);
    const samples = said.subarray(number * size, (number + 1) * size);
    buffer.write((base + number * size) >>> 0, samples, samples.length, arrival, due, number);
  }
  playTo((packets.at(-1)?.arrival ?? 0) + 500);
  const end = Math.min(heard, said.length);
  return {
    ...damage(said, audio.subarray(0, end), RATE, { expectedMs: buffer.delayMs }),
    audio: audio.subarray(0, end),
    buffer,
    concealedShare: buffer.concealedMs / ((end * 1000) / RATE),
    meanDelayMs: delays / Math.max(1, count),
  };
}

/** A voice over a network that is as told. */
export function playOver(
  options: TraceOptions,
  policy: PlayoutPolicy = { mode: 'adaptive', minMs: 20, maxMs: 400 },
): Heard {
  return playTrace(speech(options.seconds), packetTrace(options), policy);
}

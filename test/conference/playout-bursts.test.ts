import { describe, expect, test } from 'vitest';
import { PlayoutBuffer, type PlayoutPolicy } from '../../conference/audio/index.ts';
import { playTrace, RATE } from '../support/playout-lab.ts';
import type { TracedPacket } from '../support/packet-trace.ts';
import { measureTone, trimSilence } from '../support/tone-meter.ts';

const PACKET_MS = 1;
const HZ = 440;
const ADAPTIVE: PlayoutPolicy = { mode: 'adaptive', minMs: 20, maxMs: 400 };
/** What is made up when a stream ends without a word, before it has faded (see `Concealer`). */
const FADING_MS = 60;

interface Sender {
  readonly seconds: number;
  readonly burst: number;
  readonly lateMs?: number;
}

/** Fills a buffer and then sends all of it at once, in packets of a millisecond; every tenth time it is late. */
function bursts({ seconds, burst, lateMs = 0 }: Sender): TracedPacket[] {
  let last = 0;
  return Array.from({ length: seconds * 1000 }, (_, number) => {
    const turn = Math.floor(number / burst);
    last = Math.max(last, (turn + 1) * burst + (turn % 10 === 9 ? lateMs : 0));
    return { number, arrival: last };
  });
}

function tone(seconds: number): Float32Array {
  return Float32Array.from(
    { length: seconds * RATE },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * HZ * i) / RATE + 0.5),
  );
}

/** What is heard of a tone, and how much longer it is; all that comes after its end is looked at too. */
function hear(sender: Sender, policy: PlayoutPolicy) {
  const said = tone(sender.seconds);
  const room = new Float32Array(said.length + RATE);
  room.set(said);
  const { audio, buffer } = playTrace(room, bursts(sender), policy, { packetMs: PACKET_MS });
  const sound = trimSilence(audio);
  return { sound, longerMs: ((sound.length - said.length) * 1000) / RATE, buffer };
}

/** What the fastest packets wait at first: those at the end of a burst. */
function delayAtFirst({ seconds, burst }: Sender, startMs: number): number {
  return startMs + Math.min(burst, seconds * 1000) - 1;
}

describe('packets of 1 ms that come in bursts are heard as long as they were', () => {
  test.each<Sender>([
    { seconds: 1.2, burst: 1 },
    { seconds: 1.2, burst: 5 },
    { seconds: 1.2, burst: 20 },
    { seconds: 1.2, burst: 20, lateMs: 2 },
    { seconds: 1.2, burst: 20, lateMs: 30 },
    { seconds: 1.2, burst: 22 },
    { seconds: 1.2, burst: 100 },
    { seconds: 12, burst: 20, lateMs: 2 },
    { seconds: 0.2, burst: 20 },
    { seconds: 0.04, burst: 20 },
    { seconds: 0.02, burst: 20 }, // shorter than the delay
  ])('adaptive: %o', (sender) => {
    const { sound, longerMs, buffer } = hear(sender, ADAPTIVE);
    const changeMs = buffer.delayMs - delayAtFirst(sender, 40);
    expect(Math.abs(longerMs - FADING_MS - changeMs)).toBeLessThan(1);
    expect(buffer.adjustments).toBeLessThanOrEqual(Math.ceil(Math.abs(changeMs) / 2.5)); // a period each
    expect([buffer.late, buffer.concealedMs]).toEqual([0, 0]);
    if (sender.seconds < 0.2) return;
    const { frequency } = measureTone(sound, RATE);
    expect(Math.abs(frequency - HZ)).toBeLessThan(1);
  });

  test('a fixed delay never moves', () => {
    const { longerMs, buffer } = hear({ seconds: 1.2, burst: 20, lateMs: 2 }, { mode: 'fixed', delayMs: 60 });
    expect(Math.abs(longerMs - FADING_MS)).toBeLessThan(1);
    expect([buffer.late, buffer.concealedMs, buffer.adjustments]).toEqual([0, 0, 0]);
  });

  test('a link offset holds when our process stands still for a moment at the beginning', () => {
    const policy = { mode: 'link', delayMs: 5 } as const;
    const buffer = new PlayoutBuffer({ format: { sampleRate: RATE, channels: 1 }, policy, blockMs: 1 });
    const size = (RATE * PACKET_MS) / 1000;
    const block = new Float32Array(size);
    let due = 0;
    for (let number = 0; number < 3000; number++) {
      const stalled = number >= 50 && number < 100;
      // packets that came meanwhile are taken at once, before the blocks that are due are played
      const arrival = stalled ? 100 : number;
      for (const until = stalled ? due : arrival + 1; due < until; due++)
        buffer.mixInto(block, size, false, true);
      buffer.write(number * size, new Float32Array(size).fill(0.5), size, arrival, due, number);
    }
    expect(buffer.late).toBe(0);
    expect(buffer.delayMs).toBe(5);
    expect(block[0]).toBe(0.5);
  });

  test('a link offset is counted from the end of the first burst, and that much less is heard', () => {
    const { longerMs, buffer } = hear({ seconds: 1.2, burst: 20 }, { mode: 'link', delayMs: 45 });
    expect(Math.abs(longerMs - FADING_MS + 19)).toBeLessThan(1);
    expect([buffer.late, buffer.concealedMs]).toEqual([0, 0]);
  });
});

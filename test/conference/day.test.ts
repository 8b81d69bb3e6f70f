import { expect, test } from 'vitest';
import type { Call } from '../../conference/index.ts';
import { wallFromNtp } from '../../src/rtcp/index.ts';
import { RtpHeader, readRtpHeader } from '../../src/rtp/index.ts';
import { ArraySink, ArraySource } from '../support/array-terminals.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { capture, PORT, Room, render, sdp, seeded, tone, types } from '../support/room.ts';
import { longestSilence, measureTone, sine } from '../support/tone-meter.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** 7 February 2036, 06:28:16 UTC. */
const NTP_WRAPS = wallFromNtp(0n);
const CRYPTO = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';
/** An encrypted stream begins with a sequence number below 2^15: it rolls over after so many packets at least. */
const ROLLS_OVER_AFTER = 32_769;

/** Begins with the highest sequence number that there may be, and with timestamps that wrap after so many ticks. */
function nearTheEnd(ticks: number): () => number {
  const random = seeded(3);
  const first = [random(), random(), 0.999_99, 1 - ticks / 2 ** 32]; // a time and a source come first
  return () => first.shift() ?? random();
}

/** Reads from the wire what wraps. */
class Wraps {
  sequence = 0;
  timestamp = 0;
  packets = 0;
  readonly #room: Room;
  readonly #last = { sequence: -1, timestamp: -1 };
  readonly #header = new RtpHeader();

  constructor(room: Room) {
    this.#room = room;
  }
  /** Looks at what was sent since, and forgets it. */
  look(): void {
    const header = this.#header;
    for (const { bytes, port } of this.#room.network.wire.splice(0)) {
      if (port !== PORT || readRtpHeader(bytes, header) !== undefined) continue;
      this.packets++;
      if (header.sequenceNumber < this.#last.sequence) this.sequence++;
      if (header.timestamp < this.#last.timestamp) this.timestamp++;
      this.#last.sequence = header.sequenceNumber;
      this.#last.timestamp = header.timestamp;
    }
  }
}

/** What a listener has of the only one who talks. */
function received(call: Call) {
  const [substream] = call.participants.filter(({ local }) => !local).flatMap(({ substreams }) => substreams);
  if (substream === undefined) throw new Error('nobody is heard');
  return substream;
}
const NOTHING_WRONG = {
  packetsLost: 0,
  late: 0,
  duplicates: 0,
  reordered: 0,
  undecodable: 0,
  concealedMs: 0,
};
const ALL_OPENED = { authenticationFailed: 0, replayed: 0, malformed: 0, unknownKey: 0 };

test('sequence, timestamp, NTP and roll-over counter wrap at full rate: not a sample is missing', async () => {
  const [timestamps, ntp, sequence] = [300 * SECOND, 600 * SECOND, ROLLS_OVER_AFTER * 20];
  const room = new Room(new FakeClock(1000, NTP_WRAPS - ntp));
  const description = sdp(`m=audio ${PORT} RTP/SAVP 0`, CRYPTO);
  const listener = room.call('carl', { description });
  render(listener.call)?.attach(listener.sink);
  await listener.call.connect();
  const wraps = new Wraps(room);
  await room.join('anna', tone(440), { description, random: nearTheEnd(timestamps * 8) });
  for (let at = 0; at < sequence + 20 * SECOND; at += SECOND) {
    room.clock.advance(SECOND);
    wraps.look();
  }
  expect(wraps).toMatchObject({ sequence: 1, timestamp: 1 });
  expect(room.clock.wall()).toBeGreaterThan(NTP_WRAPS);
  const { samples } = listener.sink;
  const heard = samples.subarray(samples.findIndex((it) => it !== 0));
  expect(longestSilence(heard, 8000)).toBeLessThan(0.002);
  for (const around of [timestamps, ntp, sequence, sequence + 15 * SECOND]) {
    const part = heard.subarray((around - 500) * 8, (around + 500) * 8);
    const { frequency, levelDbfs, totalDbfs } = measureTone(part, 8000);
    expect(frequency).toBeCloseTo(440, 1);
    expect(levelDbfs).toBeCloseTo(-12, 1);
    expect(totalDbfs - levelDbfs).toBeLessThan(0.02); // no click
  }
  const { stats } = received(listener.call);
  expect(stats).toMatchObject({ ...NOTHING_WRONG, playoutAdjustments: expect.toSatisfy((it) => it < 5) });
  expect(stats.packetsReceived).toBeGreaterThan(wraps.packets - 3);
  expect(listener.call.transports[0]).toMatchObject(ALL_OPENED);
});

/** So many samples a second, and no more: what wraps is the same. */
const FEW = 1000;
const FORMAT = { sampleRate: FEW, channels: 1 };

/** Says the same tone whenever it is its turn. */
class Turns extends ArraySource {
  turns = 0;
  readonly #isTurn: () => boolean;
  readonly #tone = sine(100, 0.35, FEW, 1); // whole waves
  #at = 0;
  #talking = false;
  constructor(isTurn: () => boolean) {
    super(new Float32Array(0), FORMAT);
    this.#isTurn = isTurn;
  }
  override get ended(): boolean {
    return false;
  }
  override read(target: Float32Array): number {
    const talking = this.#isTurn();
    if (talking && !this.#talking) this.turns++;
    this.#talking = talking;
    for (let i = 0; i < target.length; i++) {
      target[i] = talking ? (this.#tone[this.#at++ % FEW] ?? 0) : 0;
    }
    return target.length;
  }
}

/** Counts what it hears instead of keeping it. */
class Ear extends ArraySink {
  turns = 0;
  loudMs = 0;
  #loud = false;
  constructor() {
    super(FORMAT);
  }
  override write(samples: Float32Array): void {
    let power = 0;
    for (const it of samples) power += it * it;
    const loud = power / samples.length > 0.005; // the tone has 0.06; a part of a block is enough
    if (loud && !this.#loud) this.turns++;
    if (loud) this.loudMs += (samples.length * 1000) / FEW;
    this.#loud = loud;
  }
}

test('24 hours of an encrypted conference with all of these wraps: each turn is heard whole, also by who joins in the evening', {
  timeout: 120_000,
}, async () => {
  const TURN = 6 * SECOND;
  const EVERY = 10 * MINUTE;
  const EVENING = 20 * HOUR;
  const clock = new FakeClock(1000, NTP_WRAPS - 12 * HOUR);
  const start = clock.now();
  const room = new Room(clock);
  const description = sdp(`m=audio ${PORT} RTP/SAVP 96`, `a=rtpmap:96 L16/${FEW}`, CRYPTO);
  // without a break for the first eleven minutes, so that sequence numbers roll over; when NTP wraps; and a little now and then
  const source = new Turns(() => {
    const since = clock.now() - start;
    if (Math.abs(since - 12 * HOUR) < 10 * SECOND) return true;
    return since < 11 * MINUTE || (since % EVERY >= 5 * MINUTE && since % EVERY < 5 * MINUTE + TURN);
  });
  const wraps = new Wraps(room);
  const listen = async (name: string, ear: Ear) => {
    const { call, events } = room.call(name, { description });
    render(call)?.attach(ear);
    await call.connect();
    return { call, events };
  };
  const [day, evening] = [new Ear(), new Ear()];
  const listeners = [await listen('carl', day)];
  // timestamps wrap at 18 hours
  const anna = room.call('anna', {
    description,
    voiceDetection: 'silence',
    random: nearTheEnd((18 * HOUR * FEW) / 1000),
  });
  capture(anna.call)?.attach(source);
  await anna.call.connect();
  let [heapEarly, turnsBefore] = [0, 0];
  for (let at = 0; at < 24 * HOUR; at += MINUTE) {
    if (at === HOUR) heapEarly = process.memoryUsage().heapUsed;
    if (at === EVENING) {
      listeners.push(await listen('dora', evening));
      turnsBefore = day.turns;
    }
    clock.advance(MINUTE);
    wraps.look();
  }
  const grown = process.memoryUsage().heapUsed - heapEarly;
  expect(wraps).toMatchObject({ sequence: 1, timestamp: 1 });
  const few = (24 * HOUR) / EVERY - 1; // the first is in what is said at the beginning
  expect(source.turns).toBe(1 + few + 1);
  expect(day.turns).toBe(source.turns);
  const said = 11 * MINUTE + few * TURN + 20 * SECOND;
  expect(Math.abs(day.loudMs - said) / source.turns).toBeLessThan(60); // each by no more than how a block lies
  expect(evening.turns).toBe(day.turns - turnsBefore);
  for (const { call, events } of listeners) {
    expect(received(call).stats).toMatchObject({ ...NOTHING_WRONG, concealedMs: expect.any(Number) });
    expect(received(call).participant.info.name).toBe('anna');
    expect(types(events)).not.toContain('participantTimedOut');
  }
  expect(listeners[0]?.call.transports[0]).toMatchObject(ALL_OPENED);
  expect(listeners[1]?.call.transports[0]?.authenticationFailed).toBeLessThan(10); // until it has found the counter
  expect(grown).toBeLessThan(40e6);
});

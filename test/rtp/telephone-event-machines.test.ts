import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StateError } from '../../src/errors.ts';
import {
  formatTelephoneEvents,
  parseTelephoneEvents,
  TelephoneEventReceiver,
  TelephoneEventSender,
  telephoneEventPackets,
  type TimedEvent,
} from '../../src/rtp/index.ts';
import { orFault } from '../support/decode-fault.ts';

const DIGIT_5: TimedEvent = { event: 5, timestamp: 1000, duration: 1000, interval: 400 };

/** A packet with the milliseconds at which it arrives. */
interface Arrival {
  at: number;
  marker: boolean;
  sequenceNumber: number;
  timestamp: number;
  payload: Uint8Array;
}

/** The packets of these events one after the other, numbered, at 8000 Hz. */
function arrivals(...events: TimedEvent[]): Arrival[] {
  return events
    .flatMap((event) =>
      telephoneEventPackets(event).map(({ at, ...packet }) => ({
        at: (event.timestamp + at) / 8,
        ...packet,
      })),
    )
    .sort((a, b) => a.at - b.at)
    .map((packet, index) => ({ ...packet, sequenceNumber: (65_530 + index) & 0xffff }));
}

const one = (sequenceNumber: number, timestamp: number, block: object, marker = false, at = 0): Arrival => ({
  at,
  marker,
  sequenceNumber,
  timestamp,
  payload: formatTelephoneEvents([{ event: 5, end: false, volume: 10, duration: 400, ...block }]),
});

/** What a receiver tells, as `5 down` and `5 up 1000`; `?` marks what it had to infer. */
function heard(packets: readonly Arrival[], receiver = new TelephoneEventReceiver()): string[] {
  const told: string[] = [];
  const take = (): void => {
    for (let event; (event = receiver.pollEvent()) !== undefined; ) {
      const { type, digit = `(${event.event})`, duration, inferred } = event;
      told.push(`${digit} ${type === 'pressed' ? 'down' : `up ${duration}`}${inferred ? '?' : ''}`);
    }
  };
  for (const packet of packets) {
    receiver.handlePacket(packet, packet.at);
    take();
  }
  for (let due; (due = receiver.pollTimeout()) !== undefined; ) {
    receiver.handleTimeout(due);
    take();
  }
  return told;
}

describe('sender', () => {
  test('a digit: the first with the marker, updates, the end three times', () => {
    const series = telephoneEventPackets(DIGIT_5).map(({ at, marker, timestamp, payload }) => {
      const [{ duration, end } = { duration: 0, end: false }] = parseTelephoneEvents(payload);
      return [at, marker, timestamp, duration, end];
    });
    expect(series).toEqual([
      [400, true, 1000, 400, false],
      [800, false, 1000, 800, false],
      [1000, false, 1000, 1000, true],
      [1400, false, 1000, 1000, true],
      [1800, false, 1000, 1000, true],
    ]);
  });

  test('the bytes of a short digit', () => {
    const series = telephoneEventPackets({ event: 11, timestamp: 0, duration: 1, interval: 400, volume: 8 });
    expect(series.map(({ payload }) => Buffer.from(payload).toString('hex'))).toEqual(
      Array(3).fill('0b880001'),
    );
    expect(series.map(({ marker }) => marker)).toEqual([true, false, false]);
  });

  test('beyond 65535 ticks it goes on in segments without marker, each last report three times (§2.5.1.3)', () => {
    const series = telephoneEventPackets({
      ...DIGIT_5,
      timestamp: 0xffff_ff00,
      duration: 140_000,
      interval: 8000,
    });
    const said = series.map(({ marker, timestamp, payload }) => {
      const [{ duration, end } = { duration: 0, end: false }] = parseTelephoneEvents(payload);
      return { marker, timestamp, duration, end };
    });
    const [first, second, third] = [0xffff_ff00, 0xfeff, 0x1_fefe];
    expect(new Set(said.map(({ timestamp }) => timestamp))).toEqual(new Set([first, second, third]));
    expect(said.filter(({ marker }) => marker)).toHaveLength(1);
    const full = said.filter(({ duration }) => duration === 0xffff);
    expect(full.map(({ timestamp, end }) => [timestamp, end])).toEqual(
      [first, first, first, second, second, second].map((timestamp) => [timestamp, false]),
    );
    const ends = said.filter(({ end }) => end);
    expect(ends.map(({ timestamp, duration }) => [timestamp, duration])).toEqual(
      [third, third, third].map((timestamp) => [timestamp, 140_000 - 2 * 0xffff]),
    );
  });

  test('the next key cuts the repetitions of the one before short', () => {
    const sender = new TelephoneEventSender();
    sender.press(1, 0);
    expect(sender.release(400)).toHaveLength(1);
    sender.press(2, 480);
    expect(sender.report(800).map(({ marker, timestamp }) => [marker, timestamp])).toEqual([[true, 480]]);
    expect(sender.busy).toBe(true);
  });

  test('what makes no sense is refused', () => {
    const sender = new TelephoneEventSender();
    expect(() => sender.release(0)).toThrow(StateError);
    sender.press(1, 0);
    expect(() => sender.press(2, 1)).toThrow('event 1 still lasts: release it first');
    expect(() => telephoneEventPackets({ ...DIGIT_5, duration: 0 })).toThrow('duration 0');
    expect(() => telephoneEventPackets({ ...DIGIT_5, interval: 0.5 })).toThrow('interval 0.5');
    expect(() => telephoneEventPackets({ ...DIGIT_5, event: 300 })).toThrow('event 300');
  });
});

describe('receiver', () => {
  const digits = arrivals(DIGIT_5, { ...DIGIT_5, event: 6, timestamp: 3000 });

  test('two keys, each told once whatever is repeated', () => {
    expect(heard(digits)).toEqual(['5 down', '5 up 1000', '6 down', '6 up 1000']);
    expect(heard(digits.flatMap((packet) => [packet, packet]))).toEqual(heard(digits));
  });

  test('the same key twice is two presses', () => {
    const twice = arrivals(DIGIT_5, { ...DIGIT_5, timestamp: 3000 });
    expect(heard(twice)).toEqual(['5 down', '5 up 1000', '5 down', '5 up 1000']);
    const noMarkers = twice.map((packet) => ({ ...packet, marker: false }));
    expect(heard(noMarkers)).toEqual(['5 down?', '5 up 1000', '5 down?', '5 up 1000']);
  });

  test('back to back without a pause, the start of the second lost', () => {
    const twice = [...arrivals(DIGIT_5).slice(0, 3), ...arrivals({ ...DIGIT_5, timestamp: 2000 }).slice(1)];
    const numbered = twice.map((packet, sequenceNumber) => ({ ...packet, sequenceNumber }));
    expect(heard(numbered)).toEqual(['5 down', '5 up 1000', '5 down?', '5 up 1000']);
  });

  test.each([
    { lost: 'the start', kept: [1, 2, 3, 4], want: ['5 down?', '5 up 1000'] },
    { lost: 'all but the last end', kept: [4], want: ['5 down?', '5 up 1000'] },
    { lost: 'all ends', kept: [0, 1], want: ['5 down', '5 up 800?'] },
    { lost: 'the updates and two ends', kept: [0, 3], want: ['5 down', '5 up 1000'] },
    { lost: 'all but an update', kept: [1], want: ['5 down?', '5 up 800?'] },
  ])('lost: $lost', ({ kept, want }) => {
    expect(heard(arrivals(DIGIT_5).filter((_, index) => kept.includes(index)))).toEqual(want);
  });

  test('the end of one lost: the next key ends it', () => {
    const [a, b] = [arrivals(DIGIT_5), arrivals({ ...DIGIT_5, event: 6, timestamp: 3000 })];
    const kept = [...a.slice(0, 2), ...b].map((packet, sequenceNumber) => ({ ...packet, sequenceNumber }));
    expect(heard(kept)).toEqual(['5 down', '5 up 800?', '6 down', '6 up 1000']);
  });

  test('a long event is one press, also when whole segments are lost', () => {
    const long = arrivals({ ...DIGIT_5, timestamp: 0xffff_ff00, duration: 200_000 });
    const clock = long.map((packet, index) => ({ ...packet, at: index * 50 }));
    expect(heard(clock)).toEqual(['5 down', '5 up 200000']);
    const second = (0xffff_ff00 + 0xffff) >>> 0;
    const gone = clock
      .filter(({ timestamp }) => timestamp !== second % 2 ** 32)
      .map((packet, index) => ({ ...packet, at: index * 50 }));
    expect(heard(gone)).toEqual(['5 down', '5 up 200000']);
  });

  test('silence in the middle: told as released, and not pressed again', () => {
    const held = arrivals({ ...DIGIT_5, duration: 70_000 });
    const paused = held.map((packet, index) => ({ ...packet, at: index * 50 + (index > 3 ? 400 : 0) }));
    expect(heard(paused)).toEqual(['5 down', '5 up 1600?']);
  });

  test('a timestamp that moves along within one event is one press', () => {
    const moving = [1, 2, 3].map((n) => one(n, 1000 + 400 * (n - 1), { duration: 400 }, n === 1, n * 50));
    expect(heard([...moving, one(4, 2200, { end: true }, false, 200)])).toEqual(['5 down', '5 up 1600']);
  });

  test('events overlap: the later timestamp wins, digits are one at a time', () => {
    const first = one(1, 1000, { duration: 800 }, true);
    const inside = one(2, 1400, { event: 6, duration: 400 }, true, 50);
    const late = one(3, 1000, { duration: 1000, end: true }, false, 60);
    const receiver = new TelephoneEventReceiver();
    expect(heard([first, inside, late], receiver)).toEqual(['5 down', '5 up 800?', '6 down', '6 up 400?']);
    expect(receiver.ignored).toBe(1);
  });

  test('one timestamp for two digits: what was sent later counts, once', () => {
    const [a, b] = [one(7, 1000, {}, true), one(8, 1000, { event: 6, end: true }, true)];
    expect(heard([a, b, a, { ...a, sequenceNumber: 6 }])).toEqual([
      '5 down',
      '5 up 400?',
      '6 down',
      '6 up 400',
    ]);
  });

  test('several events in one packet follow each other', () => {
    const block = { volume: 10, duration: 400 };
    const payload = formatTelephoneEvents([
      { ...block, event: 1, end: true },
      { ...block, event: 1, end: true },
      { ...block, event: 2, end: false },
    ]);
    const packet = { at: 0, marker: true, sequenceNumber: 1, timestamp: 0xffff_ff00, payload };
    const receiver = new TelephoneEventReceiver();
    receiver.handlePacket(packet, 0);
    const told = Array.from({ length: 5 }, () => receiver.pollEvent());
    expect(told.map((event) => [event?.digit, event?.type, event?.timestamp])).toEqual([
      ['1', 'pressed', 0xffff_ff00],
      ['1', 'released', 0xffff_ff00],
      ['1', 'pressed', 0x90],
      ['1', 'released', 0x90],
      ['2', 'pressed', 0x220],
    ]);
  });

  test('a digit cannot last forever, a state can (§2.3.5)', () => {
    const receiver = new TelephoneEventReceiver();
    expect(heard([one(1, 0, { duration: 0 })], receiver)).toEqual([]);
    expect(receiver.ignored).toBe(1);
    expect(heard([one(1, 0, { event: 70, duration: 0 }, true)])).toEqual(['(70) down']);
    const ended = [
      one(1, 0, { event: 70, duration: 0 }, true),
      one(2, 0, { event: 70, duration: 900, end: true }, false, 9000),
    ];
    expect(heard(ended)).toEqual(['(70) down', '(70) up 900']);
  });

  test('a sender that starts anew with an earlier clock is heard after a while', () => {
    const again = { ...one(1, 10, { end: true }, true), at: 0 };
    const before = one(9, 50_000, { end: true }, true);
    expect(heard([before, { ...again, at: 1000 }])).toEqual(['5 down', '5 up 400']);
    expect(heard([before, { ...again, at: 5001 }])).toEqual(['5 down', '5 up 400', '5 down', '5 up 400']);
  });

  test('any order, loss and doubling of one event: at most one press and one release, in that order', () => {
    const long = arrivals({ ...DIGIT_5, duration: 4000 });
    fc.assert(
      fc.property(fc.array(fc.nat(long.length - 1), { minLength: 1, maxLength: 30 }), (order) => {
        const packets = order.flatMap((index) => long[index] ?? []).map((packet) => ({ ...packet, at: 0 }));
        const told = heard(packets).map((line) => line.replace(/\?| \d+\??$/g, ''));
        expect(told).toEqual(['5 down', '5 up']);
      }),
    );
  });

  test('any packets: a key that is down comes up, memory stays bounded', () => {
    const anyPacket = fc.record({
      at: fc.nat(2000),
      marker: fc.boolean(),
      sequenceNumber: fc.nat(0xffff),
      timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
      payload: fc.uint8Array({ maxLength: 12 }),
    });
    fc.assert(
      fc.property(fc.array(anyPacket, { maxLength: 40 }), (packets) => {
        const receiver = new TelephoneEventReceiver();
        const down = new Set<number>();
        const take = (): void => {
          for (let event; (event = receiver.pollEvent()) !== undefined; ) {
            expect(down.has(event.event)).toBe(event.type === 'released');
            if (event.type === 'pressed') down.add(event.event);
            else down.delete(event.event);
          }
        };
        for (const packet of packets.sort((a, b) => a.at - b.at)) {
          orFault(() => receiver.handlePacket(packet, packet.at));
          take();
        }
        receiver.handleTimeout(3000);
        take();
        expect([...down].filter((event) => event <= 15)).toEqual([]);
        receiver.handleTimeout(9000);
        expect(receiver.pollTimeout()).toBeUndefined();
      }),
    );
  });
});

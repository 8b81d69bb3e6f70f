import { describe, expect, test } from 'vitest';
import {
  type ConferenceEvent,
  createCall,
  GainControl,
  LevelMeter,
  MulticastRtpProvider,
  type Participant,
  PreRoll,
  type PushToTalk,
  Talk,
  usualDetection,
  type VoiceDetection,
  VoiceGate,
} from '../../conference/index.ts';
import { InvalidValueError } from '../../src/errors.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { decibels, meanSquare, sine } from '../support/tone-meter.ts';

const power = (dbfs: number): number => 10 ** (dbfs / 10);

describe('what is a voice', () => {
  /** What the gate says to packets of these levels. */
  const decide = (gate: VoiceGate, levels: readonly number[]): boolean[] =>
    levels.map((dbfs) => gate.decide(power(dbfs), Math.sqrt(2 * power(dbfs))));
  const many = (count: number, level: number): number[] => Array.from({ length: count }, () => level);

  test.each([-70, -60, -50, -40])('adapts to noise of %i dBFS, and hears 12 dB more at once', (noise) => {
    const gate = new VoiceGate('adaptive', 20);
    decide(gate, many(300, noise));
    expect(gate.open).toBe(false);
    expect(gate.noiseDbfs).toBeCloseTo(noise, 0);
    expect(decide(gate, [noise + 12])).toEqual([true]);
  });

  test('goes on for 300 ms after the last voice, and not longer', () => {
    const gate = new VoiceGate('adaptive', 20);
    decide(gate, [...many(200, -60), ...many(20, -25)]);
    const after = decide(gate, many(25, -60));
    expect(after.indexOf(false) * 20).toBe(300);
    expect(after.lastIndexOf(true)).toBe(14);
  });

  test('20 ms over the threshold open it, whatever the packet time', () => {
    for (const ms of [1, 5, 10, 20]) {
      const gate = new VoiceGate(-40, ms);
      expect(decide(gate, many(40, -30)).indexOf(true) * ms).toBe(20 - ms);
      expect(gate.preRoll * ms).toBe(40);
    }
  });

  test('a note held for a minute is not taken for noise', () => {
    const gate = new VoiceGate('adaptive', 20);
    expect(decide(gate, many(3000, -20)).slice(1)).not.toContain(false);
  });

  test('noise that becomes louder is sent for some seconds at most', () => {
    const gate = new VoiceGate('adaptive', 20);
    decide(gate, many(300, -65));
    const louder = decide(gate, many(1500, -45));
    expect(louder[5]).toBe(true);
    expect(louder.indexOf(false) * 20).toBeLessThan(12_000);
    expect(louder.at(-1)).toBe(false);
  });

  test('silence: 200 ms of it are sent; off: all of it', () => {
    const gate = new VoiceGate('silence', 20);
    expect(decide(gate, [-60, ...many(20, -120)]).indexOf(false)).toBe(11);
    expect(decide(gate, [-60])).toEqual([true]);
    expect(decide(new VoiceGate('off', 1), many(1000, -120))).not.toContain(false);
  });

  test.each<[string, boolean, VoiceDetection]>([
    ['L24', true, 'off'],
    ['l16', false, 'off'],
    ['PCMU', true, 'adaptive'],
    ['PCMU', false, 'silence'],
    ['opus', true, 'adaptive'],
  ])('%s from a microphone (%s): %s', (encoding, live, want) => {
    expect(usualDetection(encoding, live)).toBe(want);
  });

  test('refuses a threshold that is none', () => {
    for (const it of [1, -81, Number.NaN]) expect(() => new VoiceGate(it, 20)).toThrow(InvalidValueError);
  });
});

test('the moments before are kept in order, the oldest falls out', () => {
  const kept = new PreRoll(2, 1);
  const packet = (value: number): Float32Array => Float32Array.of(value);
  expect([1, 2, 3].map((it) => kept.push(packet(it)))).toEqual([0, 0, 1]);
  expect([kept.shift()?.[0], kept.shift()?.[0], kept.shift()]).toEqual([2, 3, undefined]);
  expect([kept.push(packet(4)), kept.clear(), kept.length]).toEqual([0, 1, 0]);
  expect(new PreRoll(0, 1).push(packet(5))).toBe(1);
});

describe('the level meter', () => {
  const feed = (meter: LevelMeter, samples: Float32Array, now: number, scale = 1): void => {
    const peak = samples.reduce((most, it) => Math.max(most, Math.abs(it)), 0);
    meter.add(samples, meanSquare(samples), peak, 20, now, scale);
  };

  test('shows peak and power of a tone, and falls 20 dB in 1.7 s', () => {
    const meter = new LevelMeter(1);
    const tone = sine(1000, 0.5, 8000, 0.02);
    for (let now = 0; now < 2000; now += 20) feed(meter, tone, now);
    expect(meter.read(1980).peakDbfs).toBeCloseTo(-6.02, 1);
    expect(meter.read(1980).rmsDbfs).toBeCloseTo(-9.03, 1);
    expect(meter.read(1980 + 1700).peakDbfs).toBeCloseTo(-26.02, 1);
    expect(meter.read(1980 + 1700).rmsDbfs).toBe(Number.NEGATIVE_INFINITY);
  });

  test('counts an over for three samples in a row, in one channel, also from one block into the next', () => {
    const meter = new LevelMeter(2);
    feed(meter, Float32Array.of(1, 0, 1, 0, 0, 0), 0);
    expect(meter.overs).toBe(0);
    feed(meter, Float32Array.of(-1, 0, 1, 1, 1, 0, 1, 0), 20); // left: three, and a fourth belongs to them
    expect(meter.overs).toBe(1);
    feed(meter, Float32Array.of(0, 1, 0, 1), 40);
    feed(meter, Float32Array.of(0, 1, 0, 0), 60);
    expect(meter.overs).toBe(2);
    feed(meter, Float32Array.of(0.9, 0, 0.9, 0, 0.9, 0), 80);
    expect(meter.overs).toBe(2);
  });

  test('knows full scale of a source that was made softer', () => {
    const meter = new LevelMeter(1);
    feed(meter, Float32Array.of(0.5, 0.5, 0.5, 0.2), 0, 0.5);
    expect(meter.overs).toBe(1);
  });
});

describe('[QUA-04] automatic gain control', () => {
  /** Level of the last second, and the greatest peak, of a tone of so many seconds. */
  function run(
    agc: GainControl,
    dbfs: number,
    seconds: number,
    voice = true,
  ): { level: number; peak: number } {
    const packet = sine(1000, Math.SQRT2 * 10 ** (dbfs / 20), 8000, 0.02);
    let peak = 0;
    let [sum, count] = [0, 0];
    for (let at = 0; at < seconds; at += 0.02) {
      const copy = packet.slice();
      const most = copy.reduce((it, sample) => Math.max(it, Math.abs(sample)), 0);
      agc.apply(copy, meanSquare(copy), most, voice);
      for (const it of copy) peak = Math.max(peak, Math.abs(it));
      if (at >= seconds - 1) {
        sum += meanSquare(copy);
        count++;
      }
    }
    return { level: decibels(sum / count), peak };
  }

  test.each([-40, -30, -20, -10])('brings a talker of %i dBFS to −20', (dbfs) => {
    expect(run(new GainControl(-20, 20), dbfs, 8).level).toBeCloseTo(-20, 0);
  });

  test('raises by 24 dB at most, 6 dB in a second, and lowers much faster', () => {
    const agc = new GainControl(-20, 20);
    run(agc, -60, 2);
    expect(agc.gainDb).toBeGreaterThan(10);
    expect(agc.gainDb).toBeLessThan(12.5);
    run(agc, -60, 10);
    expect(agc.gainDb).toBeCloseTo(24, 1);
    run(agc, -14, 1);
    expect(agc.gainDb).toBeLessThan(0);
  });

  test('lets no peak through, and leaves pauses as they are', () => {
    const agc = new GainControl(-20, 20);
    run(agc, -50, 10);
    const { gainDb } = agc;
    run(agc, -65, 10, false);
    expect(agc.gainDb).toBeCloseTo(gainDb, 5);
    expect(run(agc, -8, 1).peak).toBeLessThan(0.9);
  });
});

describe('push-to-talk', () => {
  function key(settings: PushToTalk = {}) {
    const clock = new FakeClock();
    const events: ConferenceEvent[] = [];
    const others: Participant[] = [];
    const emit = (event: ConferenceEvent): void => {
      events.push(event);
    };
    const talk = new Talk({ pushToTalk: settings, clock, emit, talkers: () => others });
    return { talk, clock, events, others };
  }
  const states = (events: readonly ConferenceEvent[]): string[] =>
    events.map((it) => (it.type === 'floor' ? `${it.state} ${it.cause}` : it.type));

  test('is closed until pressed, and open a moment longer', () => {
    const { talk, clock, events } = key();
    expect([talk.state, talk.open]).toEqual(['idle', false]);
    talk.press();
    talk.press();
    expect([talk.state, talk.open]).toEqual(['talking', true]);
    clock.advance(1000);
    talk.release();
    clock.advance(149);
    expect([talk.state, talk.open]).toEqual(['tail', true]);
    clock.advance(2);
    expect([talk.state, talk.open]).toEqual(['idle', false]);
    expect(states(events)).toEqual(['talking pressed', 'idle released']);
  });

  test('a short press is sent for the minimum time; pressed again before its end, it goes on', () => {
    const { talk, clock, events } = key({ minTalkMs: 500, tailMs: 0 });
    talk.press();
    clock.advance(10);
    talk.release();
    clock.advance(480);
    expect(talk.open).toBe(true);
    talk.press();
    clock.advance(1000);
    expect(talk.state).toBe('talking');
    talk.release();
    clock.advance(1);
    expect(states(events)).toEqual(['talking pressed', 'idle released']);
  });

  test('a key that is stuck counts as released, until it is pressed again', () => {
    const { talk, clock, events } = key({ timeoutMs: 5000 });
    talk.press();
    clock.advance(5001);
    expect(talk.open).toBe(false);
    talk.press();
    expect(talk.open).toBe(false);
    talk.release();
    talk.press();
    expect(talk.open).toBe(true);
    expect(states(events)).toEqual(['talking pressed', 'idle timeout', 'talking pressed']);
    talk.close();
    expect(states(events).at(-1)).toBe('idle left');
  });

  test('says who talks already, and goes ahead; politely it waits', () => {
    const { talk, events, others } = key();
    const description =
      'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=x\r\nc=IN IP4 239.1.2.3/1\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\n';
    const { local: somebody } = createCall(description, {
      provider: new MulticastRtpProvider(),
      participant: { name: 'berta' },
    });
    others.push(somebody);
    talk.press();
    expect(events[0]).toEqual({ type: 'floorBusy', participants: [somebody], waiting: false });
    expect(talk.open).toBe(true);

    const polite = key({ polite: true });
    polite.others.push(somebody);
    polite.talk.press();
    polite.talk.upkeep();
    expect([polite.talk.state, polite.talk.open]).toEqual(['waiting', false]);
    polite.others.pop();
    polite.talk.upkeep();
    expect(polite.talk.open).toBe(true);
    expect(states(polite.events)).toEqual(['floorBusy', 'waiting pressed', 'talking pressed']);

    const hasty = key({ polite: true });
    hasty.others.push(somebody);
    hasty.talk.press();
    hasty.talk.release();
    hasty.others.pop();
    hasty.talk.upkeep();
    expect(hasty.talk.open).toBe(false);
  });

  test('the key of a terminal talks while it repeats; a short stroke latches until the next', () => {
    const { talk, clock, events } = key();
    talk.key();
    clock.advance(500);
    for (let i = 0; i < 30; i++) {
      talk.key();
      clock.advance(33);
    }
    expect(talk.state).toBe('talking');
    clock.advance(600);
    expect(talk.state).toBe('idle');
    talk.key();
    clock.advance(10_000);
    expect(talk.state).toBe('talking');
    talk.key();
    clock.advance(1000);
    expect(talk.state).toBe('idle');
    expect(states(events)).toHaveLength(4);
  });

  test('held until the time is over, it stays released while it goes on repeating', () => {
    const { talk, clock } = key({ timeoutMs: 2000 });
    talk.key();
    for (let i = 0; i < 100; i++) {
      clock.advance(100);
      talk.key();
    }
    expect(talk.state).toBe('idle');
    clock.advance(1000);
    talk.key();
    expect(talk.state).toBe('talking');
  });

  test('without it, it is always open, and refuses times that are none', () => {
    const talk = new Talk({
      pushToTalk: undefined,
      clock: new FakeClock(),
      emit: () => {},
      talkers: () => [],
    });
    talk.press();
    talk.release();
    expect([talk.state, talk.open]).toEqual(['open', true]);
    expect(() => key({ tailMs: -1 })).toThrow(InvalidValueError);
  });
});

import { describe, expect, test } from 'vitest';
import { serializeRtcpCompound } from '../../src/rtcp/index.ts';
import { PORT, Room, render, sdp, tone, types } from '../support/room.ts';
import { RawTalker, talk } from '../support/raw-talker.ts';
import { decibels, longestSilence, measureTone, powerAt } from '../support/tone-meter.ts';

const RATE = 8000;
const description = sdp(`m=audio ${PORT} RTP/AVP 0 8 96`, 'a=rtpmap:96 L16/8000');
const PLAIN = sdp(`m=audio ${PORT} RTP/AVP 0`);

/** Longest time without sound between the first and the last of it, in ms. */
function gapMs(samples: Float32Array, rate = RATE): number {
  const loud = (it: number): boolean => Math.abs(it) > 0.01;
  const heard = samples.subarray(samples.findIndex(loud), samples.findLastIndex(loud) + 1);
  return longestSilence(heard, rate, 0.01) * 1000;
}
const tail = (samples: Float32Array, ms: number): Float32Array => samples.subarray(-(ms * RATE) / 1000);

async function listener(options: Parameters<Room['join']>[2] = { description: PLAIN }) {
  const room = new Room();
  const joined = await room.join('carl', undefined, options);
  return { room, ...joined };
}

describe('what the listener hears', () => {
  test('who joins late hears whoever talks within a quarter of a second, and no gap from then on', async () => {
    const room = new Room();
    await room.join('anna', tone(440));
    room.clock.advance(20_000);
    const { sink } = await room.join('carl');
    room.clock.advance(5000);
    const { samples } = sink;
    const first = samples.findIndex((it) => Math.abs(it) > 0.01);
    expect((first / RATE) * 1000).toBeLessThan(250);
    expect(gapMs(samples)).toBeLessThan(5);
    expect(measureTone(tail(samples, 500), RATE)).toMatchObject({
      frequency: expect.closeTo(440, 0),
      levelDbfs: expect.closeTo(-12, 0),
    });
  });

  test('500 silent members cost no sound, and RTCP stays rare', async () => {
    const { room, call, sink } = await listener();
    const anna = await RawTalker.open(room, { host: '10.1.0.1', ssrc: 1, frequency: 440 });
    const rtcp = await room.network.host('10.1.0.2')({
      group: '239.255.1.1',
      port: PORT + 1,
      clock: room.clock,
    });
    const reports = Array.from({ length: 500 }, (_, i) =>
      serializeRtcpCompound([
        { type: 'rr', ssrc: 1000 + i, reports: [] },
        { type: 'sdes', chunks: [{ ssrc: 1000 + i, items: [{ type: 'cname', text: `m${i}@x` }] }] },
      ]),
    );
    for (let round = 0; round < 4; round++) {
      for (let step = 0; step < 500; step += 2) {
        for (const i of [step, step + 1]) rtcp.send(reports[i] ?? new Uint8Array(0));
        talk(room, [anna], 20);
      }
    }
    expect(call.participants).toHaveLength(502);
    expect(gapMs(sink.samples)).toBeLessThan(5);
    expect(decibels(powerAt(tail(sink.samples, 1000), RATE, 440))).toBeCloseTo(-12, 0);
    const own = room.network.wire.filter(
      ({ from, port }) => from.address === '10.0.0.1' && port === PORT + 1,
    );
    expect(own.length).toBeLessThan(8); // 20 s: the interval has grown with the group
  });

  test('of 50 who talk at once each is heard, and nothing is cut off', async () => {
    const { room, sink } = await listener();
    const frequencies = Array.from({ length: 50 }, (_, i) => 200 + 64 * i);
    const talkers: RawTalker[] = [];
    for (const [i, frequency] of frequencies.entries()) {
      talkers.push(
        await RawTalker.open(room, { host: `10.1.0.${i + 1}`, ssrc: i + 1, frequency, dbfs: -33 }),
      );
    }
    talk(room, talkers, 3000);
    const heard = tail(sink.samples, 1000);
    for (const frequency of frequencies) {
      expect(Math.abs(decibels(powerAt(heard, RATE, frequency)) + 33)).toBeLessThan(1);
    }
    expect(heard.reduce((most, it) => Math.max(most, Math.abs(it)), 0)).toBeLessThanOrEqual(1);
  });

  test('50 who are too loud together: still each is heard, within full scale', async () => {
    const { room, sink } = await listener();
    const frequencies = Array.from({ length: 50 }, (_, i) => 200 + 64 * i);
    const talkers: RawTalker[] = [];
    for (const [i, frequency] of frequencies.entries()) {
      talkers.push(
        await RawTalker.open(room, { host: `10.1.0.${i + 1}`, ssrc: i + 1, frequency, dbfs: -20 }),
      );
    }
    talk(room, talkers, 3000);
    const heard = tail(sink.samples, 1000);
    const levels = frequencies.map((it) => decibels(powerAt(heard, RATE, it)));
    expect(Math.min(...levels)).toBeGreaterThan(-32);
    expect(Math.max(...levels) - Math.min(...levels)).toBeLessThan(6);
    expect(heard.reduce((most, it) => Math.max(most, Math.abs(it)), 0)).toBeLessThanOrEqual(1);
  });

  test('a sender that changes its SSRC is missed for less than 150 ms', async () => {
    const { room, sink } = await listener();
    const anna = await RawTalker.open(room, { host: '10.1.0.1', ssrc: 1, frequency: 440 });
    talk(room, [anna], 3000);
    anna.ssrc = 2;
    anna.sequenceNumber = 40_000;
    anna.timestamp = 123_456_789;
    talk(room, [anna], 3000);
    expect(gapMs(sink.samples)).toBeLessThan(150);
    expect(decibels(powerAt(tail(sink.samples, 500), RATE, 440))).toBeCloseTo(-12, 0);
  });

  test.each([
    { what: 'restarts', sequence: 30_000, timestamp: 2_000_000_000, lessThan: 200 },
    { what: 'restarts with a timestamp a second back', sequence: 30_000, timestamp: -8000, lessThan: 200 },
    { what: 'jumps in sequence alone', sequence: 9000, timestamp: 0, lessThan: 120 },
    { what: 'jumps back a little in sequence', sequence: -200, timestamp: 0, lessThan: 120 },
  ])(
    'a sender that $what is missed for less than $lessThan ms',
    async ({ sequence, timestamp, lessThan }) => {
      const { room, sink, call, events } = await listener();
      const anna = await RawTalker.open(room, { host: '10.1.0.1', ssrc: 1, frequency: 440 });
      talk(room, [anna], 5000);
      anna.sequenceNumber = (anna.sequenceNumber + sequence) & 0xffff;
      anna.timestamp = (anna.timestamp + timestamp) >>> 0;
      talk(room, [anna], 5000);
      expect(gapMs(sink.samples)).toBeLessThan(lessThan);
      expect(measureTone(tail(sink.samples, 500), RATE)).toMatchObject({
        frequency: expect.closeTo(440, 0),
        levelDbfs: expect.closeTo(-12, 0),
      });
      expect(call.participants).toHaveLength(2);
      expect(types(events)).not.toContain('participantTimedOut');
    },
  );

  test.each([
    { how: 'with time going on', stepped: true },
    { how: 'with time standing still', stepped: false },
  ])('a stream that stops and comes back after a minute, $how, is there at once', async ({ stepped }) => {
    const { room, sink } = await listener();
    const anna = await RawTalker.open(room, { host: '10.1.0.1', ssrc: 1, frequency: 440 });
    talk(room, [anna], 3000);
    room.clock.advance(60_000);
    const pause = sink.samples.subarray(RATE * 4);
    expect(pause.subarray(0, RATE * 50).every((it) => it === 0)).toBe(true);
    if (stepped) anna.timestamp = (anna.timestamp + 60 * RATE) >>> 0;
    anna.begin();
    const back = sink.samples.length;
    talk(room, [anna], 3000);
    const after = sink.samples.subarray(back);
    const first = after.findIndex((it) => Math.abs(it) > 0.01);
    expect((first / RATE) * 1000).toBeLessThan(300);
    expect(gapMs(after)).toBeLessThan(5);
    expect(decibels(powerAt(tail(after, 500), RATE, 440))).toBeCloseTo(-12, 0);
  });

  test('the codec may change within the stream: less than 150 ms are missed, level and pitch stay', async () => {
    const { room, sink, call } = await listener({ description });
    const anna = await RawTalker.open(room, { host: '10.1.0.1', ssrc: 1, frequency: 440 });
    const levels: number[] = [];
    for (const payloadType of [0, 8, 96, 0] as const) {
      anna.payloadType = payloadType;
      talk(room, [anna], 2000);
      const { frequency, levelDbfs } = measureTone(tail(sink.samples, 500), RATE);
      expect(frequency).toBeCloseTo(440, 0);
      levels.push(levelDbfs);
    }
    expect(gapMs(sink.samples)).toBeLessThan(150);
    for (const level of levels) expect(level).toBeCloseTo(-12, 0);
    expect(render(call)?.substreams).toHaveLength(1);
  });
});

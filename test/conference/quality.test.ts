import { expect, test } from 'vitest';
import { type Call, type SubstreamQuality, ToneSource } from '../../conference/index.ts';
import { parseRtcpCompound } from '../../src/rtcp/index.ts';
import { QualityAlarm, RecentWindow, rateSpeech } from '../../conference/quality/index.ts';
import { QualityWatch } from '../../conference/rtp/quality-watch.ts';
import { Room } from '../support/room.ts';
import { FakeClock } from '../support/fake-clock.ts';

const AUDIO = ['m=audio 5004 RTP/AVP 0'];
const tone = (frequency = 1000) => new ToneSource(frequency, -12, { sampleRate: 8000, channels: 1 });
const qualityOf = (call: Call, name: string): SubstreamQuality | undefined =>
  call.participants.find((it) => it.info.name === name)?.substreams[0]?.quality;

test('a clean stream: all came, best rating, and the others say so too', async () => {
  const room = new Room(new FakeClock(), AUDIO);
  const anna = await room.join('anna', tone());
  const berta = await room.join('berta');
  await room.join('carla');
  room.clock.advance(20_000);
  const quality = qualityOf(berta.call, 'anna');
  expect(quality).toMatchObject({ lost: 0, duplicates: 0, restarts: 0, discardPercent: 0, jitterMs: 0 });
  expect(quality?.recent).toMatchObject({
    seconds: 10,
    packets: 500,
    lost: 0,
    packetsPerSecond: 50,
    bitsPerSecond: 64_000,
  });
  expect(quality?.maxBitsPerSecond).toBeCloseTo(64_000, -3);
  expect(quality?.lossRuns).toEqual({ count: 0, longest: 0, mean: 0, histogram: [] });
  expect(quality?.delayVariation).toEqual({ p50: 0, p95: 0, p99: 0, maximum: 0 });
  expect(quality?.levelDbfs).toBeCloseTo(-12, 0);
  expect(quality?.playout?.delayMs).toBeGreaterThan(0);
  expect(quality?.rating?.mosLq).toBeCloseTo(4.41, 1);
  expect(quality?.rating?.codec).toBe('published');
  expect(quality?.reportedBy.map(({ cname, lossPercent }) => [cname, lossPercent])).toEqual([
    ['carla@test', 0],
  ]);
  expect(qualityOf(anna.call, 'berta')?.rating).toBeUndefined(); // silent for long: nothing to rate
});

test('a tenth is lost in pairs: runs, bursts and rating tell', async () => {
  const room = new Room(new FakeClock(), AUDIO);
  await room.join('anna', tone());
  const berta = await room.join('berta');
  let n = 0;
  room.network.deliver = ({ port }, to) =>
    port !== 5004 || to.localAddress !== berta.address || n++ % 20 >= 2;
  room.clock.advance(40_000);
  const quality = qualityOf(berta.call, 'anna');
  expect(quality?.recent.lossPercent).toBeCloseTo(10, 0);
  expect(quality?.lossRuns).toMatchObject({ longest: 2, mean: 2 });
  expect(quality?.bursts.bursts).toBeGreaterThan(50); // 18 received between are more than Gmin
  expect(quality?.bursts.burstMs).toBe(40);
  expect(quality?.bursts.burstPercent).toBe(100);
  expect(quality?.rating?.mosLq).toBeLessThan(3.5);
  expect(quality?.rating?.mosCq).toBeLessThanOrEqual(quality?.rating?.mosLq ?? 0);
});

test('who begins anew is measured anew', () => {
  const window = new RecentWindow();
  const counts = { received: 100, expected: 110, discarded: 2, octets: 1000, restarts: 0 };
  window.sample(counts, 0);
  expect(window.figures().seconds).toBe(0);
  window.sample({ ...counts, received: 190, expected: 210, discarded: 4, octets: 2000 }, 1000);
  expect(window.figures()).toMatchObject({
    seconds: 1,
    packets: 90,
    lost: 10,
    lossPercent: 10,
    discardPercent: 2,
  });
  window.sample({ ...counts, received: 5, expected: 5, discarded: 4, restarts: 1 }, 2000);
  expect(window.figures()).toMatchObject({ seconds: 0, packets: 0, lost: 0 });
});

test('delay costs conversation, not listening; what nobody knows is not rated', () => {
  const input = { encoding: 'PCMU', concealed: true, loss: 0, burstRatio: 1, delayMs: 400 };
  const rating = rateSpeech(input);
  expect(rating?.mosLq).toBeGreaterThan(4.3);
  expect(rating?.mosCq).toBeLessThan(rating?.mosLq ?? 0);
  expect(rateSpeech({ ...input, encoding: 'opus' })?.codec).toBe('assumed');
  expect(rateSpeech({ ...input, encoding: 'H264' })).toBeUndefined();
});

test('extended reports go out when the description asks for them, or the participant does', async () => {
  const blocks = async (attribute: readonly string[], options: object = {}): Promise<Set<string>> => {
    const room = new Room(new FakeClock(), [...AUDIO, ...attribute]);
    await room.join('anna', tone(), options);
    await room.join('berta', tone(), options);
    room.clock.advance(30_000);
    const rtcp = room.network.wire
      .filter(({ port }) => port === 5005)
      .flatMap(({ bytes }) => parseRtcpCompound(bytes));
    return new Set(rtcp.flatMap((it) => (it.type === 'xr' ? it.blocks.map(({ type }) => type) : [])));
  };
  expect(await blocks([])).toEqual(new Set());
  expect(await blocks(['a=rtcp-xr:'])).toEqual(new Set());
  expect(await blocks(['a=rtcp-xr:voip-metrics'])).toEqual(new Set(['voipMetrics']));
  expect(await blocks(['a=rtcp-xr:stat-summary=loss,dup rcvr-rtt=all:64'])).toEqual(
    new Set(['statistics', 'referenceTime', 'delaySinceReference']),
  );
  expect(await blocks(['a=rtcp-xr:voip-metrics'], { extendedReports: 'never' })).toEqual(new Set());
  expect((await blocks([], { extendedReports: 'always' })).size).toBe(4);
});

test('who becomes hard to understand is told once, and once more when it is over', async () => {
  const room = new Room(new FakeClock(), AUDIO);
  await room.join('anna', tone());
  const berta = await room.join('berta');
  const told = () =>
    berta.events.flatMap((it) => (it.type === 'qualityPoor' || it.type === 'qualityRestored' ? [it] : []));
  room.clock.advance(15_000);
  expect(told()).toEqual([]);
  let n = 0;
  room.network.deliver = ({ port }, to) =>
    port !== 5004 || to.localAddress !== berta.address || n++ % 4 !== 0;
  room.clock.advance(30_000);
  expect(told().map(({ type, participant }) => [type, participant.info.name])).toEqual([
    ['qualityPoor', 'anna'],
  ]);
  expect(told()[0]?.mosLq).toBeLessThan(3.1);
  room.network.deliver = () => true;
  room.clock.advance(30_000);
  expect(told().map(({ type }) => type)).toEqual(['qualityPoor', 'qualityRestored']);
});

test('an alarm waits for five seconds, and does not go to and fro', () => {
  const alarm = new QualityAlarm();
  const look = (values: readonly (number | undefined)[], from: number) =>
    values.map((mos, n) => alarm.look(mos, from + n * 1000)).filter((it) => it !== undefined);
  expect(look([3, 3, 3, 3, 4, 3, 3, 3, 3, 3], 0)).toEqual([]);
  expect(look([3, 3, 3, 3, 3, 3], 20_000)).toEqual(['poor']);
  expect(look([3.2, 3.5, 3.2, 3.59, undefined, 3.3, 3.5, 3.5], 30_000)).toEqual([]);
  expect(look([3.7, 3.7, 3.7, 3.7, 3.7, 3.7], 40_000)).toEqual(['restored']);
});

test('[QUA-01] bit rates and processor load of the call, now and at most', async () => {
  const room = new Room(new FakeClock(), AUDIO);
  const anna = await room.join('anna', tone());
  const berta = await room.join('berta');
  room.clock.advance(5000);
  const [out, into] = [anna.call.quality, berta.call.quality];
  const wire = 50 * (160 + 12 + 28) * 8;
  expect(out.outputBitsPerSecond.current).toBeCloseTo(wire, -3.5);
  expect(out.outputBitsPerSecond.maximum).toBeGreaterThanOrEqual(out.outputBitsPerSecond.current);
  expect(into.inputBitsPerSecond.current).toBeCloseTo(wire, -3.5);
  expect(into.conferenceBitsPerSecond.current).toBeGreaterThanOrEqual(into.inputBitsPerSecond.current);
  expect(into.intervalRange).toEqual({ least: 1000, most: 60_000, step: 1000, default: 1000 });
  into.intervalMs = 5000;
  expect(into.intervalMs).toBe(5000);
  expect(() => (into.intervalMs = 1500)).toThrow(/whole seconds/);
  anna.call.local.muted = true;
  room.clock.advance(11_000);
  expect(into.inputBitsPerSecond.current).toBeLessThan(3000); // RTCP is left
  expect(into.inputBitsPerSecond.maximum).toBeGreaterThan(wire / 2);
  let [used, elapsed] = [0, 0];
  const processor = { usedMicroseconds: () => used, elapsedMs: () => elapsed };
  const watch = new QualityWatch({
    media: [],
    streams: () => [],
    people: { matrixView: () => ({ nameOf: () => '', recentOf: () => undefined }) },
    local: { displayName: '' },
    now: () => elapsed,
    emit: () => {},
    processor,
  });
  for (const load of [250_000, 500_000, 100_000]) {
    elapsed += 1000;
    used += load;
    watch.upkeep(elapsed);
  }
  expect(watch.cpuPercent).toEqual({ current: 10, maximum: 50 });
});

test('[QUA-02] bit rate and packet interval of each stream', async () => {
  const room = new Room(new FakeClock(), ['m=audio 5004 RTP/AVP 0', 'a=ptime:40']);
  const anna = await room.join('anna', tone());
  const berta = await room.join('berta', tone(700));
  room.clock.advance(5000);
  for (const { call } of [anna, berta]) {
    const [out, into] = call.quality.streams;
    expect(out?.stream.direction).toBe('capture');
    expect(out?.bitsPerSecond.current).toBeCloseTo(64_000, -3.5);
    expect(out?.packetIntervalMs.average).toBeCloseTo(40, 0);
    expect(into?.bitsPerSecond.current).toBeCloseTo(64_000, -3.5);
    expect(into?.packetIntervalMs.average).toBeCloseTo(40, 0);
    expect(into?.packetIntervalMs.least).toBeLessThanOrEqual(into?.packetIntervalMs.average ?? 0);
  }
});

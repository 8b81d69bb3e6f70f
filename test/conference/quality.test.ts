import { expect, test } from 'vitest';
import { type Call, type SubstreamQuality, ToneSource } from '../../conference/index.ts';
import { parseRtcpCompound } from '../../src/rtcp/index.ts';
import { RecentWindow, rateSpeech } from '../../conference/quality/index.ts';
import { MemoryRoom } from '../support/memory-room.ts';

const AUDIO = ['m=audio 5004 RTP/AVP 0'];
const tone = (frequency = 1000) => new ToneSource(frequency, -12, { sampleRate: 8000, channels: 1 });
const qualityOf = (call: Call, name: string): SubstreamQuality | undefined =>
  call.participants.find((it) => it.info.name === name)?.substreams[0]?.quality;

test('a clean stream: all came, best rating, and the others say so too', async () => {
  const room = new MemoryRoom(AUDIO);
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
  const room = new MemoryRoom(AUDIO);
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
    const room = new MemoryRoom([...AUDIO, ...attribute]);
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

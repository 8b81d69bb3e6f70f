import { expect, test } from 'vitest';
import { type Call, parseReferenceClock, type SubstreamQuality, ToneSource } from '../../conference/index.ts';
import { parseRtcpCompound } from '../../src/rtcp/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { Room, type RoomMember } from '../support/room.ts';

const tone = () => new ToneSource(1000, -12, { sampleRate: 8000, channels: 1 });
const qualityOf = (call: Call, name: string): SubstreamQuality | undefined =>
  call.participants.find((it) => it.info.name === name)?.substreams[0]?.quality;

/** Brings what matches to one member later than to the others. */
function delay(room: Room, { address }: RoomMember, ms: number, which: (n: number) => boolean): void {
  let n = 0;
  room.network.deliver = ({ bytes, from, port }, to) => {
    if (port !== 5004 || to.localAddress !== address || !which(n++)) return true;
    room.clock.timer(() => to.arrive(Uint8Array.from(bytes), from)).set(room.clock.now() + ms);
    return false;
  };
}

test('the clock of a sender, and one-way delay only where both are stated to follow one clock', async () => {
  const room = new Room(new FakeClock(), [
    'm=audio 5004 RTP/AVP 0',
    'a=ts-refclk:ntp=/traceable/',
    'a=ts-refclk:gps',
    'a=mediaclk:sender',
  ]);
  await room.join('anna', tone());
  const berta = await room.join('berta', undefined, { referenceClock: 'traceable' });
  const carla = await room.join('carla');
  const doris = await room.join('doris', undefined, { referenceClock: 'ntp=ntp.example.org' });
  delay(room, berta, 70, () => true);
  room.clock.advance(90_000);
  const clock = qualityOf(berta.call, 'anna')?.senderClock;
  expect(clock).toMatchObject({ synchronised: true });
  expect(clock?.offsetMs).toBeCloseTo(0, 0);
  expect(clock?.driftPpm).toBeCloseTo(0, 1);
  expect(clock?.mediaDriftPpm).toBeCloseTo(0, 0);
  expect(clock?.oneWayMs).toBeGreaterThanOrEqual(70);
  expect(clock?.oneWayMs).toBeLessThanOrEqual(90); // and at most the 20 ms that are in a packet
  for (const other of [carla, doris]) {
    expect(qualityOf(other.call, 'anna')?.senderClock).toMatchObject({
      synchronised: false,
      oneWayMs: undefined,
    });
  }
  expect(berta.call.transports[0]).toMatchObject({
    referenceClocks: ['ntp=/traceable/', 'gps'],
    mediaClock: 'sender',
  });
});

test('no time is made of a host that is on another clock than it says', async () => {
  const room = new Room(new FakeClock(), ['m=audio 5004 RTP/AVP 0', 'a=ts-refclk:gps']);
  await room.join('anna', tone());
  const berta = await room.join('berta', undefined, { referenceClock: 'gps' });
  delay(room, berta, 37_000, () => true); // as far as UTC and TAI are apart
  room.clock.advance(90_000);
  expect(qualityOf(berta.call, 'anna')?.senderClock).toMatchObject({
    synchronised: true,
    oneWayMs: undefined,
  });
});

test.each(['local', 'private', 'x y', ''])('"%s" is no clock that others can have', (text) => {
  expect(() => parseReferenceClock(text)).toThrow(/write traceable, gps/);
});

test('what comes too late to be played counts in bursts, and as discarded in extended reports', async () => {
  const room = new Room(new FakeClock(), ['m=audio 5004 RTP/AVP 0', 'a=rtcp-xr:voip-metrics']);
  await room.join('anna', tone());
  const berta = await room.join('berta', undefined, { playoutMs: 60 });
  delay(room, berta, 500, (n) => n > 100 && n % 10 === 0);
  room.clock.advance(60_000);
  const quality = qualityOf(berta.call, 'anna');
  expect(quality?.lost).toBeLessThan(5); // all came
  expect(quality?.recent.discardPercent).toBeCloseTo(10, 0);
  expect(quality?.bursts.bursts).toBe(1); // nine received between are fewer than Gmin
  expect(quality?.bursts.burstPercent).toBeCloseTo(10, 0);
  expect(quality?.rating?.mosLq).toBeLessThan(4);
  const told = room.network.wire
    .filter(({ port, from }) => port === 5005 && from.address === berta.address)
    .flatMap(({ bytes }) => parseRtcpCompound(bytes))
    .flatMap((it) => (it.type === 'xr' ? it.blocks : []))
    .filter((it) => it.type === 'voipMetrics');
  expect(told.at(-1)?.discardRate).toBeGreaterThanOrEqual(20); // of 256
  expect(told.at(-1)?.discardRate).toBeLessThanOrEqual(28);
});

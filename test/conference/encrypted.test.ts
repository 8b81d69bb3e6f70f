import { describe, expect, test } from 'vitest';
import { srtpPrimitives as primitives } from '../../src/net/index.ts';
import { type MediaKey, mkiOf, parseCrypto, readCrypto } from '../../src/sdp/index.ts';
import { SrtpSender } from '../../src/srtp/index.ts';
import {
  type Call,
  type CallOptions,
  createCall,
  MulticastRtpProvider,
  ToneSource,
} from '../../conference/index.ts';
import { MediumProtection } from '../../conference/rtp/protection/index.ts';
import { ArraySink, silence } from '../support/array-terminals.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryNetwork } from '../support/memory-network.ts';
import { longestSilence, measureTone, trimSilence } from '../support/tone-meter.ts';

const GROUP = '239.255.1.1';
const PORT = 5004;
const KEY = 'PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';
const OTHER = 'QUFuQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';
const GCM = 'PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaQ==';

function sdp(crypto: string | undefined, proto = 'RTP/SAVP'): string {
  const media = [`m=audio ${PORT} ${proto} 0`, ...(crypto === undefined ? [] : [`a=crypto:1 ${crypto}`])];
  return ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=x', `c=IN IP4 ${GROUP}/15`, 't=0 0', ...media, ''].join(
    '\r\n',
  );
}
const tone = (frequency: number) => new ToneSource(frequency, -12, { sampleRate: 8000, channels: 1 });

/** An encrypted conference in memory, under a clock that the test moves. */
class Room {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork(this.clock);
  #hosts = 0;

  async join(description: string, source = silence(), options: Partial<CallOptions> = {}) {
    const number = ++this.#hosts;
    let state = number * 7919;
    const call = createCall(description, {
      provider: new MulticastRtpProvider({ openSocket: this.network.host(`10.0.0.${number}`) }),
      participant: { name: `member${number}`, cname: `member${number}@test` },
      clock: this.clock,
      random: () => {
        state = (state * 1_664_525 + 1_013_904_223) >>> 0;
        return state / 2 ** 32;
      },
      ...options,
    });
    const sink = new ArraySink();
    call.streams.find((it) => it.direction === 'capture')?.attach(source);
    call.streams.find((it) => it.direction === 'render')?.attach(sink);
    await call.connect();
    return { call, sink };
  }
}
const remote = (call: Call) => call.participants.filter((it) => !it.local);

describe.each([
  { suite: 'AES_CM_128_HMAC_SHA1_80', key: KEY },
  { suite: 'AES_CM_128_HMAC_SHA1_32', key: KEY },
  { suite: 'AEAD_AES_128_GCM', key: GCM },
])('$suite', ({ suite, key }) => {
  test('members hear and know each other; on the wire there is neither sound nor name', async () => {
    const room = new Room();
    const description = sdp(`${suite} inline:${key}`);
    const anna = await room.join(description, tone(440));
    const berta = await room.join(description, tone(1000));
    room.clock.advance(8000);
    for (const [one, frequency] of [
      [anna, 1000],
      [berta, 440],
    ] as const) {
      const heard = trimSilence(one.sink.samples.subarray(8000));
      expect(measureTone(heard, 8000).frequency).toBeCloseTo(frequency, 0);
      expect(longestSilence(heard, 8000)).toBeLessThan(0.03);
      expect(remote(one.call).map(({ info }) => info.name)).toHaveLength(1);
    }
    expect(anna.call.transports[0]).toMatchObject({ authenticationFailed: 0, replayed: 0, malformed: 0 });
    const wire = Buffer.concat(room.network.wire.map(({ bytes }) => bytes)).toString('latin1');
    expect(wire).not.toContain('member1');
    const sound = room.network.wire.filter(({ port }) => port === PORT);
    expect(new Set(sound.map(({ bytes }) => bytes.length))).toEqual(
      new Set([172 + (suite.endsWith('80') ? 10 : suite.endsWith('32') ? 4 : 16)]),
    );
  });
});

test('another key opens nothing, and the verdict says so', async () => {
  const room = new Room();
  await room.join(sdp(`AES_CM_128_HMAC_SHA1_80 inline:${KEY}`), tone(440));
  const { call, sink } = await room.join(sdp(`AES_CM_128_HMAC_SHA1_80 inline:${OTHER}`));
  room.clock.advance(8000);
  expect(trimSilence(sink.samples)).toHaveLength(0);
  expect(remote(call)).toEqual([]);
  expect(call.transports[0]?.authenticationFailed).toBeGreaterThan(300);
  expect(call.verdict().reasons[0]).toMatchObject({ code: 'wrongKey' });
});

const mediaKey = (inline: string, from = 0): MediaKey => {
  const attribute = readCrypto(`crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${inline}`);
  if (attribute === undefined) throw new Error('no crypto attribute');
  return { medium: 0, from, crypto: parseCrypto(attribute) };
};

describe('another key while people talk', () => {
  test.each([
    { name: 'from none to one with an identifier', first: KEY, second: `${OTHER}|2:1` },
    { name: 'both with identifiers', first: `${KEY}|1:4`, second: `${OTHER}|2:4` },
    { name: 'both without', first: KEY, second: OTHER },
  ])('nobody loses a packet: $name', async ({ first, second }) => {
    const room = new Room();
    const old = mediaKey(first);
    const anna = await room.join(sdp(undefined), tone(440), { keys: [old] });
    const berta = await room.join(sdp(undefined), tone(1000), { keys: [old] });
    const events: string[] = [];
    berta.call.on('encryption', ({ kind, encryption }) => events.push(`${kind} ${encryption.key ?? '-'}`));
    room.clock.advance(5000);
    const next = mediaKey(second, room.clock.wall() + 10_000);
    anna.call.session.setKeys([old, next]);
    room.clock.advance(6000); // berta hears of it much later
    berta.call.session.setKeys([next]);
    expect(berta.call.transports[0]?.encryption).toMatchObject({ next: new Date(next.from) });
    room.clock.advance(90_000);
    for (const [one, frequency] of [
      [anna, 1000],
      [berta, 440],
    ] as const) {
      const heard = trimSilence(one.sink.samples.subarray(8000));
      expect(heard.length / 8000).toBeGreaterThan(99);
      expect(measureTone(heard, 8000).frequency).toBeCloseTo(frequency, 0);
      expect(longestSilence(heard, 8000)).toBeLessThan(0.03);
      expect(one.call.transports[0]).toMatchObject({ authenticationFailed: 0, replayed: 0, unknownKey: 0 });
      expect(one.call.transports[0]?.encryption).toMatchObject({ keysTaken: 1, next: undefined });
    }
    expect(events).toEqual([`keyUsed ${second.includes('|') ? '2' : '-'}`]);
    const late = await room.join(sdp(undefined), silence(), { keys: [old] });
    room.clock.advance(5000);
    expect(trimSilence(late.sink.samples)).toHaveLength(0); // who has the old key only is out
  });

  test('who is told too late is out until he is told, and hears on from there', async () => {
    const room = new Room();
    const [old, next] = [mediaKey(KEY), mediaKey(`${OTHER}|2:1`, room.clock.wall() + 2000)];
    await room.join(sdp(undefined), tone(440), { keys: [old, next] });
    const { call, sink } = await room.join(sdp(undefined), silence(), { keys: [old] });
    room.clock.advance(1500);
    expect(trimSilence(sink.samples).length).toBeGreaterThan(8000);
    room.clock.advance(10_000);
    expect(call.transports[0]?.authenticationFailed).toBeGreaterThan(400);
    const before = sink.samples.length;
    call.session.setKeys([old, next]);
    room.clock.advance(5000);
    expect(measureTone(sink.samples.subarray(before + 8000), 8000).frequency).toBeCloseTo(440, 0);
  });
});

describe('who comes late', () => {
  test.each([3, 1318])('finds a stream that has rolled over %i times, and tells nobody', async (rolls) => {
    const room = new Room();
    const key = mediaKey(KEY);
    const [master] = key.crypto.keys;
    if (master === undefined) throw new Error('no key');
    const sender = new SrtpSender({ primitives, profile: 'AES_CM_128_HMAC_SHA1_80', key: master });
    sender.setRoc(7, rolls, 60_000);
    const { call } = await room.join(sdp(undefined), silence(), { keys: [key] });
    const socket = await room.network.host('10.0.0.99')({ group: GROUP, port: PORT, interface: 'mem0' });
    let refused = 0;
    for (let at = 0; at < 1000; at++) {
      const packet = new Uint8Array(172).fill(0xff);
      packet.set([0x80, 0, (60_001 + at) >> 8, 60_001 + at, 0, 0, (at * 160) >> 8, at * 160, 0, 0, 0, 7]);
      socket.send(sender.protectRtp(packet));
      room.clock.advance(20);
      if (remote(call).length === 0) refused = at + 1;
    }
    expect(remote(call)).toHaveLength(1);
    expect(refused).toBeLessThanOrEqual(2 + rolls / 15); // 75 tries in each tenth of a second
    expect(call.transports[0]?.authenticationFailed).toBeLessThanOrEqual(refused);
  });

  test('a day of packets, 66 times around: nothing is lost on the way', () => {
    const [master] = mediaKey(KEY).crypto.keys;
    if (master === undefined) throw new Error('no key');
    const options = { keys: [mediaKey(KEY)], packetsSent: () => undefined, isKnown: () => true, now: 0 };
    const [one, other] = [new MediumProtection(options), new MediumProtection(options)];
    const packet = new Uint8Array(20);
    let opened = 0;
    const step = 1021; // a packet of each 1021: more would only take longer
    let sent = 0;
    for (let number = 100; number < 4_320_000; number += step) {
      packet.set([0x80, 0, number >> 8, number, 0, 0, 0, 0, 0, 0, 0, 9]);
      sent++;
      const sealed = one.sealRtp(packet);
      if (sealed !== undefined && other.openRtp(sealed) !== undefined) opened++;
    }
    expect(opened).toBe(sent);
  });

  test('keys that follow each other quickly, with many roll-overs under each: numbers go on', () => {
    const [a, b, c] = [mediaKey(KEY), mediaKey(`${OTHER}|2:1`, 10_000), mediaKey(`${KEY}|3:1`, 20_000)];
    const options = { keys: [a], packetsSent: () => undefined, isKnown: () => true, now: 0 };
    const all = [new MediumProtection(options), new MediumProtection(options)] as const;
    const numbers = new Map<number, number>();
    const opened = (ssrc: number, packets: number): number => {
      let count = 0;
      for (let at = 0; at < packets; at++) {
        const number = (numbers.get(ssrc) ?? 0) + 20_000;
        numbers.set(ssrc, number);
        const packet = Uint8Array.of(0x80, 0, number >> 8, number, 0, 0, 0, 0, 0, 0, 0, ssrc, 1, 2);
        const sealed = all[0].sealRtp(packet);
        if (sealed !== undefined && all[1].openRtp(sealed) !== undefined) count++;
      }
      return count;
    };
    expect(opened(9, 150)).toBe(150);
    expect(opened(10, 150)).toBe(150); // speaks again when that key is long gone
    for (const it of all) it.setKeys([a, b, c], 1000);
    for (const it of all) it.tick(10_000);
    expect(opened(9, 150)).toBe(150);
    for (const it of all) it.tick(20_000);
    expect(opened(9, 150)).toBe(150);
    for (const it of all) it.setKeys([c], 21_000);
    for (const it of all) it.tick(200_000);
    expect(all[1].info.keysTaken).toBe(1);
    expect(opened(10, 1)).toBe(1);
  });

  test('a flood under made-up names does not keep out who is told of by a report', () => {
    const key = mediaKey(KEY);
    const [master] = key.crypto.keys;
    if (master === undefined) throw new Error('no key');
    const sender = new SrtpSender({ primitives, profile: 'AES_CM_128_HMAC_SHA1_80', key: master });
    sender.setRoc(9, 100, 60_000);
    const packetsSent = (ssrc: number) => (ssrc === 9 ? 100 * 65_536 + 60_000 : undefined);
    const late = new MediumProtection({ keys: [key], packetsSent, isKnown: () => true, now: 0 });
    for (let at = 0; at < 500; at++) {
      const forged = new Uint8Array(40).fill(7);
      forged.set([0x80, 0, 0, 5, 0, 0, 0, 0, 1, 0, at >> 8, at]);
      expect(late.openRtp(forged)).toBeUndefined();
    }
    const sealed = sender.protectRtp(Uint8Array.of(0x80, 0, 0xea, 0x62, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2));
    expect(late.openRtp(sealed)).toHaveLength(14);
  });

  test('after an outage of many roll-overs', () => {
    const options = { keys: [mediaKey(KEY)], packetsSent: () => undefined, isKnown: () => true, now: 0 };
    const [one, other] = [new MediumProtection(options), new MediumProtection(options)];
    const packet = new Uint8Array(20);
    const send = (number: number) => {
      packet.set([0x80, 0, number >> 8, number, 0, 0, 0, 0, 0, 0, 0, 9]);
      return one.sealRtp(packet);
    };
    const open = (sealed: Uint8Array | undefined) =>
      sealed !== undefined && other.openRtp(sealed) !== undefined;
    expect(open(send(5))).toBe(true);
    for (let number = 20_000; number < 2_000_000; number += 20_000) send(number); // nobody hears it
    const recorded = Uint8Array.from(send(2_000_001) ?? []);
    expect(open(Uint8Array.from(recorded))).toBe(true);
    expect(open(recorded)).toBe(false);
    expect(other.counts.replayed).toBe(1);
  });
});

describe('attacks', () => {
  test('what is played again is not heard again, and is told', async () => {
    const room = new Room();
    const anna = await room.join(sdp(`AES_CM_128_HMAC_SHA1_80 inline:${KEY}`), tone(440));
    const { call, sink } = await room.join(sdp(`AES_CM_128_HMAC_SHA1_80 inline:${KEY}`), silence(), {
      direction: 'recvonly',
    });
    const kinds: string[] = [];
    call.on('encryption', ({ kind }) => kinds.push(kind));
    room.clock.advance(5000);
    await anna.call.disconnect();
    room.clock.advance(1000);
    const recorded = room.network.wire.filter(({ port }) => port === PORT);
    const before = sink.samples.length;
    const socket = await room.network.host('10.0.0.66')({ group: GROUP, port: PORT, interface: 'mem0' });
    for (const { bytes } of recorded) {
      socket.send(bytes);
      room.clock.advance(20);
    }
    expect(trimSilence(sink.samples.subarray(before))).toHaveLength(0);
    expect(call.transports[0]?.replayed).toBe(recorded.length);
    expect(kinds).toEqual(['replayed']);
  });

  test('a flood of forgeries is refused and told once, and the talk goes on', async () => {
    const room = new Room();
    await room.join(sdp(`AES_CM_128_HMAC_SHA1_80 inline:${KEY}`), tone(440));
    const { call, sink } = await room.join(sdp(`AES_CM_128_HMAC_SHA1_80 inline:${KEY}`));
    const kinds: string[] = [];
    call.on('encryption', ({ kind }) => kinds.push(kind));
    const socket = await room.network.host('10.0.0.66')({ group: GROUP, port: PORT, interface: 'mem0' });
    const forged = new Uint8Array(182);
    for (let at = 0; at < 2000; at++) {
      forged.set([0x80, 0, at >> 8, at, 0, 0, 0, 0, 0, 0, at >> 8, at]);
      socket.send(forged);
      if (at % 10 === 0) room.clock.advance(20);
    }
    expect(call.transports[0]?.authenticationFailed).toBe(2000);
    expect(remote(call)).toHaveLength(1);
    expect(longestSilence(trimSilence(sink.samples), 8000)).toBeLessThan(0.03);
    expect(kinds).toEqual(['authenticationFailed']);
  });

  test('two with one SSRC: whoever sees it takes another before sending again', async () => {
    const room = new Room();
    const crypto = `AES_CM_128_HMAC_SHA1_80 inline:${KEY}`;
    /** The same for the SSRC, which is drawn second, and others then. */
    const random = (seed: number) => {
      let draws = 0;
      return () => (++draws <= 2 ? 0.25 : (draws * seed) % 1);
    };
    const anna = await room.join(sdp(crypto), tone(440), { random: random(0.377) });
    const berta = await room.join(sdp(crypto), tone(1000), { random: random(0.613) });
    const [first] = [anna.call.transports[0]?.ssrc];
    expect(berta.call.transports[0]?.ssrc).toBe(first);
    room.clock.advance(10_000);
    expect(anna.call.transports[0]?.ssrc).not.toBe(berta.call.transports[0]?.ssrc);
    const heads = room.network.wire
      .filter(({ port }) => port === PORT)
      .map(
        ({ bytes, from }) =>
          [
            from.address,
            Buffer.from(bytes.subarray(2, 4)).toString('hex') +
              Buffer.from(bytes.subarray(8, 12)).toString('hex'),
          ] as const,
      );
    const users = Map.groupBy(heads, ([, head]) => head);
    expect([...users.values()].filter((them) => them.length > 1)).toEqual([]); // no key stream was used twice
  });
});

test('a key that has protected as many packets as it may is told of before, and then nothing is sent', async () => {
  const room = new Room();
  const { call } = await room.join(sdp(undefined), tone(440), { keys: [mediaKey(`${KEY}|200`)] });
  const kinds: string[] = [];
  call.on('encryption', ({ kind }) => kinds.push(kind));
  room.clock.advance(10_000);
  expect(kinds).toEqual(['keyWearsOut', 'keyWornOut']);
  expect(room.network.wire.filter(({ port }) => port === PORT)).toHaveLength(200);
  call.session.setKeys([mediaKey(`${OTHER}|2:1`, room.clock.wall())]);
  room.clock.advance(1000);
  expect(room.network.wire.filter(({ port }) => port === PORT).length).toBeGreaterThan(240);
});

test('a session does not have the key of its description in what others may keep', async () => {
  const room = new Room();
  const { call } = await room.join(sdp(`AES_CM_128_HMAC_SHA1_80 inline:${KEY}`));
  expect(call.session.description.serialize()).not.toContain('crypto');
  expect(call.session.description.serialize()).toContain('RTP/SAVP');
});

test('two members in one process have two SSRCs, and hear each other', async () => {
  const room = new Room();
  const host = {
    provider: new MulticastRtpProvider({ openSocket: room.network.host('10.0.0.9') }),
    loopback: 'selective',
  } as const;
  const own = () => Math.random();
  const anna = await room.join(sdp(`AES_CM_128_HMAC_SHA1_80 inline:${KEY}`), tone(440), {
    ...host,
    random: own,
  });
  const berta = await room.join(sdp(`AES_CM_128_HMAC_SHA1_80 inline:${KEY}`), silence(), {
    ...host,
    random: own,
  });
  room.clock.advance(4000);
  expect(anna.call.transports[0]?.ssrc).not.toBe(berta.call.transports[0]?.ssrc);
  expect(measureTone(berta.sink.samples.subarray(8000), 8000).frequency).toBeCloseTo(440, 0);
  await anna.call.disconnect();
  const again = await room.join(sdp(`AES_CM_128_HMAC_SHA1_80 inline:${KEY}`), silence(), {
    ...host,
    random: own,
  });
  expect(again.call.transports[0]?.ssrc).not.toBe(anna.call.transports[0]?.ssrc); // never the same numbers under the same key
});

test('keys are in no text about a call', async () => {
  const room = new Room();
  const { call } = await room.join(sdp(undefined), tone(440), { keys: [mediaKey(`${KEY}|1:1`)] });
  room.clock.advance(2000);
  const told = JSON.stringify([call.transports, call.session.media, call.verdict(), mkiOf(1n, 1)]);
  expect(told).not.toContain(KEY.slice(0, 10));
  expect(told).toContain('AES_CM_128_HMAC_SHA1_80');
});

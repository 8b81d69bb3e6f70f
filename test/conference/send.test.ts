import { describe, expect, test } from 'vitest';
import {
  type Call,
  type CallEvent,
  type CallOptions,
  createCall,
  MulticastRtpProvider,
} from '../../conference/index.ts';
import {
  parseComfortNoise,
  parseExtensionElements,
  parseRtpPacket,
  type RtpPacket,
} from '../../src/rtp/index.ts';
import { planMedia } from '../../conference/rtp/index.ts';
import { SessionDescription } from '../../src/sdp/index.ts';
import { ArraySink, ArraySource, silence } from '../support/array-terminals.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryNetwork } from '../support/memory-network.ts';
import { sine } from '../support/tone-meter.ts';

const PORT = 5004;
const sdp = (...media: string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=x', 'c=IN IP4 239.255.1.1/15', 't=0 0', ...media, ''].join('\r\n');

/** Noise of −60 dBFS, and over it a tone of −20 dBFS from each beginning to each end, seconds. */
function room(seconds: number, tones: readonly (readonly [from: number, to: number])[]): Float32Array {
  const samples = sine(1000, 0.1 * Math.SQRT2, 8000, seconds);
  let state = 1;
  return samples.map((sample, i) => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    const noise = (state / 2 ** 31 - 1) * 0.001 * Math.sqrt(3);
    return noise + (tones.some(([from, to]) => i >= from * 8000 && i < to * 8000) ? sample : 0);
  });
}

interface Sent extends RtpPacket {
  readonly at: number;
}

async function join(options: Partial<CallOptions> & { description?: string; source?: ArraySource } = {}) {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock);
  const {
    description = sdp(`m=audio ${PORT} RTP/AVP 0`),
    source = new ArraySource(room(10, [])),
    ...rest
  } = options;
  let seed = 7;
  const random = (): number => {
    seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const make = (name: string, host: string, more: Partial<CallOptions>): Call =>
    createCall(description, {
      provider: new MulticastRtpProvider({ openSocket: network.host(host) }),
      participant: { name, cname: `${name}@test` },
      clock,
      random,
      ...more,
    });
  const call = make('anna', '10.0.0.1', rest);
  const events: CallEvent[] = [];
  call.onAny((event) => events.push(event));
  const listener = make('berta', '10.0.0.2', {});
  const heard = new ArraySink(listener.streams.find((it) => it.direction === 'render')?.format);
  listener.streams.find((it) => it.direction === 'render')?.attach(heard);
  listener.streams.find((it) => it.direction === 'capture')?.attach(silence());
  const out = call.streams.find((it) => it.direction === 'capture');
  out?.attach(source);
  await listener.connect();
  await call.connect();
  const sent = (): Sent[] =>
    network.wire
      .filter(({ port, from }) => port === PORT && from.address === '10.0.0.1')
      .map(({ bytes, at }) => ({ ...parseRtpPacket(bytes), at }));
  return { clock, network, call, listener, events, out, heard, sent };
}

describe('voice activity', () => {
  const speech = room(10, [
    [3.005, 4],
    [6.5, 7],
  ]);

  test('of a room only the voice is sent, with the moments before it, a marker, and time that goes on', async () => {
    const { clock, sent } = await join({ source: new ArraySource(speech), voiceDetection: 'adaptive' });
    clock.advance(9000);
    const packets = sent();
    const spurts = packets.filter(({ marker }) => marker);
    const later = packets.filter(({ at }) => at > 2000); // until then it gets to know the room
    const first = later[0];
    expect(spurts.slice(-2).map(({ at }) => Math.round(at / 20) * 20)).toEqual(
      later.filter(({ marker }) => marker).map(({ at }) => Math.round(at / 20) * 20),
    );
    expect(later.filter(({ marker }) => marker)).toHaveLength(2);
    // three at once: two of 20 ms before, and the one in which it was noticed
    expect(later.slice(0, 4).map(({ at }) => at - (first?.at ?? 0))).toEqual([0, 0, 0, 20]);
    for (let i = 1; i < later.length; i++) {
      expect(later[i]?.sequenceNumber).toBe(((later[i - 1]?.sequenceNumber ?? 0) + 1) & 0xffff);
    }
    const second = later.findLast(({ marker }) => marker);
    // from the first tone to the second: 3.5 s, less 5 ms within the packet
    expect(((second?.timestamp ?? 0) - (first?.timestamp ?? 0)) >>> 0).toBe(3.5 * 8000);
    const milliseconds = later.filter((it) => it.timestamp - (second?.timestamp ?? 0) < 0).length * 20;
    expect(milliseconds).toBe(40 + 1000 + 300); // before, the tone, hang-over
  });

  test('the others hear the voice from its first sample on, at its place in time', async () => {
    const { clock, heard } = await join({ source: new ArraySource(speech), voiceDetection: 'adaptive' });
    clock.advance(9000);
    const loud = [...heard.samples].map((it, i) => (Math.abs(it) > 0.05 ? i : -1)).filter((it) => it >= 0);
    const gap = loud.findIndex((it, i) => it - (loud[i - 1] ?? it) > 8000);
    const [begin = 0, end = 0, again = 0, last = 0] = [loud[0], loud[gap - 1], loud[gap], loud.at(-1)];
    expect((end - begin) / 8000).toBeCloseTo(0.995, 2);
    expect((last - again) / 8000).toBeCloseTo(0.5, 2);
    expect((again - begin) / 8000).toBeCloseTo(3.495, 1);
  });

  test('where the description has comfort noise, silence is told of as it begins, with its level', async () => {
    const { clock, sent, heard } = await join({
      source: new ArraySource(speech),
      voiceDetection: 'adaptive',
      description: sdp(`m=audio ${PORT} RTP/AVP 0 13`),
    });
    clock.advance(9000);
    const noise = sent().filter(({ payloadType, at }) => payloadType === 13 && at > 4000);
    expect(noise.length).toBeGreaterThanOrEqual(3); // twice as it begins, and every two seconds
    expect(noise.every(({ marker }) => !marker)).toBe(true);
    for (const { payload } of noise) {
      const { level } = parseComfortNoise(payload);
      expect(level).toBeGreaterThan(57);
      expect(level).toBeLessThan(64);
    }
    expect(heard.seconds).toBeGreaterThan(8);
  });

  test('linear formats go without pauses, in silence and where the source is late', async () => {
    const source = new ArraySource(new Float32Array(48_000), { sampleRate: 48_000, channels: 1 });
    const { clock, sent, out, call } = await join({
      source,
      description: sdp(`m=audio ${PORT} RTP/AVP 96`, 'a=rtpmap:96 L24/48000', 'a=ptime:1'),
    });
    clock.advance(900);
    expect(sent().length).toBeGreaterThanOrEqual(900);
    expect(sent().filter(({ marker }) => marker)).toHaveLength(1);
    call.local.muted = true;
    const before = sent().length;
    clock.advance(100);
    expect(sent().length).toBe(before);
    expect(out?.state).toBe('active');
  });
});

describe('push-to-talk in a call', () => {
  test('nothing is sent until the key is pressed, nor of the time before it', async () => {
    const source = new ArraySource(sine(1000, 0.3, 8000, 20));
    const { clock, sent, call, events } = await join({ source, pushToTalk: {}, voiceDetection: 'adaptive' });
    clock.advance(2000);
    expect(sent()).toEqual([]);
    expect(call.talk.state).toBe('idle');
    call.talk.press();
    clock.advance(1000);
    const pressed = sent();
    expect(pressed.length * 20).toBeCloseTo(1000, -2);
    expect(pressed[0]).toMatchObject({ marker: true });
    expect(pressed[1]?.at).toBeGreaterThan(pressed[0]?.at ?? 0);
    call.talk.release();
    clock.advance(1000);
    expect((sent().length - pressed.length) * 20).toBeLessThanOrEqual(160);
    expect(events.filter(({ type }) => type === 'floor')).toHaveLength(2);
    await call.disconnect();
  });

  test('says who talks already', async () => {
    const { clock, call, listener, events } = await join({ pushToTalk: {} });
    const mouth = listener.streams.find((it) => it.direction === 'capture');
    mouth?.detach(mouth.terminals[0] ?? silence());
    mouth?.attach(new ArraySource(sine(440, 0.3, 8000, 20)));
    clock.advance(8000);
    call.talk.press();
    const busy = events.find((it) => it.type === 'floorBusy');
    expect(busy?.participants.map(({ displayName }) => displayName)).toEqual(['berta']);
  });
});

test('clipping is told, and not again within five seconds; levels are shown', async () => {
  const { clock, events, out } = await join({
    source: new ArraySource(sine(1000, 1.5, 8000, 30).map((it) => Math.max(-1, Math.min(1, it)))),
  });
  const told = (): CallEvent[] => events.filter(({ type }) => type === 'clipping');
  clock.advance(4900);
  expect(told()).toMatchObject([{ overs: expect.any(Number) }]);
  clock.advance(5000);
  expect(told()).toHaveLength(2);
  expect(told()[1]).toMatchObject({ overs: expect.toSatisfy((it: number) => it > 9000 && it < 11_000) });
  expect(out?.meter?.peakDbfs).toBeCloseTo(0, 1);
});

test('automatic gain control brings what is sent to the level asked for', async () => {
  const { clock, heard } = await join({
    source: new ArraySource(sine(1000, 0.02, 8000, 12)),
    gainTarget: -20,
  });
  clock.advance(10_000);
  const last = heard.last(1);
  const level = 10 * Math.log10(last.reduce((sum, it) => sum + it * it, 0) / last.length);
  expect(level).toBeCloseTo(-20, 0);
});

test('a source that fails leaves the call, and another takes its place', async () => {
  const source = new ArraySource(sine(1000, 0.3, 8000, 20));
  const { clock, sent, out, events } = await join({ source });
  clock.advance(1000);
  source.break('the microphone was pulled out');
  clock.advance(1000);
  const before = sent();
  expect(out?.state).toBe('failed');
  expect(events).toContainEqual(expect.objectContaining({ type: 'streamFailed', cause: 'badDevice' }));
  out?.attach(new ArraySource(sine(500, 0.3, 8000, 20)));
  clock.advance(1000);
  const after = sent().slice(before.length);
  expect(after.length).toBeGreaterThan(45);
  expect(after[0]?.marker).toBe(true);
  // the time without a source counts
  const gap = ((after[0]?.timestamp ?? 0) - (before.at(-1)?.timestamp ?? 0)) >>> 0;
  expect(gap / 8000).toBeCloseTo(1, 1);
});

describe('the level in each packet (RFC 6464)', () => {
  const URI = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
  /** A second of noise, one of a tone of -20 dBFS. @returns elements of a packet amid each */
  async function levels(...attributes: readonly string[]) {
    const description = sdp(`m=audio ${PORT} RTP/AVP 0`, ...attributes);
    const source = new ArraySource(room(3, [[1, 2]]));
    const { clock, sent, heard } = await join({ source, voiceDetection: 'off', description });
    clock.advance(2500);
    const packets = sent();
    expect(heard.seconds).toBeGreaterThan(2);
    return [packets[40], packets[90]].map((it) =>
      it?.extension === undefined ? [] : parseExtensionElements(it.extension),
    );
  }

  test.each([
    { name: 'asked for', attribute: `a=extmap:3 ${URI}`, id: 3, voice: 0x80 },
    { name: 'with an identifier of two bytes', attribute: `a=extmap:20 ${URI}`, id: 20, voice: 0x80 },
    { name: 'without telling voices', attribute: `a=extmap:3/sendonly ${URI} vad=off`, id: 3, voice: 0 },
  ])('$name', async ({ attribute, id, voice }) => {
    expect(await levels(attribute)).toEqual([
      [{ id, data: Uint8Array.of(60) }],
      [{ id, data: Uint8Array.of(voice | 20) }],
    ]);
  });

  test.each([`a=extmap:3/recvonly ${URI}`, `a=extmap:300 ${URI}`, 'a=extmap:3 urn:other'])(
    'nothing is put in for %s',
    async (attribute) => expect(await levels(attribute)).toEqual([[], []]),
  );

  test('nor where it could be read though the sound is encrypted', () => {
    const key = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz';
    const description = sdp(`m=audio ${PORT} RTP/SAVP 0`, key, `a=extmap:3 ${URI}`);
    const [plan] = planMedia(SessionDescription.parse(description));
    expect(plan?.audioLevel).toEqual({ id: 3, voice: true, sent: false });
  });
});

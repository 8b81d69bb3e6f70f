import { describe, expect, test } from 'vitest';
import {
  type Call,
  createCall,
  type ForwardOptions,
  MulticastRtpProvider,
  startForwarding,
  ToneSource,
} from '../../conference/index.ts';
import { Origins } from '../../conference/forward/origins.ts';
import { isRtcp, parseRtcpCompound } from '../../src/rtcp/index.ts';
import { parseRtpPacket } from '../../src/rtp/index.ts';
import { ArraySink } from '../support/array-terminals.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryNetwork } from '../support/memory-network.ts';

const [HERE, THERE, HOST] = ['239.255.1.1', '239.255.2.2', '10.9.9.9'] as const;
const CRYPTO = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';

function sdp(group: string, port: number, proto = 'RTP/AVP', ...attributes: string[]): string {
  const media = [`m=audio ${port} ${proto} 0`, ...attributes];
  return ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=x', `c=IN IP4 ${group}/15`, 't=0 0', ...media, ''].join(
    '\r\n',
  );
}

class Lab {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork(this.clock);

  async join(number: number, description: string, direction: 'sendrecv' | 'recvonly'): Promise<Call> {
    let state = number * 7919;
    const call = createCall(description, {
      provider: new MulticastRtpProvider({ openSocket: this.network.host(`10.0.0.${number}`) }),
      participant: { cname: `member${number}@test` },
      clock: this.clock,
      random: () => {
        state = (state * 1_664_525 + 1_013_904_223) >>> 0;
        return state / 2 ** 32;
      },
      direction,
    });
    const tone = new ToneSource(440, -12, { sampleRate: 8000, channels: 1 });
    for (const it of call.streams) it.attach(it.direction === 'capture' ? tone : new ArraySink());
    await call.connect();
    return call;
  }
  async forward(number: number, description: string, to: ForwardOptions['to'], decrypt = false) {
    const { session } = await this.join(number, description, 'recvonly');
    return startForwarding({ session, to, decrypt, openSocket: this.network.host(`10.0.0.${number}`) });
  }
  /** What went to an address, of RTP or of RTCP, of these authors. */
  sent(address: string, kind: 'rtp' | 'rtcp', ...ssrcs: readonly number[]): Uint8Array[] {
    return this.network.wire
      .filter(({ group, bytes }) => group === address && isRtcp(bytes) === (kind === 'rtcp'))
      .map(({ bytes }) => bytes)
      .filter((bytes) => ssrcs.includes(new DataView(bytes.buffer).getUint32(kind === 'rtp' ? 8 : 4)));
  }
}
const ssrcOf = (call: Call): number => call.transports[0]?.ssrc ?? -1;

test('two that forward to each other make no loop, of RTP or of RTCP', async () => {
  const lab = new Lab();
  const there = await lab.forward(1, sdp(HERE, 5004), { address: THERE, port: 6000 });
  const back = await lab.forward(2, sdp(THERE, 6000), { address: HERE, port: 5004 });
  const talker = await lab.join(3, sdp(HERE, 5004), 'sendrecv');
  // With the first packet that comes back it takes another SSRC, and knows of the loop from then on (RFC 3550 §8.2).
  const before = ssrcOf(talker);
  lab.clock.advance(30_000);
  const ssrcs = [before, ssrcOf(talker)];
  const [rtp, rtcp] = (['rtp', 'rtcp'] as const).map((kind) => lab.sent(THERE, kind, ...ssrcs).length);
  expect(rtp).toBeGreaterThan(1400);
  expect(rtcp).toBeGreaterThan(3);
  expect(there.stats).toEqual({ rtp, rtcp, looped: Number(rtp) + Number(rtcp), refused: 0, notSent: 0 });
  expect(back.stats).toEqual({ rtp, rtcp, looped: 0, refused: 0, notSent: 0 });
  // the talker's own, and once what has gone there and back
  expect(lab.sent(HERE, 'rtp', ...ssrcs)).toHaveLength(2 * Number(rtp));
  expect(lab.sent(HERE, 'rtcp', ...ssrcs)).toHaveLength(2 * Number(rtcp));
  await there[Symbol.asyncDispose]();
  lab.clock.advance(1000);
  expect(lab.sent(THERE, 'rtp', ...ssrcs)).toHaveLength(Number(rtp));
});

test('what is encrypted is passed on as it is, and in the clear only when that is asked for', async () => {
  const lab = new Lab();
  const description = sdp(HERE, 5004, 'RTP/SAVP', CRYPTO);
  await lab.forward(1, description, { address: THERE, port: 6000 });
  await lab.forward(2, description, { address: HOST, port: 7000 }, true);
  const talker = await lab.join(3, description, 'sendrecv');
  lab.clock.advance(10_000);
  const ssrc = ssrcOf(talker);
  for (const kind of ['rtp', 'rtcp'] as const) {
    const original = lab.sent(HERE, kind, ssrc);
    expect(original.length).toBeGreaterThan(0);
    expect(lab.sent(THERE, kind, ssrc)).toEqual(original);
    const clear = lab.sent(HOST, kind, ssrc);
    expect(clear).toHaveLength(original.length);
    const [first = new Uint8Array()] = clear;
    const content =
      kind === 'rtp'
        ? parseRtpPacket(first).payload.length
        : parseRtcpCompound(first).map(({ type }) => type);
    expect(content).toEqual(kind === 'rtp' ? 160 : ['sr', 'sdes']);
  }
});

test('it is marked as the medium is, and goes no further than asked', async () => {
  const lab = new Lab();
  await lab.forward(1, sdp(HERE, 5004), { address: THERE, port: 6000 });
  await lab.forward(2, sdp(HERE, 5004), { address: HOST, port: 7000 });
  const out = [...lab.network.sockets].filter(({ group }) => group !== HERE);
  expect(out.map(({ group, ttl, qos }) => [group, ttl, qos.requested])).toEqual([
    [THERE, 1, 46],
    [HOST, 64, 46],
  ]);
});

test('our own reports stay here, and so does what is no RTP', async () => {
  const lab = new Lab();
  const forwarding = await lab.forward(1, sdp(HERE, 5004), { address: HOST, port: 7000 });
  lab.clock.advance(20_000);
  const stray = await lab.network.host('10.0.0.7')({ group: HERE, port: 5004 });
  for (const text of ['', 'hello', 'GET / HTTP/1.1\r\n']) stray.send(new TextEncoder().encode(text));
  expect(forwarding.stats).toEqual({ rtp: 0, rtcp: 0, looped: 0, refused: 3, notSent: 0 });
});

describe('where it cannot go', () => {
  test.each([
    [{ address: HERE, port: 5004 }, /239\.255\.1\.1:5004 is where the conference's audio itself is/],
    [{ address: HERE, port: 5005 }, /is where the conference's audio itself is: it would go round/],
    [{ address: HOST, port: 65_535 }, /RTP and RTCP need the ports up to 65536, and there are 65535/],
  ])('%j', async (to, why) => {
    const lab = new Lab();
    await expect(lab.forward(1, sdp(HERE, 5004), to)).rejects.toThrow(why);
  });
});

describe('where sources come from', () => {
  const [one, other] = [
    { address: '10.0.0.1', port: 5004 },
    { address: '10.0.0.2', port: 5004 },
  ];
  test('a source may move once it has been silent for ten seconds', () => {
    const origins = new Origins();
    expect(origins.judge(7, one, 0)).toBe('first');
    expect(origins.judge(7, other, 9000)).toBe('round');
    expect(origins.judge(7, one, 9500)).toBe('first');
    expect(origins.judge(7, { ...one, port: 5006 }, 19_400)).toBe('round');
    expect(origins.judge(7, other, 19_500)).toBe('first');
    expect(origins.judge(7, one, 19_600)).toBe('round');
  });
  test('a flood of invented ones fills no memory, and those known before it go on', () => {
    const origins = new Origins();
    expect(origins.judge(1, one, 0)).toBe('first');
    const judged = Array.from({ length: 10_000 }, (_, i) => origins.judge(i + 2, other, 1000));
    expect(judged.filter((it) => it === 'tooMany')).toHaveLength(10_001 - 4096);
    expect(origins.judge(1, one, 2000)).toBe('first');
    expect(origins.judge(1, other, 2000)).toBe('round');
    expect(origins.judge(20_000, one, 11_500)).toBe('first');
  });
});

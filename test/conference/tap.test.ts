import { expect, test } from 'vitest';
import { createCall, MulticastRtpProvider, ToneSource } from '../../conference/index.ts';
import { parseRtcpCompound } from '../../src/rtcp/index.ts';
import { parseRtpPacket } from '../../src/rtp/index.ts';
import { ArraySink } from '../support/array-terminals.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryNetwork } from '../support/memory-network.ts';

const SDP =
  'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=x\r\nc=IN IP4 239.255.1.1/15\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\n';

test('every datagram of a medium can be seen, ours marked as such, and nothing is shown once it is ended', async () => {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock);
  const join = async (host: string) => {
    const call = createCall(SDP, {
      provider: new MulticastRtpProvider({ openSocket: network.host(host) }),
      participant: { cname: `${host}@test` },
      clock,
    });
    call.streams
      .find((it) => it.direction === 'capture')
      ?.attach(new ToneSource(440, -12, { sampleRate: 8000, channels: 1 }));
    call.streams.find((it) => it.direction === 'render')?.attach(new ArraySink());
    await call.connect();
    return call;
  };
  const anna = await join('10.0.0.1');
  const seen: { kind: string; own: boolean; from: string; to: string; ssrc: number; ttl: unknown }[] = [];
  let media = 0;
  const ends = [
    anna.session.tapDatagrams(({ kind, own, bytes, from, to, ttl, at, wall }) => {
      const ssrc = kind === 'rtp' ? parseRtpPacket(bytes).ssrc : Number(parseRtcpCompound(bytes).length > 0);
      seen.push({ kind, own, from: from.address, to: `${to.address}:${to.port}`, ssrc, ttl });
      expect(at).toBe(clock.now());
      expect(wall).toBeCloseTo(clock.wall(), -1);
    }),
    anna.session.tapMedia((packet) => {
      expect(packet.payload().length).toBe(160);
      media++;
    }),
  ];
  const berta = await join('10.0.0.2');
  clock.advance(10_000);
  const count = (kind: string, own: boolean) =>
    seen.filter((it) => it.kind === kind && it.own === own).length;
  expect(count('rtp', true)).toBe(500 + 1);
  expect(count('rtp', false)).toBe(500 + 1);
  expect(media).toBe(500 + 1);
  expect(count('rtcp', true)).toBeGreaterThan(0);
  expect(count('rtcp', false)).toBeGreaterThan(0);
  const ours = seen.find((it) => it.kind === 'rtp' && it.own);
  expect(ours).toMatchObject({ from: '10.0.0.1', to: '239.255.1.1:5004', ttl: 15 });
  expect(ours?.ssrc).toBe(anna.transports[0]?.ssrc);
  for (const end of ends) end();
  const before = seen.length;
  clock.advance(1000);
  expect(seen.length).toBe(before);
  await anna.disconnect();
  await berta.disconnect();
});

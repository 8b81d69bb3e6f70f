import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Call, createCall, MulticastRtpProvider } from '../../conference/index.ts';
import { randomSourceSpecificGroup } from '../../src/ip/index.ts';
import { parseRtcpCompound, serializeRtcpCompound } from '../../src/rtcp/index.ts';
import { drawPort, type Ear, openEar, until } from './loopback.ts';

const SOURCE = '127.0.0.1';

const report = (ssrc: number): Uint8Array =>
  serializeRtcpCompound([
    { type: 'rr', ssrc, reports: [] },
    { type: 'sdes', chunks: [{ ssrc, items: [{ type: 'cname', text: `listener${ssrc}` }] }] },
  ]);

describe('a source on lo, and listeners that report to it from other addresses', () => {
  const [group, port] = [randomSourceSpecificGroup(SOURCE, 'site', Math.random), drawPort()];
  const listener = createSocket('udp4');
  let call: Call;
  let ear: Ear;
  const heard: number[] = [];
  const transport = () => call.transports[0];

  beforeAll(async () => {
    const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=Lecture', `c=IN IP4 ${group}/15`, 't=0 0'];
    const filter = `a=source-filter: incl IN IP4 ${group} ${SOURCE}`;
    const media = [`m=audio ${port} RTP/AVP 0`, filter, 'a=rtcp-unicast:reflection', ''];
    const provider = new MulticastRtpProvider();
    const participant = { name: 'Source' };
    call = createCall([...lines, ...media].join('\r\n'), { provider, participant, interface: 'lo' });
    await call.connect();
    const sources = [SOURCE];
    ear = await openEar({ group, port: port + 1, interface: 'lo', sources });
    ear.socket.onDatagram(({ bytes }) => {
      const [first] = parseRtcpCompound(bytes);
      if (first?.type === 'rr' && first.ssrc < 10_000) heard.push(first.ssrc);
    });
    listener.bind(0, '127.0.0.9');
    await once(listener, 'listening');
  });
  afterAll(async () => {
    listener.close();
    await Promise.all([call.disconnect(), ear[Symbol.asyncDispose]()]);
  });

  test('what a listener reports is sent on to the group, byte for byte, and who it is is known', async () => {
    const sent = report(7);
    for (let tries = 0; tries < 40 && heard.length === 0; tries++) {
      listener.send(sent, port + 1, SOURCE); // the port is opened soon after the join
      await until(() => heard.length > 0);
    }
    expect(heard[0]).toBe(7);
    expect(ear.heard.some((text) => text === new TextDecoder().decode(sent))).toBe(true);
    expect(call.participants.map(({ cname }) => cname)).toContain('listener7');
  });

  test('a flood stays at the feedback target', async () => {
    heard.length = 0;
    for (let ssrc = 100; ssrc < 1100; ssrc++) listener.send(report(ssrc), port + 1, SOURCE);
    await until(() => (transport()?.rtcpNotReflected ?? 0) > 900);
    expect(transport()?.rtcpNotReflected).toBeGreaterThan(900);
    expect(heard.length).toBeLessThan(100);
  });
});

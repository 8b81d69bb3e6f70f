import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { openMulticastSocket } from '../../src/net/index.ts';
import { serializeRtpPacket } from '../../src/rtp/index.ts';
import { Home } from './cli-program.ts';
import { drawGroup } from './loopback.ts';

const home = new Home();
afterAll(() => home[Symbol.dispose]());

test('[CAL-08] video is passed on byte for byte, and what comes round is left out', async () => {
  const { group, port } = drawGroup();
  const sdp = join(home.path, `camera-${port}.sdp`);
  const media = `m=video ${port} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n`;
  writeFileSync(
    sdp,
    `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Camera\r\nc=IN IP4 ${group}/1\r\nt=0 0\r\n${media}`,
  );
  const bridge = createSocket('udp4');
  const arrived: Buffer[] = [];
  bridge.on('message', (bytes) => arrived.push(bytes));
  bridge.bind(0, '127.0.0.1');
  await once(bridge, 'listening');
  const to = `127.0.0.1:${bridge.address().port}`;
  const here = ['--interface', 'lo', '--loopback', 'selective'];
  await using forward = home.start(['forward', sdp, '--to', to, ...here]);
  while (!forward.err.includes('forwarding')) await delay(20);
  const common = { group, port, interface: 'lo', loopback: true };
  await using camera = await openMulticastSocket({ ...common, join: false });
  await using elsewhere = await openMulticastSocket({ ...common, join: false });
  const packets = Array.from({ length: 50 }, (_, i) =>
    serializeRtpPacket({
      payloadType: 96,
      marker: i % 5 === 4,
      csrcs: [],
      padding: 0,
      sequenceNumber: 65_500 + i > 65_535 ? i - 36 : 65_500 + i,
      timestamp: Math.floor(i / 5) * 3600,
      ssrc: 0xcafe_0001,
      payload: new Uint8Array(900).fill(i),
    }),
  );
  for (const packet of packets) {
    camera.send(packet);
    await delay(2);
  }
  for (const packet of packets.slice(0, 7)) elsewhere.send(packet);
  while (arrived.length < packets.length) await delay(10);
  await delay(100);
  forward.child.kill('SIGINT');
  const { code, err } = await forward.end;
  expect([code, err]).toEqual([
    130,
    expect.stringMatching(/forwarded 50 RTP and \d+ RTCP packets in .*, 7 that came round left out/),
  ]);
  expect(arrived.map((it) => it.toString('hex'))).toEqual(
    packets.map((it) => Buffer.from(it).toString('hex')),
  );
  bridge.close();
  const round = await home.run(['forward', sdp, '--to', `${group}:${port}`, ...here]);
  expect(round.err).toContain('it would go round for ever');
}, 60_000);

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openMulticastSocket } from '../../src/net/index.ts';
import { serializeRtpPacket } from '../../src/rtp/index.ts';
import { Home } from './cli-program.ts';
import { drawGroup } from './loopback.ts';

const home = new Home();
afterAll(() => home[Symbol.dispose]());

test('doctor GROUP tells who sends there, with marks, and what is no RTP; doctor FILE holds them against it', async () => {
  const { group, port } = drawGroup();
  const file = join(home.path, 'talk.sdp');
  const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=Talk', `c=IN IP4 ${group}/1`, 't=0 0'];
  writeFileSync(file, [...lines, `m=audio ${port} RTP/AVP 8`, ''].join('\r\n'));
  await using socket = await openMulticastSocket({
    group,
    port,
    interface: 'lo',
    ttl: 3,
    dscp: 34,
    join: false,
  });
  let sequenceNumber = 0;
  const sending = setInterval(() => {
    const fields = {
      marker: false,
      payloadType: 0,
      timestamp: 160 * sequenceNumber,
      ssrc: 0xabcd,
      csrcs: [],
    };
    sequenceNumber++;
    socket.send(serializeRtpPacket({ ...fields, sequenceNumber, payload: new Uint8Array(4), padding: 0 }));
    if (sequenceNumber % 10 === 0) socket.send(new TextEncoder().encode('G'.repeat(20)));
  }, 20);
  const listen = async (what: string): Promise<{ code: number | null; report: unknown }> => {
    const { code, out } = await home.run([
      'doctor',
      what,
      '--interface',
      'lo',
      '--duration',
      '700ms',
      '--json',
    ]);
    return { code, report: JSON.parse(out) };
  };
  const [byGroup, byFile] = await Promise.all([listen(`${group}:${port}`), listen(file)]);
  clearInterval(sending);
  expect(byGroup.code).toBe(0);
  expect(byGroup.report).toMatchObject({
    ok: true,
    senders: [{ address: '127.0.0.1', ssrc: 0xabcd, payloadTypes: [0], ttl: 3, dscp: 34, missing: 0 }],
    others: [{ address: '127.0.0.1' }],
    checks: [
      { id: 'heard', status: 'ok' },
      { id: 'collision', status: 'warn' },
    ],
  });
  expect(byFile.report).toMatchObject({
    checks: [
      { id: 'heard' },
      { id: 'collision' },
      { id: 'payload', status: 'warn', detail: expect.stringContaining('names 8') },
    ],
  });
  const silent = await home.run([
    'doctor',
    `${group}:${port + 2}`,
    '--interface',
    'lo',
    '--duration',
    '200ms',
  ]);
  expect([silent.code, silent.out]).toEqual([1, expect.stringMatching(/ ✗ Heard +nothing came/)]);
  // conferences are called so, too
  for (const name of ['101', '10:30:00 round']) {
    const { code, err } = await home.run(['doctor', name]);
    expect([code, err]).toEqual([3, expect.stringContaining(`There is no conference "${name}"`)]);
  }
  const wrong = await home.run(['doctor', group, '--listen']);
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('Either a conference')]);
});

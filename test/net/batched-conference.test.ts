import { expect, test } from 'vitest';
import { createCall, MulticastRtpProvider, openSink, openSource } from '../../conference/index.ts';
import { hostOnly, until } from './loopback.ts';

test('two calls hear each other by batches, with RTCP and no loss', async () => {
  const { group, port } = hostOnly(4);
  const description = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 ${group}/1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`;
  const join = async (name: string): Promise<ReturnType<typeof createCall>> => {
    const call = createCall(description, {
      provider: new MulticastRtpProvider({ receive: 'batches' }),
      interface: 'lo',
      loopback: 'selective',
      participant: { name },
    });
    for (const stream of call.streams) {
      const format = stream.format ?? { sampleRate: 8000, channels: 1 };
      stream.attach(
        stream.direction === 'capture'
          ? await openSource('tone:440', { format })
          : await openSink('null', { format }),
      );
    }
    await call.connect();
    return call;
  };
  await using ann = await join('Ann');
  await using bob = await join('Bob');
  const heard = (call: typeof ann, name: string): number =>
    call.participants.find(({ info }) => info.name === name)?.substreams[0]?.stats.packetsReceived ?? 0;
  for (let tries = 0; tries < 5 && Math.min(heard(ann, 'Bob'), heard(bob, 'Ann')) < 20; tries++)
    await until(() => Math.min(heard(ann, 'Bob'), heard(bob, 'Ann')) >= 20);
  for (const call of [ann, bob]) {
    const other = call.participants.find(({ local }) => !local);
    expect(other?.substreams[0]?.stats).toMatchObject({ packetsLost: 0, undecodable: 0, talking: true });
    expect(other?.substreams[0]?.stats.levelDbfs).toBeGreaterThan(-20);
  }
});

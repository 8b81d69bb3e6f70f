import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type Call,
  type CallEvent,
  type CallOptions,
  createCall,
  MulticastRtpProvider,
  openSink,
  openSource,
} from '../../conference/index.ts';
import { loadNativeSockets, observeDscp } from '../../src/net/index.ts';
import { longestSilence, measureTone } from '../support/tone-meter.ts';
import { readWav } from '../support/wav-file.ts';
import { drawGroup, openEar, until } from './loopback.ts';

const folder = mkdtempSync(join(tmpdir(), 'conference-'));
afterAll(() => rmSync(folder, { recursive: true }));
const provider = new MulticastRtpProvider();
const native = await loadNativeSockets();

interface Place {
  readonly group: string;
  readonly port: number;
}
const describeAs = ({ group, port }: Place, media = 'RTP/AVP 0', ...more: string[]): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=test',
    `c=IN IP4 ${group}/1`,
    't=0 0',
    `m=audio ${port} ${media}`,
    ...more,
    '',
  ].join('\r\n');

interface Member {
  readonly call: Call;
  readonly events: CallEvent[];
  readonly recording: string;
}
let recordings = 0;

async function member(
  name: string,
  send: string,
  sdp: string,
  options: Partial<CallOptions> = {},
): Promise<Member> {
  const call = createCall(sdp, {
    provider,
    participant: { name },
    interface: 'lo',
    loopback: 'selective',
    ...options,
  });
  const events: CallEvent[] = [];
  call.onAny((event) => events.push(event));
  const recording = join(folder, `${name}-${recordings++}.wav`);
  for (const stream of call.streams) {
    const format = stream.format === undefined ? {} : { format: stream.format };
    if (stream.direction === 'capture') stream.attach(await openSource(send, format));
    else stream.attach(await openSink(`wav:${recording}`, format));
  }
  return { call, events, recording };
}

describe('two participants on this host', () => {
  test('[CAL-03] [CAL-04] [CAL-09] [PEV-01] [PEV-03] exchange tones, see each other, and leave within two seconds', async () => {
    const sdp = describeAs(drawGroup());
    const anna = await member('anna', 'tone:440,-12', sdp);
    const berta = await member('berta', 'tone:1000,-20', sdp);
    const started = performance.now();
    await Promise.all([anna.call.connect(), berta.call.connect()]);
    await sleep(4500);
    expect(anna.call.participants.map(({ displayName }) => displayName).sort()).toEqual(['anna', 'berta']);
    expect(anna.call.verdict()).toMatchObject({ outcome: 'hearing', summary: 'hearing 1 participant' });
    const [stats] = anna.call.participants.flatMap(({ substreams }) => substreams.map((it) => it.stats));
    expect(stats).toMatchObject({
      packetsLost: 0,
      late: 0,
      undecodable: 0,
      payloadFormat: 'PCMU/8000',
      talking: true,
    });
    expect(stats?.levelDbfs).toBeCloseTo(-20, 0);

    const leaving = performance.now();
    await berta.call.disconnect('that was it');
    expect(performance.now() - leaving).toBeLessThan(2000);
    await until(() => anna.events.some(({ type }) => type === 'participantLeft'));
    expect(anna.events).toContainEqual(
      expect.objectContaining({ type: 'participantLeft', reason: 'that was it' }),
    );
    const lasted = (performance.now() - started) / 1000;
    await anna.call.disconnect();

    for (const { recording, hz, db } of [
      { recording: anna.recording, hz: 1000, db: -20 },
      { recording: berta.recording, hz: 440, db: -12 },
    ]) {
      const { samples0, seconds } = readWav(recording);
      const middle = samples0.subarray(12_000, 28_000);
      const { frequency, levelDbfs } = measureTone(middle, 8000);
      expect(Math.abs(frequency - hz)).toBeLessThan(1); // moves of the playout shift the phase
      expect(levelDbfs).toBeCloseTo(db, 0);
      expect(longestSilence(middle, 8000)).toBeLessThan(0.002); // no gap
      expect(Math.abs(seconds - lasted)).toBeLessThan(0.3); // real time
    }
  });

  test('[CAL-07] [QOS-03] a change of quality during the call is on the packets after it', async () => {
    const place = drawGroup();
    const anna = await member('anna', 'tone:440', describeAs(place), { dscp: 34 });
    await anna.call.connect();
    const see = async (): Promise<number[]> => {
      const { observations } = await observeDscp({ ...place, interface: 'lo', native, durationMs: 400 });
      return observations.map(({ dscp }) => dscp);
    };
    expect(await see()).toEqual([34]);
    anna.call.setQos('best-effort');
    expect(await see()).toEqual([0]);
    expect(anna.call.reserve({ service: 'controlledLoad' })).toMatchObject([{ effective: 34 }]);
    expect(await see()).toEqual([34]);
    await anna.call.disconnect();
  });

  test('[QOS-01] what leaves is marked EF, and arrives so', async () => {
    const place = drawGroup();
    const anna = await member('anna', 'tone:440', describeAs(place), { qos: 'if-available' });
    await anna.call.connect();
    const { observations } = await observeDscp({ ...place, interface: 'lo', native, durationMs: 600 });
    expect(anna.call.transports[0]?.qos).toMatchObject({ requested: 46, effective: 46 });
    expect(observations).toMatchObject([{ dscp: 46, ttl: 1, address: '127.0.0.1' }]);
    expect(anna.events.map(({ type }) => type)).not.toContain('qos');
    await anna.call.disconnect();
  });

  test('[LOO-02] with loopback none the lo interface is told to be deaf to it, and our own packets are dropped', async () => {
    const anna = await member('anna', 'tone:440', describeAs(drawGroup()), { loopback: 'none' });
    await anna.call.connect();
    expect(anna.events).toContainEqual(
      expect.objectContaining({
        type: 'warning',
        code: 'loopbackInterface',
        message: expect.stringContaining('lo'),
      }),
    );
    await until(() => (anna.call.transports[0]?.ownLooped ?? 0) > 10);
    expect(anna.call.transports[0]?.ownLooped).toBeGreaterThan(10);
    expect(anna.call.participants.length).toBe(1);
    await anna.call.disconnect();
  });

  test('[LOO-03] with full loopback one hears oneself', async () => {
    const anna = await member('anna', 'tone:700,-12', describeAs(drawGroup()), { loopback: 'full' });
    await anna.call.connect();
    await sleep(1500);
    await anna.call.disconnect();
    expect(measureTone(readWav(anna.recording).samples0.subarray(-8000), 8000).frequency).toBeCloseTo(700, 0);
  });

  test('an L16 stereo conference at 44.1 kHz is heard at full quality', async () => {
    const sdp = describeAs(drawGroup(), 'RTP/AVP 10');
    const anna = await member('anna', 'tone:9000,-12', sdp);
    const berta = await member('berta', 'null', sdp);
    await Promise.all([anna.call.connect(), berta.call.connect()]);
    await sleep(1500);
    await Promise.all([anna.call.disconnect(), berta.call.disconnect()]);
    const { samples0, format } = readWav(berta.recording);
    expect(format).toEqual({ sampleRate: 44_100, channels: 2 });
    const { frequency, levelDbfs, totalDbfs } = measureTone(samples0.subarray(20_000, 50_000), 44_100);
    expect(frequency).toBeCloseTo(9000, 0);
    expect(levelDbfs).toBeCloseTo(-12, 1);
    expect(totalDbfs - levelDbfs).toBeLessThan(0.1);
  });

  test('a source filter keeps others out, and the verdict says so', async () => {
    const place = drawGroup();
    const anna = await member('anna', 'tone:440', describeAs(place));
    const deaf = describeAs(place, 'RTP/AVP 0', 'a=source-filter: excl IN IP4 * 127.0.0.1');
    const berta = await member('berta', 'null', deaf);
    await Promise.all([anna.call.connect(), berta.call.connect()]);
    await sleep(1000);
    expect(berta.call.participants.length).toBe(1);
    expect(berta.call.verdict().reasons[0]).toMatchObject({ code: 'sourceFilter' });
    await Promise.all([anna.call.disconnect(), berta.call.disconnect()]);
  });

  test('nobody there: the verdict says what to try', async () => {
    const anna = await member('anna', 'null', describeAs(drawGroup()));
    await anna.call.connect();
    await sleep(500);
    const verdict = anna.call.verdict();
    expect(verdict).toMatchObject({ outcome: 'nothing', participants: 0, summary: 'nobody is heard yet' });
    expect(verdict.reasons).toContainEqual(
      expect.objectContaining({ code: 'alone', tryThis: expect.stringMatching(/second participant/) }),
    );
    await anna.call.disconnect();
  });

  test('[QOS-01] an interface that is not there fails the connect with its name, and leaves nothing open', async () => {
    const anna = await member('anna', 'null', describeAs(drawGroup()), { interface: 'nothere0' });
    await expect(anna.call.connect()).rejects.toThrow(/nothere0/);
    expect(anna.call.state).toBe('disconnected');
  });

  test('a stall of 100 ms loses nothing and is not heard', async () => {
    const place = drawGroup();
    const sdp = describeAs(place);
    const berta = await member('berta', 'null', sdp, { playoutMs: 200 }); // the machine may be busy besides
    await using talker = await openEar({ ...place, interface: 'lo' });
    await berta.call.connect();
    const packet = (sequence: number): Uint8Array => {
      const bytes = new Uint8Array(172).fill(0x90);
      bytes.set([0x80, 0, sequence >> 8, sequence]);
      new DataView(bytes.buffer).setUint32(4, sequence * 160);
      bytes[11] = 7;
      return bytes;
    };
    const start = performance.now();
    for (let sequence = 0; sequence < 100; sequence++) {
      while (performance.now() - start < sequence * 20) await sleep(2);
      talker.socket.send(packet(sequence));
      if (sequence !== 50) continue;
      for (const until = performance.now() + 100; performance.now() < until; ); // nobody gets to run
      for (let i = 1; i <= 5; i++) talker.socket.send(packet(50 + i)); // what was sent meanwhile waits in the kernel
      sequence += 5;
    }
    await sleep(400);
    const [stats] = berta.call.participants.flatMap(({ substreams }) => substreams.map((it) => it.stats));
    expect(stats).toMatchObject({
      packetsReceived: 99, // the first is held until the second proves it
      packetsLost: 0,
      late: 0,
      playoutAdjustments: 0,
    });
    await berta.call.disconnect();
    const { samples0 } = readWav(berta.recording);
    const talk = samples0.subarray(
      samples0.findIndex((it) => it !== 0),
      samples0.findLastIndex((it) => it !== 0),
    );
    expect(longestSilence(talk, 8000)).toBe(0);
    expect(talk.length / 8000).toBeGreaterThan(1.95);
    expect(talk.length / 8000).toBeLessThan(2.15); // what was heard last fades away
  });

  test('thirty talkers are all heard and counted', async () => {
    const place = drawGroup();
    // a fixed delay: on a busy machine an adaptive one moves, and moves break the phase of what is measured
    const listener = await member('ear', 'null', describeAs(place), { playoutMs: 500 });
    await listener.call.connect();
    const talkers = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        member(`t${i}`, `tone:${300 + i * 100},-40`, describeAs(place, 'RTP/AVP 0', 'a=sendonly')),
      ),
    );
    await Promise.all(talkers.map(({ call }) => call.connect()));
    await sleep(4500);
    expect(listener.call.verdict().summary).toBe('hearing 30 participants');
    await Promise.all(talkers.map(({ call }) => call.disconnect()));
    await listener.call.disconnect();
    const heard = readWav(listener.recording).samples0.subarray(16_000, 24_000);
    for (const hz of [300, 1500, 3200]) {
      expect(measureTone(heard, 8000, hz - 20, hz + 20).levelDbfs).toBeCloseTo(-40, 0);
    }
  });
});

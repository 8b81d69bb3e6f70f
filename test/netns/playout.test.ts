import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { event, leave, linesOf, recorded, sentAll } from '../interop/cli-media.ts';
import { type Lab, openLab } from '../kit/netns.ts';
import { PROGRAM, Running } from '../net/cli-program.ts';
import { damage } from '../support/damage.ts';
import { correlateFinely } from '../support/tone-meter.ts';
import { voice } from '../support/voice.ts';
import { readWav, writeWav } from '../support/wav-file.ts';

const RATE = 8000;
const SECONDS = 9;
const folder = mkdtempSync(join(tmpdir(), 'rendezvous-playout-'));
let lab: Lab;
beforeAll(async () => {
  lab = await openLab({ hosts: 2 });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function joins(host: number, ...args: readonly string[]): Running {
  const program = [
    PROGRAM,
    '--data-dir',
    join(folder, `${host}`),
    'join',
    join(folder, 'call.sdp'),
    '--json',
  ];
  return new Running(lab.host(host).spawn(process.execPath, [...program, ...args]));
}

test('a voice over a wire that loses, delays, doubles and reorders packets is heard, and what went wrong is told', async () => {
  const [said, heard] = [join(folder, 'said.wav'), join(folder, 'heard.wav')];
  const group = '239.255.70.1';
  const head = ['v=0', 'o=- 1 1 IN IP4 10.77.0.1', 's=playout', `c=IN IP4 ${group}/1`, 't=0 0'];
  writeFileSync(join(folder, 'call.sdp'), [...head, 'm=audio 5004 RTP/AVP 0', ''].join('\r\n'));
  writeWav(said, voice(SECONDS, RATE), RATE);
  const wire = { loss: 0.05, delayMs: 40, jitterMs: 25, reorder: 0.02, duplicate: 0.05, seed: 7 };
  await using impaired = await lab.host(2).impair({ ...wire, direction: 'in' });

  const ear = joins(2, '--receive', `wav:${heard}`);
  await event(ear, 'joined');
  await lab.host(2).forwarded(group);
  const mouth = joins(1, '--receive', 'null', '--send', `wav:${said}`);
  await sentAll(mouth);
  const did = await impaired.statistics();
  const last = linesOf(ear).findLast(({ type }) => type === 'statistics');
  const figures = last?.participants?.find(({ local }) => !local)?.substreams[0];
  await recorded(heard);
  await leave(mouth);
  await leave(ear);

  if (figures === undefined) throw new Error('nothing is told of who speaks');
  // what the wire did, but for the few packets of RTCP and those before the source was believed
  expect(did.lost).toBeGreaterThan(5);
  expect(figures.quality.lossRuns).toBeGreaterThan(did.lost / 2);
  expect(Math.abs(figures.duplicates - did.duplicated)).toBeLessThan(6);
  expect(figures.reordered).toBeGreaterThanOrEqual(did.overtaking / 2);
  expect(figures.concealedMs).toBeGreaterThan(did.lost * 10);
  expect(figures.jitterMs).toBeGreaterThan(8);
  expect(figures.playoutDelayMs).toBeGreaterThan(40);
  expect(figures.playoutDelayMs).toBeLessThan(400);
  expect(figures.late).toBeLessThan(30);

  const [original, recording] = [readWav(said), readWav(heard)];
  const { shift } = correlateFinely(original, recording, 1000);
  const from = Math.max(0, (shift * RATE) / 100);
  const audio = recording.samples0.subarray(from, from + SECONDS * RATE);
  const { glitchesPerMinute, damagedShare, windows } = damage(original.samples0, audio, RATE);
  expect(windows).toBeGreaterThan(200);
  expect(damagedShare).toBeLessThan(0.15);
  expect((glitchesPerMinute * SECONDS) / 60).toBeLessThan(did.lost * 1.2 + 4); // hardly more than what is lost
}, 120_000);

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { decibels, powerAt } from '../support/tone-meter.ts';
import { readWav } from '../support/wav-file.ts';
import { Home, type Running } from './cli-program.ts';
import { drawGroup } from './loopback.ts';

const home = new Home();
afterAll(() => home[Symbol.dispose]());
const HERE = ['--interface', 'lo', '--loopback', 'selective'];

function describeSession(name: string): string {
  const { group, port } = drawGroup();
  const file = join(home.path, `${name}.sdp`);
  const media = `c=IN IP4 ${group}/1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`;
  writeFileSync(file, `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=${name}\r\n${media}`);
  return file;
}
const talker = (file: string, tone: number, duration: string): Running =>
  home.start(['join', file, ...HERE, '--send', `tone:${tone}`, '--receive', 'null', '--duration', duration]);

test('several conferences are heard together; paging makes the others softer while somebody talks there', async () => {
  const [hall, paging] = [describeSession('Hall'), describeSession('Paging')];
  const heard = join(home.path, 'heard.wav');
  await using _hall = talker(hall, 440, '60s');
  const asked = ['--priority', 'Paging=paging', '--send', 'tone:700', '--talk', 'Paging', '--json'];
  await using operator = home.start(['join', hall, paging, ...HERE, ...asked, '--receive', `wav:${heard}`]);
  await operator.printed(/"type":"verdict","time":"[^"]*","conference":"Hall","outcome":"hearing"/);
  await using pager = talker(paging, 1000, '3s');
  await operator.printed(/"type":"ducking","time":"[^"]*","conference":"Paging","others":\["Hall"\]/);
  expect((await pager.end).out).toContain('somebody is here'); // the operator, who talks there
  await operator.printed(/"type":"ducking-over","time":"[^"]*","conference":"Paging"/);
  operator.child.kill('SIGINT');
  const { code, out } = await operator.end;
  expect(code).toBe(130);
  expect(out.match(/"type":"left"/g)).toHaveLength(2);
  expect(out).toMatch(/"type":"talk-target","time":"[^"]*","name":"Paging"/);
  const { samples0, format } = readWav(heard);
  const levels: number[] = [];
  for (let at = 0; at + format.sampleRate / 5 <= samples0.length; at += format.sampleRate / 5) {
    levels.push(decibels(powerAt(samples0.subarray(at, at + format.sampleRate / 5), format.sampleRate, 440)));
  }
  expect(Math.max(...levels)).toBeCloseTo(-18, 0);
  expect(levels.filter((it) => it > -40 && it < -36).length).toBeGreaterThan(4); // for a second at least
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Home } from './cli-program.ts';
import { drawGroup } from './loopback.ts';

test('push-to-talk by commands and by signals: nothing is sent but while it is pressed', async () => {
  using home = new Home();
  const { group, port } = drawGroup();
  const sdp = join(home.path, 'talk.sdp');
  const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=x', `c=IN IP4 ${group}/1`, 't=0 0'];
  writeFileSync(sdp, [...lines, `m=audio ${port} RTP/AVP 0`, ''].join('\r\n'));
  const args = [
    '--interface',
    'lo',
    '--json',
    '--send',
    'tone:440',
    '--receive',
    'null',
    '--ptt',
    '--commands',
  ];
  await using talker = home.start(['join', sdp, ...args], { stdin: undefined });
  const floors = (): string[] =>
    talker.out
      .split('\n')
      .filter((line) => line.includes('"floor"'))
      .map((line) => /"state":"(\w+)","cause":"(\w+)"/.exec(line)?.slice(1).join(' ') ?? '');
  await talker.printed(/"joined"/);
  await talker.printed(/"statistics"/);
  expect(/"rtpSent":(\d+)/.exec(talker.out.slice(talker.out.indexOf('"statistics"')))?.[1]).toBe('0');
  talker.type('press\nsing\n');
  await talker.printed(/"command"/);
  talker.type('release\n');
  await expect.poll(floors, { timeout: 10_000 }).toHaveLength(2);
  talker.child.kill('SIGUSR1');
  await expect.poll(floors, { timeout: 10_000 }).toHaveLength(3);
  talker.child.kill('SIGUSR2');
  await expect.poll(floors, { timeout: 10_000 }).toHaveLength(4);
  talker.type('press\n');
  await expect.poll(floors, { timeout: 10_000 }).toHaveLength(5);
  talker.child.stdin.end(); // whoever pressed has died
  await expect.poll(floors, { timeout: 10_000 }).toHaveLength(6);
  talker.child.kill('SIGINT');
  expect((await talker.end).code).toBe(130);
  expect(floors()).toEqual([1, 2, 3].flatMap(() => ['talking pressed', 'idle released']));
  expect(talker.out).toContain('\\"sing\\" is not a command');
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeWav } from '../support/wav-file.ts';
import { Home } from './cli-program.ts';
import { drawGroup } from './loopback.ts';

test('play --loop ends where there is nothing to send, and goes on where there is', async () => {
  using home = new Home();
  const { group, port } = drawGroup();
  const sdp = join(home.path, 'round.sdp');
  const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=x', `c=IN IP4 ${group}/1`, 't=0 0'];
  writeFileSync(sdp, [...lines, `m=audio ${port} RTP/AVP 0`, ''].join('\r\n'));
  const file = join(home.path, 'tone.wav');
  writeWav(file, new Float32Array(4000).fill(0.1), 8000);
  const empty = join(home.path, 'empty.wav');
  writeWav(empty, new Float32Array(0), 8000);
  const to = ['--to', sdp, '--interface', 'lo', '--loop'];
  await using looping = home.start(['play', file, ...to]);
  const { code, err } = await home.run(['play', empty, ...to]);
  expect([code, err]).toEqual([0, expect.stringContaining('sent 0 packets')]);
  await expect.poll(() => looping.err, { timeout: 20_000 }).toContain('playing');
  expect(looping.child.exitCode).toBeNull();
  looping.child.kill('SIGINT');
  const ended = await looping.end;
  expect([ended.code, ended.err]).toEqual([130, expect.stringMatching(/sent \d+ packets/)]);
});

import { afterAll, expect, test } from 'vitest';
import { event, HERE, leave, MEDIA, User } from './cli-media.ts';

const user = new User();
afterAll(() => user[Symbol.dispose]());

// RFC 3550 §6.3.5 gives it five report intervals of five seconds
test('[PEV-08] a foreign sender that dies is told as inactive, and then as timed out, by its CNAME', async () => {
  const [medium] = MEDIA;
  const { group, port, name } = await user.publish('Killed', medium.spec);
  await using ear = await user.join({ name }, ...HERE, '--receive', 'null');
  const url = `rtp://${group}:${port}?localaddr=127.0.0.1&ttl=1&pkt_size=172`;
  const input = ['-nostdin', '-v', 'error', '-re', '-stream_loop', '-1', '-i', user.toneFile(medium)];
  const output = ['-c:a', medium.ffmpeg, '-cname', 'ff@example.org', '-f', 'rtp', url];
  await using ffmpeg = user.home.startOther('ffmpeg', [...input, ...output]);
  await event(ear, 'talking');
  ffmpeg.child.kill('SIGKILL');
  const inactive = await event(ear, 'participant-inactive');
  const gone = await event(ear, 'participant-timeout');
  for (const it of [inactive, gone])
    expect(it.participant).toMatchObject({ cname: 'ff@example.org', active: false });
  expect(Date.parse(inactive.time)).toBeLessThan(Date.parse(gone.time));
  expect((await leave(ear)).some(({ type }) => type === 'participant-left')).toBe(false);
});

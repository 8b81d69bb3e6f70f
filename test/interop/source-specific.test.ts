import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { ForeignProgram } from '../support/foreign-program.ts';
import {
  event,
  expectTones,
  HERE,
  joinedOnLoopback,
  leave,
  MEDIA,
  recorded,
  sentAll,
  User,
} from './cli-media.ts';

const user = new User();
const [medium] = MEDIA;
const SOURCE = '127.0.0.1';
afterAll(() => user[Symbol.dispose]());

/** Sources that members on `lo` have asked for, of one group: from the kernel's list. */
function sourcesAsked(group: string): string[] {
  const word = `0x${Uint8Array.from(group.split('.'), Number).toHex()}`;
  const rows = readFileSync('/proc/net/mcfilter', 'latin1').split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/))
    .flatMap(([, name, mca, source]) => (name === 'lo' && mca === word ? [source ?? ''] : []));
}

describe('a source-specific conference with ffmpeg', () => {
  test('ffmpeg joins the source that our description names, and records what we send', async () => {
    const conference = await user.publish('to ffmpeg', medium.spec, '--source', SOURCE);
    const path = user.file('to-ffmpeg.wav');
    const input = ['-protocol_whitelist', 'file,udp,rtp', '-localaddr', SOURCE, '-i', conference.sdpFile];
    await using ffmpeg = new ForeignProgram('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...input, path]);
    await joinedOnLoopback(conference.group);
    expect(sourcesAsked(conference.group)).toContain('0x7f000001');
    await using mouth = await user.join(
      conference,
      ...HERE,
      '--receive',
      'null',
      '--send',
      `wav:${user.toneFile(medium)}`,
    );
    await sentAll(mouth);
    await leave(mouth);
    await ffmpeg.ended(5000);
    expect(ffmpeg.output).toBe('');
    expectTones(path, medium, 3);
  });

  test('what ffmpeg sends from the source is recorded, also with the source named by hand', async () => {
    const conference = await user.publish('from ffmpeg', medium.spec, '--source', '192.0.2.1');
    const path = user.file('from-ffmpeg.wav');
    await using ear = await user.join(conference, ...HERE, '--source', SOURCE, '--receive', `wav:${path}`);
    expect(sourcesAsked(conference.group)).toContain('0x7f000001');
    const { group, port } = conference;
    const to = `rtp://${group}:${port}?localaddr=${SOURCE}&ttl=1`;
    const rtp = [
      '-c:a',
      medium.ffmpeg,
      '-pkt_size',
      '172',
      '-cname',
      'ff@example.org',
      '-rtpflags',
      '+send_bye',
    ];
    const file = ['-nostdin', '-v', 'error', '-re', '-i', user.toneFile(medium)];
    await using ffmpeg = new ForeignProgram('ffmpeg', [...file, ...rtp, '-f', 'rtp', to]);
    await event(ear, 'participant-left');
    await Promise.all([ffmpeg.ended(5000), recorded(path)]);
    await leave(ear);
    expectTones(path, medium, 3);
  });
});

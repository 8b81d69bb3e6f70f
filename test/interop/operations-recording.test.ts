import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { planMedia, type RecordingManifest } from '../../conference/index.ts';
import { parseSessionDescription } from '../../src/sdp/index.ts';
import { Home, type Running } from '../net/cli-program.ts';
import { drawGroup } from '../net/loopback.ts';
import { adapted, blocksOf, GUIDE } from './operations-guide.ts';

test('every command of the guide on recording does what it says', async () => {
  using home = new Home();
  const { group, port } = drawGroup();
  const sdp = join(home.path, 'lecture.sdp');
  const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=Lecture', `c=IN IP4 ${group}/1`, 't=0 0'];
  writeFileSync(sdp, [...lines, `m=audio ${port} RTP/AVP 0`, ''].join('\r\n'));
  const here = { Lecture: sdp, eth1: 'lo --loopback selective', '192.0.2.7:5004': '127.0.0.1:9' };
  const commands = blocksOf('Recording').flatMap((block) => adapted(block, here).trim().split('\n'));
  const [record, play, forward] = commands.map((line) => (): Running => {
    const [program, ...words] = line.split(' ');
    expect(program).toBe('rendezvous');
    return home.start(words);
  });
  if (record === undefined || play === undefined || forward === undefined) throw new Error('no commands');
  const stop = async (running: Running): Promise<string> => {
    running.child.kill('SIGINT');
    const { code, err } = await running.end;
    expect([code, err]).toEqual([130, expect.not.stringContaining('rror')]);
    return err;
  };
  const talk = ['--send', 'tone:440', '--receive', 'null', '--name', 'Anna'];
  const where = ['--interface', 'lo', '--loopback', 'selective'];
  await using anna = home.start(['join', sdp, ...where, ...talk]);
  await using recorder = record();
  const folder = join(home.path, 'lecture');
  while (!existsSync(join(folder, 'Anna.wav'))) await delay(50); // once she has said who she is
  await using forwarding = forward();
  while (!forwarding.err.includes('forwarding')) await delay(50);
  await stop(anna);
  await stop(recorder);
  const manifest: RecordingManifest = JSON.parse(readFileSync(join(folder, 'recording.json'), 'utf8'));
  expect(manifest.tracks.map(({ file }) => file).toSorted()).toEqual(['Anna.wav', 'mix.wav']);
  expect(manifest.captures).toEqual([expect.objectContaining({ file: 'packets.pcapng', failed: null })]);
  const { code, err } = await play().end;
  expect([code, err]).toEqual([0, expect.stringMatching(/sent \d+ packets/)]);
  const told = await stop(forwarding);
  const [, rtp] = /forwarded (\d+) RTP/.exec(told) ?? [];
  expect(Number(rtp)).toBeGreaterThan(50);
}, 60_000);

const LINES = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=x', 'c=IN IP4 239.1.1.1/1', 't=0 0'];

test('the table of what an hour needs is right', () => {
  const [, table = ''] = /^\| what is sent \| WAV.*\n\|---.*\n((?:\|.*\n)+)/m.exec(GUIDE) ?? [];
  const rows = table.trim().split('\n');
  expect(rows.length).toBeGreaterThan(4);
  const megabytes = (bytesPerSecond: number): string => `${Math.round((bytesPerSecond * 3600) / 1e6)} MB`;
  for (const row of rows) {
    const [, what = '', wav, packets] = row.split('|').map((it) => it.trim());
    const [, encoding = '', clock, channels = '1', ms, kbits] =
      /^(\w+)\/(\d+)(?:\/(\d+))?, (\d+) ms(?:, (\d+) kbit\/s)?$/.exec(what) ?? [];
    const map = `a=rtpmap:96 ${encoding}/${clock}${channels === '1' ? '' : `/${channels}`}`;
    const [plan] = planMedia(
      parseSessionDescription([...LINES, 'm=audio 5004 RTP/AVP 96', map, ''].join('\r\n')),
    );
    const { sampleRate = 0, channels: heard = 0 } = plan?.mixFormat ?? {};
    const samples = sampleRate * heard;
    const sampleBytes = encoding === 'L24' || encoding === 'opus' ? 3 : 2;
    const sent =
      kbits === undefined
        ? Number(clock) * Number(channels) * ({ L16: 2, L24: 3 }[encoding] ?? 1)
        : Number(kbits) * 125;
    // RTP, UDP and IPv4 headers, and an Enhanced Packet Block of pcapng
    const headers = ((12 + 8 + 20 + 32) * 1000) / Number(ms);
    expect([what, wav, packets]).toEqual([what, megabytes(samples * sampleBytes), megabytes(sent + headers)]);
  }
});

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { RecordingManifest } from '../../conference/index.ts';
import { Home } from '../net/cli-program.ts';
import { drawGroup } from '../net/loopback.ts';
import { ForeignProgram } from '../support/foreign-program.ts';

const home = new Home();
afterAll(() => home[Symbol.dispose]());

const PICTURES = ['-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=25', '-t', '3', '-pix_fmt', 'yuv420p'];
const FORMATS = [
  {
    name: 'H.264 (RFC 6184)',
    map: '96 H264/90000',
    codec: ['libx264', '-g', '10', '-bsf:v', 'dump_extra=freq=keyframe'],
    format: 'rtp',
    file: 'h264',
    kind: 'h264',
  },
  {
    name: 'VP8 (RFC 7741)',
    map: '96 VP8/90000',
    codec: ['libvpx', '-g', '10'],
    format: 'rtp',
    file: 'vp8',
    kind: 'ivf',
  },
  {
    name: 'an MPEG-2 transport stream (RFC 2250)',
    map: '33 MP2T/90000',
    codec: ['mpeg2video', '-g', '10'],
    format: 'rtp_mpegts',
    file: 'mpegts',
    kind: 'mpegts',
  },
] as const;

test.concurrent.each(FORMATS)(
  '$name that ffmpeg sends is recorded, and ffmpeg finds every picture',
  async (it) => {
    const { group, port } = drawGroup();
    const plain = it.file;
    const [type = ''] = it.map.split(' ');
    const sdp = join(home.path, `${plain}.sdp`);
    const media = `m=video ${port} RTP/AVP ${type}\r\na=rtpmap:${it.map}\r\n`;
    writeFileSync(
      sdp,
      `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=${plain}\r\nc=IN IP4 ${group}/1\r\nt=0 0\r\n${media}`,
    );
    const folder = join(home.path, `${plain}-${port}`);
    const where = ['--interface', 'lo', '--loopback', 'selective', '--json', '--record', folder];
    await using ear = home.start(['join', sdp, ...where, '--listen', '--receive', 'null']);
    await ear.printed(/"type":"joined"/);
    const url = `rtp://${group}:${port}?localaddr=127.0.0.1&ttl=1&pkt_size=1328`;
    const payload = it.format === 'rtp' ? ['-payload_type', type] : [];
    const coded = ['-c:v', ...it.codec, ...payload, '-f', it.format, url];
    await using ffmpeg = new ForeignProgram('ffmpeg', [
      '-nostdin',
      '-v',
      'error',
      '-re',
      ...PICTURES,
      ...coded,
    ]);
    await ffmpeg.ended(30_000);
    await ear.printed(/"packetsReceived":[1-9]/);
    ear.child.kill('SIGINT');
    const { err } = await ear.end;
    expect(err).toBe('');
    const manifest: RecordingManifest = JSON.parse(readFileSync(join(folder, 'recording.json'), 'utf8'));
    const [track] = manifest.tracks;
    expect(track).toMatchObject({ kind: 'video', encoding: it.file, packetsLost: 0 });
    const path = join(folder, track?.file ?? '');
    const show = [
      '-v',
      'error',
      '-count_frames',
      '-show_entries',
      'format=format_name:stream=nb_read_frames',
    ];
    const told = execFileSync('ffprobe', [...show, '-of', 'csv=p=0', path], { encoding: 'utf8' });
    expect(told).toContain(it.kind);
    // ffmpeg's own muxer of transport streams keeps what does not fill its last packet.
    expect(Number(/\d+/.exec(told)?.[0])).toBeGreaterThanOrEqual(it.file === 'mpegts' ? 74 : 75);
    expect(track?.pictures).toBe(it.file === 'mpegts' ? null : 75);
  },
  60_000,
);

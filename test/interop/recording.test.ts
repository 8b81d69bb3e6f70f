import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { parseWavHeader, type RecordingManifest } from '../../conference/index.ts';
import { Home, PROGRAM, type Running } from '../net/cli-program.ts';
import { drawGroup } from '../net/loopback.ts';

const home = new Home();
afterAll(() => home[Symbol.dispose]());

const HERE = ['--interface', 'lo', '--loopback', 'selective'];
let count = 0;

/** A description of a group of our own, and a folder for what is recorded of it. */
function scene(format: string): { sdp: string; folder: string; port: number; group: string } {
  const { group, port } = drawGroup();
  const folder = join(home.path, `take-${++count}`);
  const sdp = join(home.path, `scene-${count}.sdp`);
  const media = `m=audio ${port} RTP/AVP 96\r\na=rtpmap:96 ${format}\r\n`;
  writeFileSync(
    sdp,
    `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Scene\r\nc=IN IP4 ${group}/1\r\nt=0 0\r\n${media}`,
  );
  return { sdp, folder, port, group };
}

function recorder(sdp: string, folder: string, ...args: string[]): Running {
  const where = ['--listen', '--receive', 'null', '--record', folder];
  return home.start(['join', sdp, ...HERE, '--json', ...where, ...args]);
}

/** Plays a file to the end while it is recorded. @returns what is in the recording */
async function playAndRecord(file: string, format: string, ...formats: string[]) {
  const { sdp, folder, ...rest } = scene(format);
  await using ear = recorder(sdp, folder, '--record-format', formats.join(','));
  await ear.printed(/"type":"joined"/);
  const { code, err } = await home.run(['play', file, '--to', sdp, ...HERE, '--name', 'Anna']);
  expect([code, err]).toEqual([0, expect.stringMatching(/sent \d+ packets/)]);
  await ear.printed(/"type":"participant-left"/);
  ear.child.kill('SIGINT');
  await ear.end;
  const manifest: RecordingManifest = JSON.parse(readFileSync(join(folder, 'recording.json'), 'utf8'));
  const track = (kind: string) => manifest.tracks.find((it) => it.encoding === kind && it.kind === 'audio');
  return { folder, manifest, track, ...rest };
}

/** The bytes of the audio, silence at both ends left out. */
function audioOf(path: string): Buffer {
  const bytes = readFileSync(path);
  const { dataOffset, dataBytes, format } = parseWavHeader(bytes);
  const audio = bytes.subarray(dataOffset, dataOffset + (dataBytes ?? bytes.length));
  const frame = format.channels * 3;
  const [first, last] = [audio.findIndex((it) => it !== 0), audio.findLastIndex((it) => it !== 0)];
  return audio.subarray(first - (first % frame), last + frame - (last % frame));
}

function probe(path: string): { codec: string; seconds: number } {
  const args = ['-v', 'error', '-show_entries', 'stream=codec_name:format=duration', '-of', 'json', path];
  const told: unknown = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' }));
  const { streams, format } = Object(told);
  return { codec: String(streams[0].codec_name), seconds: Number(format.duration) };
}

test('what is recorded, played and recorded again is bit for bit the same; Wireshark knows the streams', async () => {
  const source = join(home.path, 'source.wav');
  const noise = 'aevalsrc=0.4*sin(440*2*PI*t)+0.2*random(0)|0.5*random(1):s=48000:d=2';
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', noise, '-c:a', 'pcm_s24le', source]);
  const first = await playAndRecord(source, 'L24/48000/2', 'wav', 'pcapng');
  const recorded = join(first.folder, first.track('s24le')?.file ?? '');
  expect(audioOf(recorded).equals(audioOf(source))).toBe(true);
  const capture = join(first.folder, 'packets.pcapng');
  const again = [playAndRecord(recorded, 'L24/48000/2', 'wav'), playAndRecord(capture, 'L24/48000/2', 'wav')];
  for (const { folder, track } of await Promise.all(again)) {
    const file = track('s24le');
    expect(file).toMatchObject({ packetsLost: 0, gaps: [] });
    expect(audioOf(join(folder, file?.file ?? '')).equals(audioOf(source))).toBe(true);
  }
  const decode = ['-d', `udp.port==${first.port},rtp`];
  const out = execFileSync('tshark', ['-r', capture, ...decode, '-q', '-z', 'rtp,streams'], {
    encoding: 'utf8',
  });
  expect(out).toMatch(
    new RegExp(`127\\.0\\.0\\.1 +\\d+ +${first.group} +${first.port} .* 500 +0 \\(0\\.0%\\)`),
  );
}, 60_000);

test('Opus is sent and recorded as it is, and ffmpeg hears in it what we do', async () => {
  const source = join(home.path, 'source.opus');
  const tone = ['-f', 'lavfi', '-i', 'sine=frequency=700:duration=2'];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...tone, '-c:a', 'libopus', '-b:a', '48k', source]);
  const { folder, track, manifest } = await playAndRecord(source, 'opus/48000/2', 'opus', 'wav');
  const path = join(folder, track('opus')?.file ?? '');
  const { codec, seconds } = probe(path);
  expect(codec).toBe('opus');
  expect(Math.abs(seconds - manifest.seconds)).toBeLessThan(0.15); // ffprobe counts what is skipped
  // What ffmpeg makes of the Opus file is what we decode ourselves.
  const level = (file: string) =>
    /mean_volume: (-?[\d.]+)/.exec(
      execFileSync('sh', ['-c', `ffmpeg -v info -i "$0" -af volumedetect -f null - 2>&1`, file], {
        encoding: 'utf8',
      }),
    )?.[1];
  expect(Number(level(path))).toBeCloseTo(Number(level(join(folder, track('s24le')?.file ?? ''))), 0);
}, 60_000);

test('killed in the middle, everything can be played; a full disk is told, and the call goes on', async () => {
  const { sdp, folder } = scene('L16/48000/2');
  await using mouth = home.start([
    'join',
    sdp,
    ...HERE,
    '--send',
    'tone:500',
    '--receive',
    'null',
    '--name',
    'Max',
  ]);
  await using ear = recorder(sdp, folder, '--record-format', 'wav,pcapng,rtpdump');
  const small = join(home.path, 'small');
  const mount = 'mkdir -p "$0" && mount -t tmpfs -o size=300k none "$0" && exec "$@"';
  const listens = [
    PROGRAM,
    'join',
    sdp,
    ...HERE,
    '--listen',
    '--receive',
    'null',
    '--json',
    '--duration',
    '5s',
  ];
  const records = ['--record', join(small, 'take'), '--record-format', 'wav'];
  const shell = ['-Urm', 'sh', '-c', mount, small, process.execPath];
  const full = spawn('unshare', [...shell, ...listens, ...records]);
  let said = '';
  full.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await ear.printed(/"type":"joined"/);
  await mouth.printed(/joined/);
  const path = join(folder, 'mix.wav');
  while (!existsSync(path) || (parseWavHeader(readFileSync(path)).dataBytes ?? 0) < 300_000) await delay(50);
  ear.child.kill('SIGKILL');
  await ear.end;
  const files = readdirSync(folder).filter((it) => it.endsWith('.wav'));
  expect(files.length).toBe(2);
  for (const file of files) expect(probe(join(folder, file)).seconds).toBeGreaterThan(1);
  const packets = execFileSync('tshark', [
    '-r',
    join(folder, 'packets.pcapng'),
    '-T',
    'fields',
    '-e',
    'udp.length',
  ]);
  expect(packets.toString().split('\n').length).toBeGreaterThan(100);
  const manifest: RecordingManifest = JSON.parse(readFileSync(join(folder, 'recording.json'), 'utf8'));
  expect(manifest.end).toBeNull();
  const [code] = await once(full, 'close');
  expect([code, said]).toEqual([0, expect.stringContaining('the disk is full: recording stops here')]);
  expect(said).toContain('"type":"left"');
}, 60_000);

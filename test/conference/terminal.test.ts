import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import {
  openSink,
  openSource,
  parseWavHeader,
  StreamSink,
  StreamSource,
  wavHeader,
} from '../../conference/index.ts';
import { deviceCommand } from '../../conference/terminal/presets.ts';
import { DecodeError, InvalidValueError } from '../../src/errors.ts';
import { measureTone, sine } from '../support/tone-meter.ts';
import { readWav, writeWav } from '../support/wav-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'terminals-'));
afterAll(() => rmSync(folder, { recursive: true }));
const MONO = { sampleRate: 8000, channels: 1 };

/** A WAV head with any format code. */
function head(code: number, bits: number, channels = 1, { extensible = false, size = 8 } = {}): Uint8Array {
  const fmt = Buffer.alloc(extensible ? 48 : 24);
  fmt.write('fmt ', 0, 'latin1');
  fmt.writeUInt32LE(fmt.length - 8, 4);
  fmt.writeUInt16LE(extensible ? 0xfffe : code, 8);
  fmt.writeUInt16LE(channels, 10);
  fmt.writeUInt32LE(16_000, 12);
  fmt.writeUInt32LE((16_000 * channels * bits) / 8, 16);
  fmt.writeUInt16LE((channels * bits) / 8, 20);
  fmt.writeUInt16LE(bits, 22);
  if (extensible) fmt.writeUInt16LE(code, 32);
  const odd = Buffer.from('LIST\u0003\0\0\0abc\0', 'latin1');
  const data = Buffer.from('data\0\0\0\0', 'latin1');
  data.writeUInt32LE(size, 4);
  return Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'), odd, fmt, data]);
}

describe('WAV', () => {
  test.each([
    { code: 1, bits: 8, want: 'u8' },
    { code: 1, bits: 16, want: 's16le' },
    { code: 1, bits: 24, want: 's24le' },
    { code: 1, bits: 32, want: 's32le' },
    { code: 3, bits: 32, want: 'f32le' },
    { code: 6, bits: 8, want: 'alaw' },
    { code: 7, bits: 8, want: 'mulaw' },
  ])('format $code of $bits bits is read as $want, extensible too', ({ code, bits, want }) => {
    for (const extensible of [false, true]) {
      expect(parseWavHeader(head(code, bits, 2, { extensible }))).toMatchObject({
        samples: want,
        format: { sampleRate: 16_000, channels: 2 },
        dataBytes: 8,
      });
    }
  });

  test.each([
    ['nothing', new Uint8Array()],
    ['another file', Buffer.from('OggS'.padEnd(64, 'x'))],
    ['a codec', head(2, 4)],
    ['no audio', head(1, 16).subarray(0, 40)],
    ['no channels', head(1, 16, 0)],
  ])('%s is a DecodeError', (_name, bytes) => {
    expect(() => parseWavHeader(bytes)).toThrow(DecodeError);
  });

  test.each([0, 0xffff_ffff])('a length of %d means until the end of the file', (size) => {
    expect(parseWavHeader(head(1, 16, 1, { size })).dataBytes).toBeUndefined();
  });

  test('[TRM-01] [TRM-02] a file is read to its end, then the source has ended', async () => {
    const path = join(folder, 'in.wav');
    const samples = sine(440, 0.5, 16_000, 3);
    writeWav(path, samples, 16_000);
    const source = await openSource(`wav:${path}`);
    expect(source).toMatchObject({
      kind: 'wav',
      direction: 'capture',
      format: { sampleRate: 16_000, channels: 1 },
    });
    const got: number[] = [];
    const block = new Float32Array(320);
    for (let turn = 0; !source.ended && turn < 5000; turn++) {
      const frames = source.read(block);
      got.push(...block.subarray(0, frames));
      if (frames < block.length) await sleep(1);
    }
    expect(got.length).toBe(48_000);
    expect(got[100]).toBeCloseTo(samples[100] ?? 0, 4);
    await source.close();
  });

  test('a recording is whole after close, and readable before it', async () => {
    const path = join(folder, 'out.wav');
    const sink = await openSink(`wav:${path}`, { format: { sampleRate: 8000, channels: 2 } });
    for (let i = 0; i < 100; i++) sink.write(new Float32Array(320).fill(0.5));
    await sleep(50);
    const crashed = parseWavHeader(readFileSync(path)); // as a crash would leave it
    expect(crashed.dataBytes).toBeGreaterThanOrEqual(32_000);
    await sink.close();
    const done = readWav(path);
    expect(done).toMatchObject({ seconds: 2, format: { sampleRate: 8000, channels: 2 } });
    expect(done.samples0.every((it) => it === 0.5)).toBe(true);
    sink.write(new Float32Array(320)); // after close: ignored
    const head = wavHeader(done.format, 64_000);
    expect(head).toEqual(new Uint8Array(readFileSync(path).subarray(0, head.length)));
  });

  test.each([
    ['', 's16le', 16],
    [',bits=24', 's24le', 24],
    [',bits=32', 'f32le', 32],
  ])('a recording with "%s" keeps %s, exact as far as they go', async (bits, samples, exact) => {
    const path = join(folder, `bits${exact}.wav`);
    const sink = await openSink(`wav:${path}${bits}`, { format: { sampleRate: 48_000, channels: 3 } });
    const steps = 2 ** (Math.min(24, exact) - 1);
    const written = Float32Array.from({ length: 999 }, (_, i) => ((i * 7919) % steps) / steps - 0.5);
    sink.write(written);
    await sink.close();
    const bytes = readFileSync(path);
    const header = parseWavHeader(bytes);
    expect(header).toMatchObject({ samples, format: { sampleRate: 48_000, channels: 3 } });
    const source = await openSource(`wav:${path}`);
    const read = new Float32Array(999);
    expect(source.read(read)).toBe(333);
    expect(read).toEqual(written);
    await source.close();
  });

  test('beyond 4 GB the place kept by JUNK becomes ds64, and nothing moves (EBU Tech 3306 §4)', () => {
    const format = { sampleRate: 96_000, channels: 8 };
    const bext = { description: 'd', originator: 'o', reference: 'r', date: new Date(0) };
    const small = wavHeader(format, 1000, { samples: 's24le', bext });
    const large = wavHeader(format, 6e9, { samples: 's24le', bext });
    const name = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
    expect([name(small, 0), name(small, 12), small.length]).toEqual(['RIFF', 'JUNK', large.length]);
    expect([name(large, 0), name(large, 12)]).toEqual(['RF64', 'ds64']);
    expect(parseWavHeader(large)).toEqual({
      format,
      samples: 's24le',
      dataOffset: large.length,
      dataBytes: 6e9,
    });
    expect(parseWavHeader(small).dataBytes).toBe(1000);
  });
});

describe('generated sound', () => {
  test('a tone has its frequency and level; null is silent', async () => {
    const tone = await openSource('tone:440,-20');
    const block = new Float32Array(8000);
    expect(tone.read(block)).toBe(8000);
    expect(measureTone(block, 8000)).toMatchObject({
      frequency: expect.closeTo(440, 1),
      levelDbfs: expect.closeTo(-20, 1),
    });
    const nothing = await openSource('null');
    expect(nothing.read(block)).toBe(8000);
    expect(block.every((it) => it === 0)).toBe(true);
  });

  test.each([
    'tone:0',
    'tone:9000',
    'tone:x',
    'tone:440,3',
    'tone:',
    'wav:',
    'exec:',
    'radio',
    'pcm:-,rate=5',
    'pcm:-,format=mp3',
  ])('%s is refused with a sentence', async (spec) => {
    await expect(openSource(spec)).rejects.toThrow(InvalidValueError);
  });
  test('a file that is not there is told by name', async () => {
    await expect(openSource('wav:/nowhere/x.wav')).rejects.toThrow('/nowhere/x.wav');
    await expect(openSink('wav:/nowhere/x.wav')).rejects.toThrow('/nowhere/x.wav');
    await expect(openSource('pcm:/nowhere/x')).rejects.toThrow('/nowhere/x');
    await expect(openSink('pcm:/nowhere/x')).rejects.toThrow('/nowhere/x');
  });
});

describe('streams of samples', () => {
  test.each([
    { format: 's16le', bytes: [0x00, 0x40, 0x00, 0xc0] },
    { format: 's16be', bytes: [0x40, 0x00, 0xc0, 0x00] },
    { format: 's24le', bytes: [0, 0, 0x40, 0, 0, 0xc0] },
    { format: 's32le', bytes: [0, 0, 0, 0x40, 0, 0, 0, 0xc0] },
    { format: 'f32le', bytes: [0, 0, 0, 0x3f, 0, 0, 0, 0xbf] },
    { format: 'u8', bytes: [0xc0, 0x40] },
  ] as const)('$format, in pieces that cut samples in two', async ({ format, bytes }) => {
    const stdin = Readable.from(
      Array.from(bytes, (byte) => Buffer.of(byte)),
      { objectMode: false },
    );
    const source = await openSource(`pcm:-,format=${format},rate=16000`, { stdin });
    await sleep(20);
    const block = new Float32Array(4);
    expect(source.read(block)).toBe(2);
    expect([...block.subarray(0, 2)]).toEqual([0.5, -0.5]);
    expect(source).toMatchObject({ ended: true, format: { sampleRate: 16_000, channels: 1 } });
  });

  test('[TRM-04] a fast writer is held back, so that memory stays bounded', async () => {
    let made = 0;
    const stdin = new Readable({
      read() {
        made += 1600;
        this.push(Buffer.alloc(1600));
      },
    });
    const source = await openSource('pcm:-', { stdin });
    await sleep(50);
    expect(made).toBeLessThan(200_000);
    const before = made;
    const block = new Float32Array(800);
    for (let i = 0; i < 60; i++) {
      source.read(block);
      await sleep(0);
    }
    expect(made).toBeGreaterThan(before);
    await source.close();
    stdin.destroy();
  });

  test('a live source drops what is too old instead of falling behind', () => {
    const stream = new PassThrough();
    const source = new StreamSource(stream, {
      name: 'mic',
      kind: 'device',
      format: MONO,
      samples: 's16le',
      live: true,
    });
    stream.emit('data', Buffer.alloc(16_000)); // a second at once
    expect(source.droppedFrames).toBe(8000 - 1600);
    expect(source.read(new Float32Array(8000))).toBe(1600);
  });

  test('after running dry a pipe is given time to gather again', () => {
    const stream = new PassThrough();
    const source = new StreamSource(stream, { name: 'pcm:-', kind: 'pcm', format: MONO, samples: 's16le' });
    const block = new Float32Array(160);
    stream.emit('data', Buffer.alloc(320));
    expect(source.read(block)).toBe(0);
    stream.emit('data', Buffer.alloc(960));
    expect([source.read(block), source.read(block), source.read(block), source.read(block)]).toEqual([
      160, 160, 160, 160,
    ]);
    expect(source.read(block)).toBe(0);
    stream.emit('data', Buffer.alloc(320));
    expect(source.read(block)).toBe(0);
  });

  test('a reader that stops costs dropped frames, not memory', async () => {
    const stuck = new Writable({ write: () => {} });
    const sink = new StreamSink(stuck, {
      name: 'pcm:-',
      kind: 'pcm',
      format: MONO,
      samples: 's16le',
      end: false,
    });
    for (let i = 0; i < 500; i++) sink.write(new Float32Array(160));
    expect(sink.droppedFrames).toBeGreaterThan(60_000);
    await sink.close();
  });

  test('[TRM-04] a reader that is gone is a failure, told once', async () => {
    const gone = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    });
    const sink = await openSink('pcm:-', { stdout: gone });
    const told: string[] = [];
    sink.onFailure(({ message }) => told.push(message));
    sink.write(new Float32Array(160));
    sink.write(new Float32Array(160));
    await sleep(10);
    expect(told).toEqual(['pcm:-: whoever was reading has stopped']);
    await sink.close();
  });
});

describe('commands', () => {
  test('[TRM-02] exec gives and takes raw audio, and is told the format', async () => {
    const path = join(folder, 'exec.raw');
    const sink = await openSink(
      `exec:cat > ${path}; echo $RENDEZVOUS_RATE/$RENDEZVOUS_CHANNELS > ${path}.txt`,
      { format: MONO },
    );
    for (let i = 0; i < 10; i++) sink.write(new Float32Array(160).fill(0.25));
    await sink.close();
    expect(readFileSync(path).length).toBe(3200);
    expect(readFileSync(`${path}.txt`, 'utf8')).toBe('8000/1\n');
    const source = await openSource(`exec:cat ${path}`, { format: MONO });
    await sleep(100);
    const block = new Float32Array(2000);
    expect(source.read(block)).toBe(1600);
    expect(block[10]).toBe(0.25);
    await source.close();
  });

  test('[TRM-04] a command that dies is told with its last words', async () => {
    const source = await openSource('exec:echo no such device >&2; exit 3');
    const message = await new Promise<string>((resolve) => {
      source.onFailure((failure) => resolve(failure.message));
    });
    expect(message).toMatch(/ended with exit code 3: no such device/);
    await source.close();
  });

  test('close stops the command and what it started, also one that does not listen', async () => {
    const source = await openSource('exec:trap "" TERM; sleep 60 & wait; sleep 60');
    const started = Date.now();
    await source.close();
    expect(Date.now() - started).toBeLessThan(1500);
  });

  test.each([
    {
      device: 'mic',
      program: 'arecord',
      want: ['-q', '-t', 'raw', '-f', 'S16_LE', '-r', '8000', '-c', '1', '-'],
    },
    {
      device: 'speaker',
      program: 'sox',
      want: '-q -t raw -e signed-integer -b 16 -L -r 8000 -c 1 - -d'.split(' '),
    },
    { device: 'mic', program: 'ffmpeg', want: expect.arrayContaining(['alsa', 's16le', '8000']) },
    { device: 'speaker', program: 'pw-cat', want: expect.arrayContaining(['--playback', '--raw', 's16']) },
    {
      device: 'mic',
      program: 'pacat',
      want: expect.arrayContaining(['--record', '--format=s16le', '--latency-msec=20']),
    },
  ] as const)('[TRM-02] $device with $program', async ({ device, program, want }) => {
    const bin = mkdtempSync(join(folder, 'bin-'));
    writeFileSync(join(bin, program), '#!/bin/sh\necho --raw\n', { mode: 0o755 });
    const [path, ...args] = await deviceCommand(device, '', MONO, { env: { PATH: bin }, platform: 'linux' });
    expect(path).toBe(join(bin, program));
    expect(args).toEqual(want);
  });

  test('[TRM-02] the program of the sound system that runs is taken, and none that is too old', async () => {
    const bin = mkdtempSync(join(folder, 'bin-'));
    const run = mkdtempSync(join(folder, 'run-'));
    for (const program of ['pw-cat', 'pacat', 'sox']) {
      writeFileSync(join(bin, program), '#!/bin/sh\necho --rate\n', { mode: 0o755 });
    }
    const choose = async (env: Record<string, string>) =>
      (await deviceCommand('mic', 'Desk', MONO, { env: { PATH: bin, ...env }, platform: 'linux' }))[0];
    expect(await choose({ PULSE_SERVER: 'unix:/nowhere' })).toBe(join(bin, 'pacat'));
    writeFileSync(join(run, 'pipewire-0'), '');
    expect(await choose({ XDG_RUNTIME_DIR: run })).toBe(join(bin, 'pacat')); // this pw-cat knows no --raw
    writeFileSync(join(bin, 'pw-cat'), '#!/bin/sh\necho --raw\n', { mode: 0o755 });
    expect(await choose({ XDG_RUNTIME_DIR: run })).toBe(join(bin, 'pw-cat'));
  });

  test('no program at all: the message names what to install', async () => {
    const nothing = { env: { PATH: '' }, platform: 'linux' } as const;
    await expect(openSource('mic', nothing)).rejects.toThrow(
      /pw-cat, pacat, arecord, sox, ffmpeg.*alsa-utils/,
    );
    await expect(openSink('speaker', nothing)).rejects.toThrow(/pw-cat, pacat, aplay, sox, ffmpeg/);
  });
});

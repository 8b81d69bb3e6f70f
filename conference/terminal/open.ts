import { createReadStream, createWriteStream } from 'node:fs';
import { InvalidValueError } from '../../src/errors.ts';
import { type AudioFormat, requireFormat } from '../audio/index.ts';
import { openCommandSink, openCommandSource } from './command.ts';
import { NullSink, SilenceSource, ToneSource } from './generated.ts';
import { deviceCommand } from './presets.ts';
import { isSampleFormat, type SampleFormat } from './sample-format.ts';
import { StreamSink } from './stream-sink.ts';
import { StreamSource } from './stream-source.ts';
import type { AudioSink, AudioSource, TerminalOptions } from './terminal.ts';
import { channelIdentification, sweep, whiteNoise } from './test-signals.ts';
import { openWavSink } from './wav-sink.ts';
import { openWavSource } from './wav-source.ts';

const DEFAULT_FORMAT: AudioFormat = { sampleRate: 8000, channels: 1 };
const DEFAULT_TONE_DBFS = -18;

/** What can follow `--send`; for help texts. */
export const SOURCE_KINDS =
  'wav:FILE, loop:FILE, pcm:-[,rate=HZ][,channels=N][,format=s16le], tone:HZ[,DBFS], noise[:DBFS], sweep[:DBFS], ident, mic[:NAME], null, exec:COMMAND';
/** What can follow `--receive`; for help texts. */
export const SINK_KINDS =
  'wav:FILE[,bits=16|24|32], pcm:-[,rate=HZ][,channels=N][,format=s16le], speaker[:NAME], null, exec:COMMAND';

/**
 * Opens what is to be sent.
 *
 * - `wav:FILE` a WAV file, once from its beginning, at its own rate
 * - `pcm:-`, `pcm:FILE` raw samples; `,rate=`, `,channels=`, `,format=` (u8, s16le, s16be, s24le, s32le, f32le, f64le,
 *   mulaw, alaw) say of what kind, by default 16-bit little-endian in the stream's own format
 * - `tone:440`, `tone:440,-20` a sine of that many Hz and dBFS (default −18)
 * - `loop:FILE` a WAV file again and again, without a gap
 * - `noise`, `noise:-20` white noise; `sweep`, `sweep:-20` from 20 Hz up, each 10 s; `ident` tones that tell the channels
 *   apart (channel 1 is broken once in four seconds, channel 2 twice, …)
 * - `null` nothing
 * - `mic`, `mic:NAME` a microphone, through pw-cat, pacat, arecord, sox or ffmpeg, whichever is on PATH and fits the sound
 *   system that runs; NAME as `listDevices` gives it, or a part of it
 * - `exec:COMMAND` what the shell command writes: 16-bit little-endian PCM with the rate and channel count that it
 *   finds in RENDEZVOUS_RATE and RENDEZVOUS_CHANNELS
 *
 * @throws {InvalidValueError} when the text is none of these, or what it names cannot be opened
 * @throws {DecodeError} when a WAV file cannot be read
 */
export async function openSource(spec: string, options: TerminalOptions = {}): Promise<AudioSource> {
  const format = options.format ?? DEFAULT_FORMAT;
  requireFormat(format);
  const [kind, rest] = split(spec);
  switch (kind) {
    case 'wav':
      return openWavSource(requireRest(spec, rest, 'wav:talk.wav'));
    case 'loop':
      return openWavSource(requireRest(spec, rest, 'loop:music.wav'), 0, true);
    case 'pcm':
      return openPcmSource(spec, requireRest(spec, rest, 'pcm:-'), format, options);
    case 'tone':
      return openTone(spec, rest, format);
    case 'noise':
      return whiteNoise(spec, levelOf(spec, rest), format);
    case 'sweep':
      return sweep(spec, levelOf(spec, rest), format);
    case 'ident':
      return channelIdentification(spec, format);
    case 'null':
      return new SilenceSource(format);
    case 'mic':
      return openCommandSource(
        {
          name: spec,
          kind: 'device',
          command: await deviceCommand('mic', rest, format, options),
          format,
          samples: 's16le',
          live: true,
        },
        options,
      );
    case 'exec':
      return openCommandSource(execTerminal(spec, rest, format), options);
    default:
      throw unknown(spec, SOURCE_KINDS);
  }
}

/**
 * Opens where what is heard goes: `wav:FILE`, `pcm:-`, `pcm:FILE`, `null`, `speaker`, `speaker:NAME`, `exec:COMMAND`; the details are
 * those of {@link openSource}. A WAV file has 16 bits, 24 when the stream has more than 16, or as `,bits=` says: 16, 24,
 * or 32 for floating point.
 *
 * @throws {InvalidValueError} when the text is none of these, or what it names cannot be opened
 */
export async function openSink(spec: string, options: TerminalOptions = {}): Promise<AudioSink> {
  const format = options.format ?? DEFAULT_FORMAT;
  requireFormat(format);
  const [kind, rest] = split(spec);
  switch (kind) {
    case 'wav':
      return openWav(spec, requireRest(spec, rest, 'wav:heard.wav'), format, options);
    case 'pcm':
      return openPcmSink(spec, requireRest(spec, rest, 'pcm:-'), format, options);
    case 'null':
      return new NullSink(format);
    case 'speaker':
      return openCommandSink(
        {
          name: spec,
          kind: 'device',
          command: await deviceCommand('speaker', rest, format, options),
          format,
          samples: 's16le',
          live: true,
        },
        options,
      );
    case 'exec':
      return openCommandSink(execTerminal(spec, rest, format), options);
    default:
      throw unknown(spec, SINK_KINDS);
  }
}

function split(spec: string): [kind: string, rest: string] {
  const colon = spec.indexOf(':');
  return colon < 0 ? [spec, ''] : [spec.slice(0, colon), spec.slice(colon + 1)];
}

function requireRest(spec: string, rest: string, example: string): string {
  if (rest === '')
    throw new InvalidValueError(`${JSON.stringify(spec)} names nothing; write it like ${example}`);
  return rest;
}

function unknown(spec: string, kinds: string): InvalidValueError {
  return new InvalidValueError(`${JSON.stringify(spec)} is not a sound I know; use one of ${kinds}`);
}

function execTerminal(
  spec: string,
  rest: string,
  format: AudioFormat,
): Parameters<typeof openCommandSource>[0] {
  const command = requireRest(spec, rest, 'exec:"sox in.ogg -t raw …"');
  return { name: `exec:${command}`, kind: 'exec', command, format, samples: 's16le', live: false };
}

function levelOf(spec: string, rest: string): number {
  if (!/^(-\d+(\.\d+)?)?$/.test(rest)) {
    throw new InvalidValueError(`${JSON.stringify(spec)} has no level; write it like noise:-20`);
  }
  return rest === '' ? DEFAULT_TONE_DBFS : Number(rest);
}

function openTone(spec: string, rest: string, format: AudioFormat): ToneSource {
  const match = /^(\d+(?:\.\d+)?)(?:,(-\d+(?:\.\d+)?))?$/.exec(rest);
  if (match === null) {
    throw new InvalidValueError(
      `${JSON.stringify(spec)} is not a tone; write it like tone:440 or tone:440,-20`,
    );
  }
  return new ToneSource(Number(match[1]), Number(match[2] ?? DEFAULT_TONE_DBFS), format);
}

interface PcmSpec {
  readonly path: string;
  readonly format: AudioFormat;
  readonly samples: SampleFormat;
}

function parsePcm(spec: string, rest: string, fallback: AudioFormat): PcmSpec {
  const parts = rest.split(',');
  let samples: SampleFormat = 's16le';
  let { sampleRate, channels } = fallback;
  let end = parts.length;
  for (; end > 1; end--) {
    const option = /^(rate|channels|format)=(.*)$/.exec(parts[end - 1] ?? '');
    if (option === null) break; // a comma in the file's name
    const [, name, value = ''] = option;
    if (name === 'rate') sampleRate = Number(value);
    else if (name === 'channels') channels = Number(value);
    else if (isSampleFormat(value)) samples = value;
    else
      throw new InvalidValueError(`${JSON.stringify(spec)}: ${value} is not a sample format such as s16le`);
  }
  requireFormat({ sampleRate, channels });
  return { path: parts.slice(0, end).join(','), format: { sampleRate, channels }, samples };
}

const WAV_BITS: Readonly<Record<string, SampleFormat>> = { 16: 's16le', 24: 's24le', 32: 'f32le' };

function openWav(
  spec: string,
  rest: string,
  format: AudioFormat,
  options: TerminalOptions,
): Promise<AudioSink> {
  const [, path = rest, bits = String(options.bits ?? 16)] = /^(.+),bits=(\w*)$/.exec(rest) ?? [];
  const samples = WAV_BITS[bits];
  if (samples === undefined)
    throw new InvalidValueError(`${JSON.stringify(spec)}: a sound file has 16, 24 or 32 bits`);
  return openWavSink(path, format, { samples });
}

async function openPcmSource(
  spec: string,
  rest: string,
  fallback: AudioFormat,
  options: TerminalOptions,
): Promise<AudioSource> {
  const { path, format, samples } = parsePcm(spec, rest, fallback);
  if (path === '-') {
    return new StreamSource(options.stdin ?? process.stdin, { name: 'pcm:-', kind: 'pcm', format, samples });
  }
  const stream = createReadStream(path, { highWaterMark: 16_384 });
  await opened(stream, `Cannot read ${path}`);
  const onClose = (): Promise<void> => {
    stream.destroy();
    return Promise.resolve();
  };
  const source = new StreamSource(stream, {
    name: `pcm:${path}`,
    kind: 'pcm',
    format,
    samples,
    steady: true,
    onClose,
  });
  await source.ready();
  return source;
}

async function openPcmSink(
  spec: string,
  rest: string,
  fallback: AudioFormat,
  options: TerminalOptions,
): Promise<AudioSink> {
  const { path, format, samples } = parsePcm(spec, rest, fallback);
  if (path === '-') {
    const out = options.stdout ?? process.stdout;
    return new StreamSink(out, { name: 'pcm:-', kind: 'pcm', format, samples, end: false });
  }
  const stream = createWriteStream(path);
  await opened(stream, `Cannot write ${path}`);
  return new StreamSink(stream, { name: `pcm:${path}`, kind: 'pcm', format, samples, end: true });
}

function opened(stream: NodeJS.EventEmitter, problem: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void =>
      reject(new InvalidValueError(`${problem}: ${error.message}`, { cause: error }));
    stream.once('error', failed);
    stream.once('open', () => {
      stream.off('error', failed);
      resolve();
    });
  });
}

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { type ParticipantJson, parseWavHeader } from '../../conference/index.ts';
import type { ConferenceJson } from '../../directory/index.ts';
import { type Ended, Home, type Running } from '../net/cli-program.ts';
import { correlate, envelope, longestSilence, measureTone, trimSilence } from '../support/tone-meter.ts';

/** What can be asked of `create --media`, with the words of other programs for it. */
export const MEDIA = [
  { spec: 'PCMU', pt: 0, rate: 8000, tones: [440], ffmpeg: 'pcm_mulaw', pay: 'mulawenc ! rtppcmupay' },
  { spec: 'PCMA/8000', pt: 8, rate: 8000, tones: [700], ffmpeg: 'pcm_alaw', pay: 'alawenc ! rtppcmapay' },
  { spec: 'L16/48000/2', pt: 96, rate: 48_000, tones: [440, 660], ffmpeg: 'pcm_s16be', pay: 'rtpL16pay' },
  { spec: 'L16/44100', pt: 11, rate: 44_100, tones: [1000], ffmpeg: 'pcm_s16be', pay: 'rtpL16pay' },
] as const;
export type Medium = (typeof MEDIA)[number];

/** A format, and the tones that its channels have. */
export interface ToneMedium {
  readonly spec: string;
  readonly rate: number;
  readonly tones: readonly number[];
}

/** Of the tones, each a sine of half of full scale. */
const LEVEL_DBFS = -9.03;
/** What we send, and ask others to send. */
export const PACKET_SECONDS = 0.02;
/**
 * A delay that adapts stretches what is heard where the machine is busy, or packets come in bursts as ffmpeg's do (a quarter
 * of a second at 8 kHz). What shall be heard as it was said has a fixed one.
 */
export const STEADY = ['--playout', '400ms'];
export const HERE = ['--interface', 'lo', '--loopback', 'selective', ...STEADY];

/** A conference that the program published, as it gives it out. */
export interface Published {
  readonly name: string;
  readonly group: string;
  readonly port: number;
  readonly payloadType: number;
  /** Where what `show --sdp` printed is kept. */
  readonly sdpFile: string;
}

/** An event of `join --json`. */
export interface JoinLine {
  readonly type: string;
  readonly time: string;
  readonly participant?: ParticipantJson;
  readonly participants?: readonly ParticipantJson[];
  readonly [field: string]: unknown;
}

/** Somebody with a home and a directory in it. */
export class User implements Disposable {
  readonly home = new Home();
  readonly dataDir = join(this.home.path, 'directory');
  #published = 0;

  file(name: string): string {
    return join(this.home.path, name);
  }
  start(...args: readonly string[]): Running {
    return this.home.start([...args, '--data-dir', this.dataDir]);
  }
  /** @returns what it printed @throws when the program fails */
  async run(...args: readonly string[]): Promise<Ended> {
    const ended = await this.start(...args).end;
    if (ended.code !== 0) throw new Error(`${args.join(' ')} ended with ${ended.code}: ${ended.err}`);
    return ended;
  }

  /** `create`, and what `show --sdp` prints in a file. The name gets a number: a test that is tried again has another. */
  async publish(title: string, spec: string, ...options: readonly string[]): Promise<Published> {
    const name = `${title} ${++this.#published}`;
    await this.run('create', name, '--media', `audio:${spec}`, '--scope', 'local', ...options);
    const sdpFile = this.file(`${name.replaceAll(/[ /]/g, '-')}.sdp`);
    writeFileSync(sdpFile, (await this.run('show', name, '--sdp')).bytes);
    const conference: ConferenceJson = JSON.parse((await this.run('show', name, '--json')).out);
    const [medium] = conference.media;
    return {
      name,
      group: medium?.address ?? '',
      port: medium?.port ?? 0,
      payloadType: Number(medium?.formats[0]),
      sdpFile,
    };
  }

  /** Takes part, by the name in the directory, and waits until it has joined. */
  async join({ name }: Pick<Published, 'name'>, ...args: readonly string[]): Promise<Running> {
    const running = this.start('join', name, '--json', ...args);
    await event(running, 'joined');
    return running;
  }

  /** A WAV file with the tones of a medium, one in each channel. */
  toneFile({ spec, rate, tones }: ToneMedium, seconds = 3): string {
    const path = this.file(`tones-${spec.replaceAll('/', '-')}.wav`);
    const channels = tones.map((hz) => `0.5*sin(${hz}*2*PI*t)`).join('|');
    const source = ['-f', 'lavfi', '-i', `aevalsrc=${channels}:s=${rate}:d=${seconds}`];
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...source, path]);
    return path;
  }

  /** A WAV file with a spoken sentence, of a sample rate that no medium here has. */
  speechFile(): string {
    const path = this.file('speech.wav');
    const words = 'The quick brown fox jumps over the lazy dog. Is anybody there?';
    execFileSync('espeak-ng', ['-s', '170', '-w', path, words]);
    return path;
  }

  [Symbol.dispose](): void {
    this.home[Symbol.dispose]();
  }
}

/** The events that it has printed so far. */
export function linesOf(running: Pick<Running, 'out'>): JoinLine[] {
  const whole = running.out.split('\n').slice(0, -1);
  return whole.map((line): JoinLine => JSON.parse(line));
}

/** The first event of this type and kind, printed before or from now on. @throws when it ends without */
export async function event(
  running: Running,
  type: string,
  fits: (line: JoinLine) => boolean = () => true,
): Promise<JoinLine> {
  for (;;) {
    const found = linesOf(running).find((line) => line.type === type && fits(line));
    if (found !== undefined) return found;
    const ended = await Promise.race([once(running.child.stdout, 'data').then(() => undefined), running.end]);
    if (ended !== undefined && !linesOf(running).some((line) => line.type === type && fits(line)))
      throw new Error(`It ended without the event ${type}:\n${ended.out}\n${ended.err}`);
  }
}

/** Leaves as with Ctrl-C. */
export async function leave(running: Running): Promise<JoinLine[]> {
  running.child.kill('SIGINT');
  const ended = await running.end;
  expect(ended).toMatchObject({ code: 130, err: '' });
  return linesOf(ended);
}

/** Waits until everything has been sent, and then until the next statistics: what is under way has arrived by then. */
export async function sentAll(running: Running): Promise<void> {
  const { time } = await event(running, 'source-ended');
  await event(running, 'statistics', (line) => Date.parse(line.time) > Date.parse(time) + 100);
}

/** Waits until what has come by now is played, and so in the recording: it is written every half second. */
export async function recorded(path: string): Promise<void> {
  const { format, samples } = parseWavHeader(readFileSync(path));
  const more = (0.6 * format.sampleRate * format.channels * bitsOf(samples)) / 8;
  for (const enough = statSync(path).size + more; statSync(path).size < enough; ) await delay(20);
}

/** Waits until a program on this host has joined a group on `lo`: the kernel lists it. */
export async function joinedOnLoopback(group: string): Promise<void> {
  const word = Uint8Array.from(group.split('.'), Number).reverse().toHex().toUpperCase();
  const onLoopback = new RegExp(`\\tlo +:[^]*?\\n\\d|\\tlo +:[^]*$`);
  for (let tries = 0; ; tries++) {
    const [part = ''] = onLoopback.exec(readFileSync('/proc/net/igmp', 'latin1')) ?? [];
    if (part.includes(word)) return;
    if (tries > 1000) throw new Error(`nobody has joined ${group} on lo`);
    await delay(10);
  }
}

function bitsOf(samples: string): number {
  const bits = { s16le: 16, s24le: 24 }[samples];
  if (bits === undefined) throw new Error(`samples of ${samples} are not read here`);
  return bits;
}

interface Recording {
  readonly sampleRate: number;
  readonly channels: readonly Float32Array[];
}

/** All channels of a WAV file of 16- or 24-bit samples. */
export function readChannels(path: string): Recording {
  const bytes = readFileSync(path);
  const { format, samples, dataOffset, dataBytes } = parseWavHeader(bytes);
  const { channels: count, sampleRate } = format;
  const bits = bitsOf(samples);
  const size = bits / 8;
  const end = Math.min(bytes.length, dataOffset + (dataBytes ?? bytes.length));
  const length = Math.floor((end - dataOffset) / (size * count));
  const channels = Array.from({ length: count }, (_, channel) =>
    Float32Array.from(
      { length },
      (_, i) => bytes.readIntLE(dataOffset + size * (i * count + channel), size) / 2 ** (bits - 1),
    ),
  );
  return { sampleRate, channels };
}

/**
 * A recording has the tones of the medium: each in its channel, at its frequency and level in every half second,
 * without a gap, as long as it was.
 */
export function expectTones(path: string, { tones }: Pick<ToneMedium, 'tones'>, seconds: number): void {
  const { channels, sampleRate } = readChannels(path);
  expect(channels.length).toBe(tones.length);
  for (const [i, hz] of tones.entries()) {
    const tone = trimSilence(channels[i] ?? new Float32Array(0));
    expect(Math.abs(tone.length / sampleRate - seconds)).toBeLessThan(PACKET_SECONDS + 0.001);
    expect(longestSilence(tone, sampleRate)).toBeLessThan(0.002);
    const part = sampleRate / 2;
    for (let at = 0; at + part <= tone.length; at += part) {
      const { frequency, levelDbfs, totalDbfs } = measureTone(tone.subarray(at, at + part), sampleRate);
      expect(Math.abs(frequency - hz)).toBeLessThan(1);
      expect(Math.abs(levelDbfs - LEVEL_DBFS)).toBeLessThan(0.5);
      expect(totalDbfs - levelDbfs).toBeLessThan(0.1); // and nothing else
    }
  }
}

/** A recording says what was said: the same samples, once both are at one rate and begin together, and as long. */
export function expectSpeech(heardFile: string, saidFile: string): void {
  const { channels, sampleRate } = readChannels(heardFile);
  const [heard = new Float32Array(0)] = channels;
  const resampled = `${saidFile}.${sampleRate}.wav`;
  const options = ['-ar', `${sampleRate}`, '-ac', '1', resampled];
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', saidFile, ...options]);
  const [said = new Float32Array(0)] = readChannels(resampled).channels;
  const coarse = correlate(envelope(said, sampleRate), envelope(heard, sampleRate), 1500).shift;
  const around = Math.round(sampleRate / 50);
  const start = Math.max(0, Math.round((coarse * sampleRate) / 100) - around);
  // two seconds are enough for the samples; the rest is seen in the lengths
  const excerpt = said.subarray(0, 2 * sampleRate);
  const { peak } = correlate(excerpt, heard.subarray(start), 3 * around);
  expect(peak).toBeGreaterThan(0.95);
  const length = (samples: Float32Array): number => trimSilence(samples, 0.01).length / sampleRate;
  expect(Math.abs(length(heard) - length(said))).toBeLessThan(2 * PACKET_SECONDS);
}

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { InvalidValueError } from '../../src/errors.ts';
import type { AudioFormat } from '../audio/index.ts';
import type { Command } from './command.ts';
import type { TerminalOptions } from './terminal.ts';

/** A program that can reach the sound card, and how to call it for 16-bit little-endian PCM on its pipe. */
interface Preset {
  readonly program: string;
  readonly platforms?: readonly NodeJS.Platform[];
  readonly args: (format: AudioFormat, platform: NodeJS.Platform) => readonly string[];
}

const words = (text: string): string[] => text.split(' ');
const alsa = ({ sampleRate, channels }: AudioFormat): string[] =>
  words(`-q -t raw -f S16_LE -r ${sampleRate} -c ${channels} -`);
const pipewire = (mode: string, { sampleRate, channels }: AudioFormat): string[] =>
  words(`${mode} --raw --format s16 --rate ${sampleRate} --channels ${channels} -`);
const soxRaw = ({ sampleRate, channels }: AudioFormat): string =>
  `-t raw -e signed-integer -b 16 -L -r ${sampleRate} -c ${channels} -`;
const ffmpegRaw = ({ sampleRate, channels }: AudioFormat): string =>
  `-f s16le -ar ${sampleRate} -ac ${channels}`;

const MICROPHONES: readonly Preset[] = [
  { program: 'pw-cat', platforms: ['linux'], args: (format) => pipewire('--record', format) },
  { program: 'arecord', platforms: ['linux'], args: alsa },
  { program: 'sox', args: (format) => words(`-q -d ${soxRaw(format)}`) },
  {
    program: 'ffmpeg',
    platforms: ['linux', 'darwin'],
    args: (format, platform) => {
      const device = platform === 'darwin' ? '-f avfoundation -i :0' : '-f alsa -i default';
      return words(`-nostdin -hide_banner -loglevel error ${device} ${ffmpegRaw(format)} -`);
    },
  },
];

const LOUDSPEAKERS: readonly Preset[] = [
  { program: 'pw-cat', platforms: ['linux'], args: (format) => pipewire('--playback', format) },
  { program: 'aplay', platforms: ['linux'], args: alsa },
  { program: 'sox', args: (format) => words(`-q ${soxRaw(format)} -d`) },
  {
    program: 'ffmpeg',
    platforms: ['linux', 'darwin'],
    args: (format, platform) => {
      const device = platform === 'darwin' ? '-f audiotoolbox -' : '-f alsa default';
      return words(`-hide_banner -loglevel error ${ffmpegRaw(format)} -i - ${device}`);
    },
  },
];

/**
 * The command for the microphone or the loudspeaker: the first program found on PATH.
 *
 * @throws {InvalidValueError} naming what to install when there is none
 */
export function deviceCommand(
  device: 'mic' | 'speaker',
  format: AudioFormat,
  { env = process.env, platform = process.platform }: TerminalOptions = {},
): Command {
  const presets = (device === 'mic' ? MICROPHONES : LOUDSPEAKERS).filter(
    (it) => it.platforms === undefined || it.platforms.includes(platform),
  );
  for (const { program, args } of presets) {
    const path = findOnPath(program, env['PATH'] ?? '', platform);
    if (path !== undefined) return [path, ...args(format, platform)];
  }
  const what = device === 'mic' ? 'the microphone' : 'the loudspeaker';
  const example = device === 'mic' ? '--send exec:COMMAND' : '--receive exec:COMMAND';
  throw new InvalidValueError(
    `No program to reach ${what} is on PATH. Install one of ${presets.map((it) => it.program).join(', ')} ` +
      `(${platform === 'linux' ? 'packages pipewire-bin, alsa-utils, sox or ffmpeg' : 'sox or ffmpeg'}), ` +
      `or name one yourself: ${example}`,
  );
}

function findOnPath(program: string, path: string, platform: NodeJS.Platform): string | undefined {
  const names = platform === 'win32' ? [`${program}.exe`, `${program}.cmd`] : [program];
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue;
    for (const name of names) {
      const file = join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // not here
      }
    }
  }
  return undefined;
}

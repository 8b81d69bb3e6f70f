import { InvalidValueError } from '../../src/errors.ts';
import type { AudioFormat } from '../audio/index.ts';
import type { Command } from './command.ts';
import type { SoundDevice } from './device-lists.ts';
import { findOnPath } from './find-on-path.ts';
import { listDevices, run, systemIsHere } from './sound-systems.ts';
import type { TerminalOptions } from './terminal.ts';

/** A program that can reach the sound card, and how to call it for 16-bit little-endian PCM on its pipe. */
interface Preset {
  readonly program: string;
  /** The sound system that it speaks to; preferred where that runs. Undefined for programs of many. */
  readonly system?: SoundDevice['system'];
  readonly platforms?: readonly NodeJS.Platform[];
  /** What its `--help` names, where older ones do not. */
  readonly needs?: string;
  /** Of one that can be named, or the default. Undefined when it cannot choose. */
  readonly args: (
    format: AudioFormat,
    platform: NodeJS.Platform,
    device: string | undefined,
  ) => readonly string[] | undefined;
}

const words = (text: string): string[] => text.split(' ');
const named = (option: string, device: string | undefined): string[] =>
  device === undefined ? [] : [option, device];
const alsa = ({ sampleRate, channels }: AudioFormat, device: string | undefined): string[] => [
  ...named('-D', device),
  ...words(`-q -t raw -f S16_LE -r ${sampleRate} -c ${channels} -`),
];
const pipewire = (
  mode: string,
  { sampleRate, channels }: AudioFormat,
  device: string | undefined,
): string[] => [
  mode,
  ...named('--target', device),
  ...words(`--raw --format s16 --rate ${sampleRate} --channels ${channels} -`),
];
const pulse = (mode: string, { sampleRate, channels }: AudioFormat, device: string | undefined): string[] => [
  mode,
  ...(device === undefined ? [] : [`--device=${device}`]),
  ...words(`--raw --format=s16le --rate=${sampleRate} --channels=${channels} --latency-msec=20`),
];
const soxRaw = ({ sampleRate, channels }: AudioFormat): string =>
  `-t raw -e signed-integer -b 16 -L -r ${sampleRate} -c ${channels} -`;
const soxDevice = (platform: NodeJS.Platform, device: string | undefined): string[] =>
  device === undefined ? ['-d'] : ['-t', platform === 'darwin' ? 'coreaudio' : 'alsa', device];
const ffmpegRaw = ({ sampleRate, channels }: AudioFormat): string =>
  `-f s16le -ar ${sampleRate} -ac ${channels}`;

const MICROPHONES: readonly Preset[] = [
  {
    program: 'pw-cat',
    system: 'pipewire',
    platforms: ['linux'],
    needs: '--raw',
    args: (format, _platform, device) => pipewire('--record', format, device),
  },
  {
    program: 'pacat',
    system: 'pulseaudio',
    platforms: ['linux'],
    args: (format, _platform, device) => pulse('--record', format, device),
  },
  {
    program: 'arecord',
    system: 'alsa',
    platforms: ['linux'],
    args: (format, _platform, device) => alsa(format, device),
  },
  {
    program: 'sox',
    args: (format, platform, device) => ['-q', ...soxDevice(platform, device), ...words(soxRaw(format))],
  },
  {
    program: 'ffmpeg',
    platforms: ['linux', 'darwin'],
    args: (format, platform, device) => [
      ...words('-nostdin -hide_banner -loglevel error'),
      ...(platform === 'darwin'
        ? ['-f', 'avfoundation', '-i', `:${device ?? '0'}`]
        : ['-f', 'alsa', '-i', device ?? 'default']),
      ...words(`${ffmpegRaw(format)} -`),
    ],
  },
];

const LOUDSPEAKERS: readonly Preset[] = [
  {
    program: 'pw-cat',
    system: 'pipewire',
    platforms: ['linux'],
    needs: '--raw',
    args: (format, _platform, device) => pipewire('--playback', format, device),
  },
  {
    program: 'pacat',
    system: 'pulseaudio',
    platforms: ['linux'],
    args: (format, _platform, device) => pulse('--playback', format, device),
  },
  {
    program: 'aplay',
    system: 'alsa',
    platforms: ['linux'],
    args: (format, _platform, device) => alsa(format, device),
  },
  {
    program: 'sox',
    args: (format, platform, device) => ['-q', ...words(soxRaw(format)), ...soxDevice(platform, device)],
  },
  {
    program: 'ffmpeg',
    platforms: ['linux', 'darwin'],
    args: (format, platform, device) => {
      if (platform === 'darwin' && device !== undefined) return undefined; // it takes numbers only
      const out = platform === 'darwin' ? ['-f', 'audiotoolbox', '-'] : ['-f', 'alsa', device ?? 'default'];
      return [...words(`-hide_banner -loglevel error ${ffmpegRaw(format)} -i -`), ...out];
    },
  },
];

/**
 * The command for a microphone or a loudspeaker: of the programs found on PATH the first whose sound system runs, else the
 * first.
 *
 * @param wanted a name as {@link listDevices} gives it, or a part of a name or description; '' for the default
 * @throws {InvalidValueError} naming what to install when there is no program, and what there is when the name fits none
 */
export async function deviceCommand(
  device: 'mic' | 'speaker',
  wanted: string,
  format: AudioFormat,
  options: TerminalOptions = {},
): Promise<Command> {
  const { env = process.env, platform = process.platform } = options;
  const presets = (device === 'mic' ? MICROPHONES : LOUDSPEAKERS).filter(
    (it) => it.platforms === undefined || it.platforms.includes(platform),
  );
  const chosen = wanted === '' ? undefined : await chooseDevice(device, wanted, options);
  const found = presets.flatMap((preset) => {
    const path = findOnPath(preset.program, env['PATH'] ?? '', platform);
    const fits =
      chosen?.system === undefined || preset.system === chosen.system || preset.system === undefined;
    return path === undefined || !fits ? [] : [{ preset, path }];
  });
  const inOrder = [
    ...found.filter(({ preset }) => systemIsHere(preset.system, env)),
    ...found.filter(({ preset }) => !systemIsHere(preset.system, env)),
  ];
  for (const { preset, path } of inOrder) {
    const args = preset.args(format, platform, chosen?.name);
    if (args === undefined || !(await knows(preset, env, platform))) continue;
    return [path, ...args];
  }
  const what = device === 'mic' ? 'the microphone' : 'the loudspeaker';
  const example = device === 'mic' ? '--send exec:COMMAND' : '--receive exec:COMMAND';
  throw new InvalidValueError(
    `No program to reach ${what} is on PATH. Install one of ${presets.map((it) => it.program).join(', ')} ` +
      `(${platform === 'linux' ? 'packages pipewire-bin, pulseaudio-utils, alsa-utils, sox or ffmpeg' : 'sox or ffmpeg'}), ` +
      `or name one yourself: ${example}`,
  );
}

/** Whether the program here is new enough. */
async function knows(
  { needs, program }: Preset,
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): Promise<boolean> {
  return needs === undefined || ((await run(program, ['--help'], env, platform))?.includes(needs) ?? false);
}

/** By its name, its description, or a part of either that fits one alone. */
async function chooseDevice(
  device: 'mic' | 'speaker',
  wanted: string,
  options: TerminalOptions,
): Promise<{ readonly name: string; readonly system: SoundDevice['system'] | undefined }> {
  const direction = device === 'mic' ? 'capture' : 'render';
  const all = (await listDevices(options)).filter((it) => it.direction === direction);
  if (all.length === 0) return { name: wanted, system: undefined }; // nobody can say what there is
  const exact = all.find(({ name, description }) => name === wanted || description === wanted);
  if (exact !== undefined) return exact;
  const text = wanted.toLowerCase();
  const fitting = all.filter(({ name, description }) =>
    `${name}\n${description}`.toLowerCase().includes(text),
  );
  const [only, second] = fitting;
  if (only !== undefined && second === undefined) return only;
  const names = (fitting.length > 0 ? fitting : all).map(({ name }) => name).join(', ');
  throw new InvalidValueError(
    `${device}:${wanted} ${fitting.length > 0 ? 'could be any of' : 'is not here; there are'} ${names}`,
  );
}

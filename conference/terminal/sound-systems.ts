import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath } from './find-on-path.ts';
import { parseAlsa, parsePactl, parsePwDump, type SoundDevice } from './device-lists.ts';
import type { TerminalOptions } from './terminal.ts';

/** Longest that a sound server may take to say what there is. */
const LIST_MS = 3000;
const MAX_OUTPUT = 16 * 1024 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

/** Where sound systems are looked for; each lists its devices through a program of its own. */
interface SoundSystem {
  readonly name: SoundDevice['system'];
  /** Whether it seems to run. */
  isHere(env: Environment): boolean;
  list(run: (program: string, ...args: string[]) => Promise<string | undefined>): Promise<SoundDevice[]>;
}

const runtimeSocket = (folder: string | undefined, ...path: string[]): boolean =>
  folder !== undefined && folder !== '' && existsSync(join(folder, ...path));

const SYSTEMS: readonly SoundSystem[] = [
  {
    name: 'pipewire',
    isHere: (env) =>
      Boolean(env['PIPEWIRE_REMOTE']) ||
      runtimeSocket(env['PIPEWIRE_RUNTIME_DIR'] ?? env['XDG_RUNTIME_DIR'], 'pipewire-0'),
    list: async (run) => parsePwDump((await run('pw-dump')) ?? '[]'),
  },
  {
    name: 'pulseaudio',
    isHere: (env) =>
      Boolean(env['PULSE_SERVER']) ||
      runtimeSocket(env['PULSE_RUNTIME_PATH'], 'native') ||
      runtimeSocket(env['XDG_RUNTIME_DIR'], 'pulse', 'native'),
    list: async (run) => {
      const ask = (...args: string[]): Promise<string | undefined> => run('pactl', '--format=json', ...args);
      const [info, sources, sinks] = [
        await ask('info'),
        await ask('list', 'sources'),
        await ask('list', 'sinks'),
      ];
      return parsePactl(info ?? '{}', sources ?? '[]', sinks ?? '[]');
    },
  },
  {
    name: 'alsa',
    isHere: () => existsSync('/dev/snd'),
    list: async (run) => [
      ...parseAlsa((await run('arecord', '-L')) ?? '', 'capture'),
      ...parseAlsa((await run('aplay', '-L')) ?? '', 'render'),
    ],
  },
];

/** Whether the sound system that a program belongs to seems to run here. */
export function systemIsHere(name: SoundDevice['system'] | undefined, env: Environment): boolean {
  return SYSTEMS.find((it) => it.name === name)?.isHere(env) ?? false;
}

/**
 * Lists microphones and loudspeakers (TRM-02), those of the first system that runs: PipeWire, PulseAudio, ALSA.
 *
 * @returns none where there is no such system, or no program of it to ask (Linux only)
 */
export async function listDevices({
  env = process.env,
  platform = process.platform,
}: TerminalOptions = {}): Promise<readonly SoundDevice[]> {
  if (platform !== 'linux') return [];
  for (const system of SYSTEMS) {
    if (!system.isHere(env)) continue;
    const found = await system.list((program, ...args) => run(program, args, env, platform));
    if (found.length > 0) return found;
  }
  return [];
}

/** @returns what it prints, undefined when it is not there, fails or takes too long */
export function run(
  program: string,
  args: readonly string[],
  env: Environment,
  platform: NodeJS.Platform,
): Promise<string | undefined> {
  const path = findOnPath(program, env['PATH'] ?? '', platform);
  if (path === undefined) return Promise.resolve(undefined);
  const options = { env, timeout: LIST_MS, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT } as const;
  return new Promise((resolve) => {
    execFile(path, args, options, (error, stdout) => resolve(error === null ? stdout : undefined));
  });
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AudioFormat,
  type AudioSink,
  type AudioSource,
  openSink,
  openSource,
  type TerminalOptions,
} from '../../conference/index.ts';
import type { JoinOptions } from '../commands/join.ts';
import type { CliHost } from '../context.ts';
import { UsageError } from '../errors.ts';

/** What the user wants to send and where the sound is to go. */
export interface TerminalPlan {
  /** Undefined: send nothing. */
  readonly send: string | undefined;
  readonly receive: readonly string[];
  /** Chosen by us and not by the user: done without when they cannot be had. */
  readonly defaults: boolean;
  /** What the user should know about the choice. */
  readonly note?: string;
}

export interface PlanInput {
  readonly send?: string | undefined;
  readonly receive?: readonly string[] | undefined;
  readonly listen?: boolean | undefined;
}

/**
 * Chooses the terminals. The microphone is only opened when it was named or nothing at all was said; whoever names a
 * sink alone listens.
 *
 * @param hasSound whether this computer seems to have a microphone and a loudspeaker
 * @throws {UsageError} when two want the same standard stream
 */
export function planTerminals(
  { send, receive = [], listen = false }: PlanInput,
  hasSound: boolean,
): TerminalPlan {
  if (receive.filter(isStandardStream).length > 1) throw new UsageError('Only one --receive can be pcm:-');
  if (send !== undefined || receive.length > 0) {
    const speaker = receive.length === 0 && hasSound ? ['speaker'] : [];
    const sinks = receive.length > 0 ? receive : speaker;
    return {
      send: listen || send === 'null' ? undefined : send,
      receive: sinks.length > 0 ? sinks : ['null'],
      defaults: receive.length === 0,
      ...(sinks.length > 0
        ? {}
        : { note: 'No --receive and no sound card here: what is heard is only counted.' }),
    };
  }
  if (hasSound) return { send: listen ? undefined : 'mic', receive: ['speaker'], defaults: true };
  return {
    send: undefined,
    receive: ['null'],
    defaults: true,
    note:
      'No sound card here: you listen without hearing, and send nothing. ' +
      'Choose with --send and --receive, for example --send tone:440 --receive wav:heard.wav',
  };
}

/** Raw samples on standard input or output. */
export function isStandardStream(spec: string): boolean {
  return /^pcm:-(,|$)/.test(spec);
}

/**
 * @throws {UsageError} when standard input or output is wanted for two things
 */
export function checkStandardStreams(
  conference: string,
  { send, receive = [], json }: Pick<JoinOptions, 'send' | 'receive' | 'json'>,
  commands = false,
): void {
  if (commands && (conference === '-' || (send !== undefined && isStandardStream(send)))) {
    throw new UsageError('Standard input cannot be both commands (--commands) and something else (-, pcm:-)');
  }
  if (conference === '-' && send !== undefined && isStandardStream(send)) {
    throw new UsageError(
      'Standard input cannot be both the session description (-) and what is sent (pcm:-)',
    );
  }
  if (json === true && receive.some(isStandardStream)) {
    throw new UsageError(
      'Standard output cannot be both events (--json) and sound (pcm:-): write the sound to a file',
    );
  }
}

/** Whether there is anything that could make or take a sound; programs such as ffmpeg are there without, too. */
export function soundHere(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
  exists: (path: string) => boolean = existsSync,
): boolean {
  if (platform !== 'linux') return true;
  if (env['PULSE_SERVER'] || env['PIPEWIRE_REMOTE']) return true;
  const runtime = env['XDG_RUNTIME_DIR'];
  const sockets = runtime ? [join(runtime, 'pipewire-0'), join(runtime, 'pulse', 'native')] : [];
  return ['/dev/snd/controlC0', ...sockets].some(exists);
}

/** Opens a source for a stream of this format; undefined when it was only a default and cannot be had. */
export async function openPlannedSource(
  spec: string,
  format: AudioFormat,
  host: CliHost,
  onMissing: ((error: unknown) => void) | undefined,
): Promise<AudioSource | undefined> {
  return withDefault(() => openSource(spec, terminalOptions(format, host)), onMissing);
}

export async function openPlannedSink(
  spec: string,
  format: AudioFormat,
  host: CliHost,
  onMissing: ((error: unknown) => void) | undefined,
  bits: 16 | 24 = 16,
): Promise<AudioSink> {
  const options = { ...terminalOptions(format, host), bits };
  return (await withDefault(() => openSink(spec, options), onMissing)) ?? openSink('null', options);
}

async function withDefault<T>(
  open: () => Promise<T>,
  onMissing: ((error: unknown) => void) | undefined,
): Promise<T | undefined> {
  try {
    return await open();
  } catch (error) {
    if (onMissing === undefined) throw error;
    onMissing(error);
    return undefined;
  }
}

function terminalOptions(format: AudioFormat, { stdin, stdout, env }: CliHost): TerminalOptions {
  return { format, stdin, stdout, env };
}

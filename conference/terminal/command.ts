import { type ChildProcess, spawn } from 'node:child_process';
import type { AudioFormat } from '../audio/index.ts';
import type { SampleFormat } from './sample-format.ts';
import { StreamSink } from './stream-sink.ts';
import { StreamSource } from './stream-source.ts';
import type { TerminalOptions } from './terminal.ts';

/** A program to start, with its arguments; or one line for the shell. */
export type Command = readonly [program: string, ...args: string[]] | string;

export interface CommandTerminal {
  readonly name: string;
  readonly kind: 'exec' | 'device';
  readonly command: Command;
  readonly format: AudioFormat;
  readonly samples: SampleFormat;
  readonly live: boolean;
}

/** Time for the command to end by itself after its pipe was closed, and after being asked to. */
const END_MS = 400;
const KILL_MS = 400;
const STDERR_TAIL = 400;

/** Starts a command that writes raw audio to its standard output. */
export function openCommandSource(terminal: CommandTerminal, options: TerminalOptions): StreamSource {
  const child = start(terminal, options, ['ignore', 'pipe', 'pipe']);
  const { stdout } = child.process;
  if (stdout === null) throw new TypeError('the command has no output');
  const source = new StreamSource(stdout, {
    ...terminal,
    onClose: async () => {
      stdout.destroy();
      await child.stop();
    },
  });
  child.onFailure((message, cause) => source.failBecause(message, cause));
  return source;
}

/** Starts a command that reads raw audio from its standard input. */
export function openCommandSink(terminal: CommandTerminal, options: TerminalOptions): StreamSink {
  const child = start(terminal, options, ['pipe', 'ignore', 'pipe']);
  const { stdin } = child.process;
  if (stdin === null) throw new TypeError('the command has no input');
  const sink = new StreamSink(stdin, { ...terminal, end: true, onClose: () => child.stop() });
  child.onFailure((message, cause) => sink.failBecause(message, cause));
  return sink;
}

interface Child {
  readonly process: ChildProcess;
  onFailure(listener: (message: string, cause?: unknown) => void): void;
  stop(): Promise<void>;
}

function start(
  { command, format }: CommandTerminal,
  options: TerminalOptions,
  stdio: ('ignore' | 'pipe')[],
): Child {
  const [program, ...args] = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
  const child = spawn(program, args, {
    stdio,
    detached: true, // its own group: our Ctrl-C is not its Ctrl-C, and stopping it stops what it started
    env: {
      ...(options.env ?? process.env),
      RENDEZVOUS_RATE: String(format.sampleRate),
      RENDEZVOUS_CHANNELS: String(format.channels),
    },
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_TAIL);
  });
  child.stderr?.on('error', () => {}); // its complaints are a courtesy
  let listener: ((message: string, cause?: unknown) => void) | undefined;
  let stopping = false;
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      listener?.(`${program} could not be started (${error.message})`, error);
      resolve();
    });
    child.once('close', (code, signal) => {
      if (!stopping && (code !== 0 || signal !== null)) {
        const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
        const said = stderr.trim().split('\n').at(-1) ?? '';
        listener?.(`the command ended ${how}${said === '' ? '' : `: ${said}`}`);
      }
      resolve();
    });
  });
  return {
    process: child,
    onFailure(it) {
      listener = it;
    },
    async stop() {
      stopping = true;
      if (await within(ended, END_MS)) return;
      signalGroup(child, 'SIGTERM');
      if (await within(ended, KILL_MS)) return;
      signalGroup(child, 'SIGKILL');
      await within(ended, KILL_MS);
    },
  };
}

/** @returns whether it ended in time */
async function within(ended: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const inTime = await Promise.race([ended.then(() => true as const), late]);
  clearTimeout(timer);
  return inTime;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // it ended in this moment
  }
}

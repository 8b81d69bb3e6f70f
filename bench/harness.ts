import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import process from 'node:process';

/** One measured line: what we do beside what somebody else does in the same run. */
export interface Row {
  readonly what: string;
  readonly ours: number;
  readonly unit: string;
  /** Whom we are held against, and what they got. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** A goal we set ourselves; `met` is computed by the program that knows its meaning. */
  readonly target?: { readonly id: string; readonly text: string; readonly met: boolean };
  /** Anything that must be known to read the line rightly. */
  readonly note?: string;
}

export interface BenchContext {
  /** Less of everything: for a look, not for the record. */
  readonly quick: boolean;
  /** As long as the goals say, which takes much longer. */
  readonly long: boolean;
  /** Says what is going on, on stderr. */
  readonly note: (text: string) => void;
}

export interface Bench {
  readonly title: string;
  /** How it is measured, for the reader of the results. */
  readonly method: string;
  run(context: BenchContext): Promise<Row[]>;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
};

export const percentile = (values: readonly number[], part: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
};

/** Calls per second of each function, the rounds interleaved so that a busy machine troubles all alike; medians. */
export function callsPerSecond(
  work: Record<string, () => void>,
  roundMs: number,
  rounds = 5,
): Record<string, number> {
  const names = Object.keys(work);
  const rates = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const name of names) {
      const rate = measure(work[name] ?? (() => {}), round < 0 ? roundMs / 2 : roundMs);
      if (round >= 0) rates.get(name)?.push(rate); // round -1 warms up
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(rates.get(name) ?? [])]));
}

function measure(work: () => void, forMs: number): number {
  const start = performance.now();
  let calls = 0;
  let now = start;
  for (; now - start < forMs; now = performance.now()) {
    for (let i = 0; i < 100; i++) work();
    calls += 100;
  }
  return (calls * 1000) / (now - start);
}

export function commandPath(command: string): string | undefined {
  for (const folder of [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']) {
    try {
      accessSync(`${folder}/${command}`, constants.X_OK);
      return `${folder}/${command}`;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

/** Starts a program on one core where the machine has several and `taskset` is there. */
export function spawnOn(
  core: number,
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const taskset = availableParallelism() > 1 ? commandPath('taskset') : undefined;
  return taskset === undefined
    ? spawn(command, args, options)
    : spawn(taskset, ['-c', String(core % availableParallelism()), command, ...args], options);
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** All that a child wrote to stdout, once it ended. @throws when it failed */
export function outputOf(child: ChildProcess, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (data: string) => {
      text += data;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(text);
      else reject(new Error(`${name} ended with ${signal ?? code}: ${text.slice(-300)}`));
    });
  });
}

/** Ends a child that we started, politely, then for good. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
  await ended;
  clearTimeout(timer);
}

/** CPU seconds spent so far by a process and all below it, user and kernel; Linux. */
export function cpuSeconds(pid: number): number {
  return processTree(pid).reduce((sum, each) => {
    try {
      const fields = readFileSync(`/proc/${each}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return sum + (Number(fields[11]) + Number(fields[12])) / 100; // clock ticks: 100 a second on Linux
    } catch {
      return sum; // ended meanwhile
    }
  }, 0);
}

/** Resident memory of a process and all below it, in MB. */
export function residentMb(pid: number): number {
  return processTree(pid).reduce((sum, each) => {
    try {
      return sum + (Number(readFileSync(`/proc/${each}/statm`, 'utf8').split(' ')[1]) * 4096) / 1e6;
    } catch {
      return sum;
    }
  }, 0);
}

function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const parent = Number(readFileSync(`/proc/${entry}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // ended meanwhile
    }
  }
  const tree = [root];
  for (let at = 0; at < tree.length; at++) tree.push(...(children.get(tree[at] ?? 0) ?? []));
  return tree;
}

/** UDP datagrams that this network namespace delivered and dropped for full buffers, since it came up. */
export function udpCounters(): { delivered: number; dropped: number } {
  const [names = '', values = ''] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Udp:'));
  const at = (name: string): number => Number(values.split(' ')[names.split(' ').indexOf(name)]);
  return { delivered: at('InDatagrams'), dropped: at('RcvbufErrors') };
}

/** The kind of machine, for the record; nothing that tells which one it is. */
export function machineKind(): string {
  const model = cpus()[0]?.model.replace(/\s+/g, ' ').trim() ?? 'unknown processor';
  const version = (command: string, args: string[], pattern: RegExp): string => {
    try {
      return (
        pattern.exec(
          execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
        )?.[1] ?? ''
      );
    } catch {
      return '';
    }
  };
  const peers = [
    ['ffmpeg', version('ffmpeg', ['-version'], /version (\d[\d.]*)/)],
    ['GStreamer', version('gst-launch-1.0', ['--version'], /version (\d[\d.]*)/)],
    ['OpenLDAP', version('ldapsearch', ['-VV'], /(\d+\.\d+\.\d+)/) || slapdVersion()],
  ].flatMap(([name, found]) => (found ? [`${name} ${found}`] : []));
  const memory = Math.round(totalmem() / 2 ** 30);
  const platform = `${cpus().length} × ${model}, ${memory} GB, Linux ${release().split('-')[0]}`;
  return [platform, `Node ${process.versions.node}`, ...peers].join(', ');
}

function slapdVersion(): string {
  const slapd = commandPath('slapd');
  if (slapd === undefined) return '';
  try {
    return (
      /slapd (\d+\.\d+\.\d+)/.exec(
        execFileSync('sh', ['-c', `${slapd} -VV 2>&1 || true`], { encoding: 'utf8' }),
      )?.[1] ?? ''
    );
  } catch {
    return '';
  }
}

import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { commandPath, outputOf, spawnOn } from './harness.ts';

/** What a sender or receiver says at its end. */
export interface LoadResult {
  readonly packets: number;
  readonly lost: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssMb?: number;
}

/** Cores: the generator has one, what is measured the other. */
export const GENERATOR_CORE = 0;
export const SUBJECT_CORE = 1;

export const PCMU = { size: 172, pps: 50, payloadType: 0, step: 160, rtpmap: 'PCMU/8000' } as const;
export const AES67 = { size: 300, pps: 1000, payloadType: 97, step: 48, rtpmap: 'L24/48000/2' } as const;

/** The C program `native/load.c`, compiled for this run. */
export class NativeLoad implements Disposable {
  readonly #folder: string;
  readonly #program: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#program = join(folder, 'load');
  }

  /** @throws when there is no C compiler: without one there is nothing to hold the kernel's price against */
  static compile(): NativeLoad {
    const compiler = ['cc', 'gcc', 'clang'].map(commandPath).find((path) => path !== undefined);
    if (compiler === undefined)
      throw new Error('needs a C compiler (Debian package gcc) for the load generator');
    const load = new NativeLoad(mkdtempSync(join(tmpdir(), 'rendezvous-load-')));
    const source = fileURLToPath(new URL('native/load.c', import.meta.url));
    execFileSync(compiler, ['-O2', '-o', load.#program, source], { stdio: 'inherit' });
    return load;
  }

  start(core: number, ...args: (string | number)[]): ChildProcess {
    return spawnOn(core, this.#program, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** Paced streams to `group` and the addresses after it; `pps` per stream, 0 for flat out. */
  send(
    group: string,
    port: number,
    streams: number,
    kind: { size: number; pps: number; payloadType: number; step: number },
    seconds: number,
  ): ChildProcess {
    const { size, pps, payloadType, step } = kind;
    return this.start(GENERATOR_CORE, 'send', group, port, streams, size, pps, seconds, payloadType, step);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Runs one of `subjects/` on the subject's core. */
export function startSubject(name: string, ...args: (string | number)[]): ChildProcess {
  const program = fileURLToPath(new URL(`subjects/${name}.ts`, import.meta.url));
  return spawnOn(SUBJECT_CORE, process.execPath, [program, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

export async function resultOf(child: ChildProcess, name: string): Promise<LoadResult> {
  const result: LoadResult = JSON.parse(await outputOf(child, name));
  return result;
}

/** CPU time for each packet, in microseconds. */
export const microseconds = ({ cpuSeconds, packets }: LoadResult): number => (cpuSeconds * 1e6) / packets;

/** A group nobody else uses: benchmarks run in a namespace of their own where they can, but not everywhere. */
export function randomGroup(): string {
  const octet = (): number => 1 + Math.floor(Math.random() * 200);
  return `239.${octet()}.${octet()}.1`;
}

/** The address `index` places after `group`. */
export function groupAt(group: string, index: number): string {
  const value = group.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0) + index;
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

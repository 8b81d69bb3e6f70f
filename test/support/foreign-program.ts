import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program of somebody else that runs beside a test and is stopped by its own process number, nothing else. */
export class ForeignProgram implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = '';
  readonly #ended: Promise<unknown>;

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = Promise.race([once(this.#child, 'close'), once(this.#child, 'error')]);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-20_000);
      });
    }
  }

  /** What it has said so far. */
  get output(): string {
    return this.#output;
  }

  /** Waits until it ends by itself. @throws {Error} with its output when it takes longer than `withinMs` */
  async ended(withinMs: number): Promise<void> {
    const late = sleep(withinMs, 'late', { ref: false });
    if ((await Promise.race([this.#ended, late])) === 'late')
      throw new Error(`it did not end: ${this.#output}`);
  }

  /** Waits until its output matches. */
  async says(pattern: RegExp, withinMs = 10_000): Promise<void> {
    for (const end = Date.now() + withinMs; !pattern.test(this.#output); await sleep(10)) {
      if (Date.now() > end) throw new Error(`it never said ${pattern}: ${this.#output}`);
    }
  }

  /** Asks it to finish (Ctrl-C), and insists after a while. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGINT');
    const late = sleep(3000, 'late', { ref: false });
    if ((await Promise.race([this.#ended, late])) === 'late') this.#child.kill('SIGKILL');
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Whether a program can be run. */
export function hasProgram(name: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

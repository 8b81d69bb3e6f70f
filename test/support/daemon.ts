import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server of somebody else that is started with files of its own, and ends with the test. */
export class Daemon {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #log = '';
  #hasEnded = false;

  private constructor(command: string, args: readonly string[]) {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const reap = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', reap);
    this.#exited = new Promise((resolve) => {
      const ended = (): void => {
        process.off('exit', reap);
        this.#hasEnded = true;
        resolve();
      };
      child.once('exit', ended);
      child.once('error', (error) => {
        this.#log += String(error);
        ended();
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text) => {
        this.#log = (this.#log + String(text)).slice(-50_000);
      });
    }
  }

  /**
   * Starts a program and waits until it is ready.
   *
   * @throws {Error} with what it has printed, when it ends before or is not ready within `withinMs`
   */
  static async start(
    [command = '', ...args]: readonly string[],
    ready: () => Promise<boolean>,
    withinMs = 40_000,
  ): Promise<Daemon> {
    const daemon = new Daemon(command, args);
    for (const end = performance.now() + withinMs; !(await ready()); await sleep(5)) {
      if (daemon.#hasEnded) throw new Error(`${command} ended: ${daemon.log}`);
      if (performance.now() > end) {
        await daemon.end();
        throw new Error(`${command} was not ready within ${withinMs} ms: ${daemon.log}`);
      }
    }
    return daemon;
  }

  /** What it has printed. */
  get log(): string {
    return this.#log;
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child.kill(signal);
    await this.#exited;
  }
}

/** @throws {Error} naming the Debian package, so that no machine passes by skipping */
export function requireProgram(path: string, debianPackage: string): void {
  if (!existsSync(path)) {
    throw new Error(`${path} is missing: install the package ${debianPackage} to run this test`);
  }
}

/** The command line as an unprivileged user when we are root; `dir` and all in it is given to that user. */
export function asNobody(dir: string, command: readonly string[]): readonly string[] {
  if (process.getuid?.() !== 0) return command;
  chmodSync(dir, 0o755);
  execFileSync('chown', ['-R', 'nobody', dir]);
  return ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', ...command];
}

/**
 * A TCP port that nobody uses. Drawn below those that systems give to connections going out: else one of them could take
 * it before the server that it is for is up, which happens when files of tests run side by side.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (await canListen(port, host)) return port;
  }
  throw new Error(`found no free TCP port at ${host}`);
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** Whether something listens there. */
export function accepts(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });
}

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NO_ADDRESS_SERVER } from '../cli/host.ts';

/** The program as users start it. */
export const PROGRAM = fileURLToPath(new URL('../../cli/rendezvous.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
  /** Standard output, byte for byte. */
  readonly bytes: Buffer;
}

export interface StartOptions {
  /** All there is to read; undefined leaves it open, for {@link Running.type}. Default nothing. */
  readonly stdin?: string | Uint8Array | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

/** A home folder for programs under test: data, configuration and nothing of the user's own. */
export class Home implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'rendezvous-home-'));
  readonly env: Readonly<Record<string, string>> = {
    PATH: process.env['PATH'] ?? '',
    HOME: this.path,
    XDG_DATA_HOME: join(this.path, 'data'),
    XDG_CONFIG_HOME: join(this.path, 'config'),
    TZ: 'Europe/Berlin',
    ...NO_ADDRESS_SERVER,
  };

  /** Starts the program. */
  start(args: readonly string[], options: StartOptions = {}): Running {
    return this.startOther(process.execPath, [PROGRAM, ...args], options);
  }
  /** Starts any program in this home. */
  startOther(command: string, args: readonly string[], options: StartOptions = {}): Running {
    const { env = {} } = options;
    const child = spawn(command, args, { env: { ...this.env, ...env }, cwd: this.path });
    child.stdin.on('error', () => {}); // it may end without reading
    if (!('stdin' in options) || options.stdin !== undefined) child.stdin.end(options.stdin ?? '');
    return new Running(child);
  }
  /** Runs the program to its end. */
  run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return this.start(args, options).end;
  }
  /** A shell line in which `rendezvous` is the program. */
  shell(line: string, options: StartOptions = {}): Promise<Ended> {
    const definition = `rendezvous() { '${process.execPath}' '${PROGRAM}' "$@"; }\n`;
    return this.startOther('bash', ['-c', definition + line], options).end;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A program that runs; disposing of it ends it. */
export class Running implements AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  readonly end: Promise<Ended>;
  readonly #out: Buffer[] = [];
  readonly #err: Buffer[] = [];

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    child.stdout.on('data', (chunk: Buffer) => this.#out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => this.#err.push(chunk));
    this.end = once(child, 'close').then(([code, signal]: unknown[]) => ({
      code: typeof code === 'number' ? code : null,
      signal: child.signalCode ?? (signal === null ? null : child.signalCode),
      out: this.out,
      err: this.err,
      bytes: Buffer.concat(this.#out),
    }));
  }

  get out(): string {
    return Buffer.concat(this.#out).toString();
  }
  get err(): string {
    return Buffer.concat(this.#err).toString();
  }

  type(text: string): void {
    this.child.stdin.write(text);
  }

  /** The first match in what it has printed or will print. @throws when it ends without */
  async printed(pattern: RegExp, view = (text: string): string => text): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(view(this.out));
      if (found !== null) return found;
      const ended = await Promise.race([
        once(this.child.stdout, 'data').then(() => false),
        this.end.then(() => true),
      ]);
      if (ended && pattern.exec(view(this.out)) === null) {
        throw new Error(`Ended without printing ${pattern}:\n${this.out}\n${this.err}`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.end;
  }
}

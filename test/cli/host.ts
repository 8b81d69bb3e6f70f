import { PassThrough, Readable } from 'node:stream';
import type { CliHost } from '../../cli/context.ts';
import { main } from '../../cli/main.ts';
import { systemClock } from '../../src/net/index.ts';

/** What one run of the program did. */
export interface Ran {
  readonly code: number;
  /** Standard output as it is, for what must not change by a byte. */
  readonly bytes: Buffer;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Both output streams are terminals this wide. */
  readonly columns?: number;
  /** Wall-clock time; default the real one. */
  readonly now?: Date;
  readonly random?: () => number;
}

/** Tests have no MADCAP server unless they bring one: groups are drawn, in directories that others share too. */
export const NO_ADDRESS_SERVER = { RENDEZVOUS_ALLOCATION: 'local' } as const;

/**
 * Runs one command line in this process, with streams of its own and no configuration file.
 */
export async function runCli(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const out = new Sink(options.columns);
  const err = new Sink(options.columns);
  const { now } = options;
  const host: CliHost = {
    stdin: Object.assign(Readable.from([options.stdin ?? '']), { isTTY: false, setRawMode: () => {} }),
    stdout: out,
    stderr: err,
    env: { ...NO_ADDRESS_SERVER, ...options.env },
    clock: now === undefined ? systemClock : { ...systemClock, wall: () => now.getTime() },
    random: options.random ?? Math.random,
    onSignal: () => () => {},
    quit: (code) => {
      throw new Error(`quit(${code})`);
    },
  };
  const code = await main(args, host);
  return { code, bytes: out.bytes(), out: out.bytes().toString(), err: err.bytes().toString() };
}

class Sink extends PassThrough {
  readonly isTTY: boolean;
  readonly columns: number;
  readonly #chunks: Buffer[] = [];

  constructor(columns?: number) {
    super();
    this.isTTY = columns !== undefined;
    this.columns = columns ?? 80;
    this.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

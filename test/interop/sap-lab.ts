import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Lab, type LabHost, openLab } from '../kit/netns.ts';
import { type Ran, runCli } from '../cli/host.ts';
import { type Ended, PROGRAM, Running } from '../net/cli-program.ts';

/** What `discover --json` prints of a session, as far as tests look at it. */
export interface Discovered {
  readonly kind: string;
  readonly name: string;
  readonly call: string;
  readonly host: string;
  readonly sender: string;
  readonly source: string;
  readonly hash: number;
  readonly heard: readonly { readonly group: string; readonly interface: string }[];
  readonly media: readonly { readonly kind: string; readonly address: string; readonly port: number }[];
  readonly sdp: string;
  readonly count: number;
  readonly isRecalled: boolean;
}

/**
 * One host in a network of its own, on which programs announce and listen: SAP has one port and few groups, and nothing
 * else on the machine shall hear of it, or be heard.
 */
export class SapHost implements AsyncDisposable {
  readonly host: LabHost;
  readonly folder: string;
  readonly #lab: Lab;
  readonly #running: Running[] = [];
  #homes = 0;

  private constructor(lab: Lab, folder: string) {
    this.#lab = lab;
    this.host = lab.host(1);
    this.folder = folder;
  }

  static async open(): Promise<SapHost> {
    return new SapHost(await openLab({ hosts: 1 }), mkdtempSync(join(tmpdir(), 'rendezvous-sap-')));
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** A home folder that nobody has used, so that nothing is known in it from before. */
  home(): string {
    const path = this.file(`home${++this.#homes}`);
    mkdirSync(join(path, 'run'), { recursive: true, mode: 0o700 });
    return path;
  }

  /** Starts any program; it is ended with the host, if it has not ended before. */
  start(command: string, args: readonly string[], home = this.home()): Running {
    const env = [
      `HOME=${home}`,
      `XDG_RUNTIME_DIR=${join(home, 'run')}`,
      `XDG_DATA_HOME=${join(home, 'data')}`,
      `XDG_CONFIG_HOME=${join(home, 'config')}`,
    ];
    const running = new Running(this.host.spawn('env', [...env, command, ...args]));
    this.#running.push(running);
    return running;
  }

  /** Starts our program. */
  rendezvous(args: readonly string[], home?: string): Running {
    return this.start(process.execPath, [PROGRAM, ...args], home);
  }
  /** Runs our program to its end. @throws when it fails */
  async run(args: readonly string[], home?: string): Promise<Ended> {
    const ended = await this.rendezvous(args, home).end;
    if (ended.code !== 0) throw new Error(`${args.join(' ')} ended with ${ended.code}: ${ended.err}`);
    return ended;
  }

  /**
   * Runs our program to its end in this process, outside the network: for commands that only need the files of a home.
   *
   * @throws when it fails
   */
  async runBeside(args: readonly string[], home: string): Promise<Ran> {
    const ran = await runCli([...args, '--data-dir', join(home, 'data', 'rendezvous')]);
    if (ran.code !== 0) throw new Error(`${args.join(' ')} ended with ${ran.code}: ${ran.err}`);
    return ran;
  }

  /**
   * Listens until a session of that name appears.
   *
   * @throws when it does not within some seconds
   */
  async discovered(name: string, home?: string): Promise<Discovered> {
    const watching = this.rendezvous(['discover', '--watch', '--json'], home);
    const late = setTimeout(() => watching.child.kill('SIGKILL'), 25_000);
    try {
      const line = await watching.printed(new RegExp(`^.*"event":"appeared".*"name":"${name}".*$`, 'm'));
      const session: Discovered = JSON.parse(line[0]);
      return session;
    } finally {
      clearTimeout(late);
      await stop(watching);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map(stop));
    await this.#lab[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Asks a program to end, as Ctrl-C does, and insists after a while. */
export async function stop(running: Running): Promise<Ended> {
  const { child } = running;
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
  const insist = setTimeout(() => child.kill('SIGKILL'), 5000);
  try {
    return await running.end;
  } finally {
    clearTimeout(insist);
  }
}

/** A description of one audio medium on a group, as other programs expect it. */
export function audioSdp(
  name: string,
  group: string,
  { port = 5004, format = 'RTP/AVP 0', lines = [] as readonly string[], user = 'rendezvous' } = {},
): string {
  return [
    'v=0',
    `o=${user} ${4_000_000_000 + Math.floor(Math.random() * 1e8)} 1 IN IP4 10.77.0.1`,
    `s=${name}`,
    `c=IN IP4 ${group}/1`,
    't=0 0',
    `m=audio ${port} ${format}`,
    ...lines,
    '',
  ].join('\r\n');
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { commandPath, cpuSeconds, endChild, sleep, spawnOn } from '../harness.ts';
import { SUBJECT_CORE } from '../load.ts';

const CONTROL_PORT = 4212;

/** VLC as a listener to SAP, as a user opens it: it lists what is announced. */
export class VlcListener implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #home: string;

  private constructor(child: ChildProcess, home: string) {
    this.#child = child;
    this.#home = home;
  }

  /** Undefined where VLC is not installed, or cannot be run: as root it needs `setpriv`. */
  static async start(): Promise<VlcListener | undefined> {
    const vlc = commandPath('vlc');
    const setpriv = commandPath('setpriv');
    const root = process.getuid?.() === 0;
    if (vlc === undefined || (root && setpriv === undefined)) return undefined;
    const home = mkdtempSync(join(tmpdir(), 'rendezvous-vlc-'));
    if (root) await once(spawn('chown', ['65534:65534', home]), 'close');
    const options = ['-I', 'oldrc', '--rc-fake-tty', `--rc-host=127.0.0.1:${CONTROL_PORT}`];
    const sap = ['--no-video', '--aout=dummy', '--services-discovery=sap', '--sap-timeout=1800'];
    const unprivileged = [setpriv ?? '', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const [command = vlc, ...args] = [...(root ? unprivileged : []), vlc, ...options, ...sap];
    const env = { ...process.env, HOME: home };
    const listener = new VlcListener(spawnOn(SUBJECT_CORE, command, args, { stdio: 'ignore', env }), home);
    await sleep(3000);
    if (listener.#child.exitCode === null) return listener;
    await listener[Symbol.asyncDispose]();
    return undefined;
  }

  get cpuSeconds(): number {
    return cpuSeconds(this.#child.pid ?? 0);
  }

  /** How many sessions it lists whose name begins so. */
  async listed(name: string): Promise<number> {
    const socket = connect(CONTROL_PORT, '127.0.0.1').setEncoding('utf8');
    let text = '';
    socket.on('data', (data: string) => {
      text += data;
    });
    await once(socket, 'connect');
    socket.write('playlist\n');
    for (let before = -1; before !== text.length; await sleep(1500)) before = text.length;
    socket.destroy();
    return text.split(name).length - 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endChild(this.#child);
    rmSync(this.#home, { recursive: true, force: true });
  }
}

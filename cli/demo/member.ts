import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { JoinEvent } from '../join/events.ts';
import { launcherPath } from '../launcher.ts';

/** What a participant of the demonstration does. */
export interface MemberPlan {
  readonly name: string;
  /** As for `--send`. */
  readonly send: string;
  /** Where it records what it hears. */
  readonly recording: string;
  readonly directoryUrl: string;
  readonly conference: string;
  readonly interface: string;
  readonly seconds: number;
}

/** What came of it. */
export interface MemberResult {
  /** Null when it was killed. */
  readonly exitCode: number | null;
  readonly events: readonly JoinEvent[];
  /** What it said on standard error. */
  readonly complaint: string;
}

/** A participant in a process of its own: `rendezvous join` as anybody would call it. */
export class Member implements Disposable {
  readonly ended: Promise<MemberResult>;
  readonly #child: ChildProcess;

  constructor(plan: MemberPlan, env: NodeJS.ProcessEnv) {
    const args = ['--directory', plan.directoryUrl, 'join', plan.conference, '--json'];
    args.push('--interface', plan.interface, '--loopback', 'selective', '--name', plan.name);
    args.push('--duration', `${plan.seconds}s`, '--send', plan.send, '--receive', `wav:${plan.recording}`);
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    const child = spawn(process.execPath, [launcherPath(), ...args], { env, stdio });
    this.#child = child;
    const events: JoinEvent[] = [];
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event: JoinEvent = JSON.parse(line);
      events.push(event);
    });
    this.ended = once(child, 'close').then(
      ([code]) => ({ exitCode: typeof code === 'number' ? code : null, events, complaint }),
      (error: unknown) => ({ exitCode: null, events, complaint: String(error) }),
    );
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }
  /** Ends it at once if it still runs. */
  [Symbol.dispose](): void {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
  }
}

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cwd, getuid } from 'node:process';

/** One private mount and network namespace, in which further network namespaces are made by name. */
export interface Namespaces extends AsyncDisposable {
  /** Starts a program in the named namespace, in the working directory of this process. */
  spawn(namespace: string, command: string, args: readonly string[]): ChildProcessWithoutNullStreams;
  /** Runs a program there to its end. @returns its standard output @throws with its standard error when it fails */
  run(namespace: string, command: string, args: readonly string[]): Promise<string>;
  /** Runs a shell script beside them all, where `ip netns add` makes new ones. */
  script(script: string): Promise<string>;
}

/**
 * Makes them. A process holds them; they go with it, also because this process died: nothing is left on the machine.
 * Without root they lie in a user namespace.
 *
 * @throws when namespaces cannot be made here
 */
export async function openNamespaces(): Promise<Namespaces> {
  const holder = await hold();
  const enter = (command: readonly string[]): ChildProcessWithoutNullStreams =>
    spawn('nsenter', intoLab(holder.pid, command));
  const start = (
    namespace: string,
    command: string,
    args: readonly string[],
  ): ChildProcessWithoutNullStreams =>
    enter(['ip', 'netns', 'exec', namespace, 'env', '-C', cwd(), command, ...args]);
  return {
    spawn: start,
    run: (namespace, command, args) => finish(start(namespace, command, args), `${namespace}: ${command}`),
    script: (script) => finish(enter(['sh', '-e', '-c', script]), 'setting up the lab'),
    async [Symbol.asyncDispose]() {
      holder.stdin.end();
      if (holder.exitCode === null) await once(holder, 'exit');
    },
  };
}

function isRoot(): boolean {
  return getuid?.() === 0;
}

function intoLab(pid: number | undefined, command: readonly string[]): string[] {
  return ['-t', String(pid), '-n', '-m', ...(isRoot() ? [] : ['-U', '--preserve-credentials']), ...command];
}

/** A process that keeps the namespaces alive until its standard input ends. */
async function hold(): Promise<ChildProcessWithoutNullStreams> {
  const script = 'mount -t tmpfs lab /run && mkdir /run/netns && echo ready && exec cat';
  const flags = isRoot() ? ['-n', '-m'] : ['-U', '-r', '-n', '-m'];
  const holder = spawn('unshare', [...flags, 'sh', '-c', script]);
  const complaint = collect(holder.stderr);
  const ready = await Promise.race([
    once(holder.stdout, 'data'),
    once(holder, 'exit'),
    once(holder, 'error'),
  ]);
  if (!String(ready[0]).startsWith('ready')) {
    throw new Error(
      `network namespaces cannot be made here (root or unprivileged user namespaces are needed): ${complaint()}`,
    );
  }
  return holder;
}

/** @returns standard output once the program has ended well @throws with its complaint when it has not */
export async function finish(child: ChildProcessWithoutNullStreams, what: string): Promise<string> {
  const [output, complaint] = [collect(child.stdout), collect(child.stderr)];
  child.stdin.end();
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`${what} ended with ${String(code ?? signal)}: ${complaint() || output()}`);
  return output();
}

export function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

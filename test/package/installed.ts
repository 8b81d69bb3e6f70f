import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../../tools/files.ts';

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a user of the package: our Node first, no npm settings of the test run, own data and config. */
export function userEnvironment(home: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_|VITEST|RENDEZVOUS_)/i.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
    XDG_DATA_HOME: join(home, 'data'),
    XDG_CONFIG_HOME: join(home, 'config'),
    NO_COLOR: '1',
  };
}

interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds, after which the program is killed and its status is -1; 0 for as long as it takes. */
  readonly timeout?: number;
}

export function run(
  command: string,
  args: readonly string[],
  { cwd, env = process.env, timeout = 0 }: RunOptions,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env, timeout, killSignal: 'SIGKILL', maxBuffer: 16 << 20 } as const;
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error?.killed === true)
        resolve({ status: -1, stdout, stderr: `${stderr}stopped after ${timeout} ms` });
      else if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end();
  });
}

export async function succeed(
  command: string,
  args: readonly string[],
  options: Parameters<typeof run>[2],
): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, options);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`);
  return stdout;
}

/** An empty folder that goes away with the tests. */
export class TemporaryFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'rendezvous-package-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Packs the working tree as `npm publish` would. @returns the tarball and the files in it */
export async function pack(into: string): Promise<{ tarball: string; files: string[] }> {
  const root = fileURLToPath(ROOT);
  const stdout = await succeed('npm', ['pack', '--json', '--silent', '--pack-destination', into], {
    cwd: root,
    env: userEnvironment(into),
  });
  // What the build prints comes before the JSON.
  const [packed]: { files: { path: string }[] }[] = JSON.parse(stdout.slice(stdout.indexOf('[')));
  const tarball = readdirSync(into).find((name) => name.endsWith('.tgz'));
  if (packed === undefined || tarball === undefined) throw new Error(`npm pack made nothing: ${stdout}`);
  return { tarball: join(into, tarball), files: packed.files.map(({ path }) => path) };
}

/** Of one attempt to install, in milliseconds; it takes some seconds. */
const INSTALL_LIMIT = 60_000;
/** A registry that is away for a moment shall not cost npm's usual pauses of up to a minute. */
const IMPATIENT = [
  '--fetch-retries=8',
  '--fetch-retry-mintimeout=500',
  '--fetch-retry-maxtimeout=5000',
  '--fetch-timeout=15000',
];

/** Installs the tarball into a new project in `folder`. An npm that gets nowhere is ended and started again. */
export async function install(tarball: string, folder: string, ...flags: string[]): Promise<void> {
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
  const line = ['install', ...quiet, ...IMPATIENT, ...flags, tarball];
  for (let tries = 1; ; tries++) {
    const options = { cwd: folder, env: userEnvironment(folder), timeout: INSTALL_LIMIT };
    const { status, stdout, stderr } = await run('npm', line, options);
    if (status === 0) return;
    const said = `npm ${line.join(' ')} ended with ${status}: ${stderr}${stdout}`;
    if (tries === 4) throw new Error(said);
    console.warn(`${said}\nonce more`);
  }
}

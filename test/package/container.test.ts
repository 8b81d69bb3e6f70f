import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../tools/files.ts';
import { execForm, parseContainerfile } from '../support/containerfile.ts';
import { run, succeed, TemporaryFolder, userEnvironment } from './installed.ts';

/**
 * Does what the Containerfile says, with a folder in place of the root of the file system, as far as that goes without a
 * container engine: dependencies come from the working tree instead of `npm ci`, which every test run begins with.
 */
const root = fileURLToPath(ROOT);
const folder = new TemporaryFolder();
const at = (path: string): string => join(folder.path, path);
/** Where the image has them: the same paths below the folder. */
const inside = (command: string): string =>
  command.replaceAll(/(?<![\w./])\/(build|install|data)\b/g, (path) => at(path));
const instructions = parseContainerfile(readFileSync(join(root, 'containers/Containerfile'), 'utf8'));
const USER = 1000; // node, in the official images

beforeAll(async () => {
  chmodSync(folder.path, 0o755);
  mkdirSync(at('build'));
  const keep = readFileSync(join(root, 'containers/Containerfile.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  for (const path of keep) cpSync(join(root, path), at(`build/${path}`), { recursive: true });
  symlinkSync(join(root, 'node_modules'), at('build/node_modules'));
  mkdirSync(at('build/out'));
  let stage = 0;
  const env = {
    ...userEnvironment(folder.path),
    npm_config_prefix: at('usr/local'),
    npm_config_prefer_offline: 'true',
  };
  for (const { keyword, argument } of instructions) {
    if (keyword === 'FROM') stage++;
    if (keyword === 'COPY' && stage === 2) {
      const [, from = '', to = ''] = /^--from=build (\S+) (\S+)$/.exec(argument) ?? [];
      cpSync(at(from), at(to), { recursive: true });
    }
    if (keyword !== 'RUN' || argument.startsWith('npm ci')) continue;
    const command = inside(argument).replace(/&& chown \S+ \S+/, '');
    await succeed('sh', ['-e', '-c', command], { cwd: stage === 1 ? at('build') : folder.path, env });
  }
  // as in the image; the one that runs this may be in a folder that its user may not enter
  copyFileSync(process.execPath, at('usr/local/bin/node'), constants.COPYFILE_FICLONE);
  if (process.getuid?.() === 0) chownSync(at('data'), USER, USER);
});
afterAll(() => folder[Symbol.dispose]());

function environment(): NodeJS.ProcessEnv {
  const told = instructions
    .filter(({ keyword }) => keyword === 'ENV')
    .flatMap(({ argument }) => [...argument.matchAll(/(\w+)=(\S+)/g)])
    .map(([, name = '', value = '']) => [name, inside(value)]);
  const path = [at('usr/local/bin'), '/usr/bin', '/bin'].join(':');
  return { PATH: path, HOME: at('data'), ...Object.fromEntries(told) };
}

/** Without root, as in the image. */
const asUser = process.getuid?.() === 0 ? { uid: USER, gid: USER } : {};
const only = (keyword: string): string =>
  instructions.findLast((it) => it.keyword === keyword)?.argument ?? '';

test('what the Containerfile installs runs, and the self-test of its health check passes without root', () => {
  const [command = '', ...args] = execForm(only('HEALTHCHECK').replace(/^.*CMD /, ''));
  const out = execFileSync(command, args, {
    env: environment(),
    cwd: at('data'),
    encoding: 'utf8',
    ...asUser,
  });
  expect(out).toMatch(/ ✓ Multicast +10 of 10 packets/);
  expect(out).toMatch(/ ✓ Publishing /);
});

test('its entry point and command serve the directory until they are stopped', async () => {
  const [command = '', ...fixed] = execForm(only('ENTRYPOINT'));
  const args = execForm(only('CMD')).map((it) => it.replace(':1389', ':0'));
  const child = spawn(command, [...fixed, ...args], { env: environment(), cwd: at('data'), ...asUser });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'exit');
  await expect.poll(() => said, { timeout: 60_000 }).toContain('ldap://0.0.0.0:');
  child.kill('SIGTERM');
  await ended;
  expect(said).not.toContain('rendezvous:');
});

test('the engine agrees that the compose files are valid, where there is one', async () => {
  const { status } = await run('sh', ['-c', 'docker compose version'], { cwd: root });
  const files = ['host', 'macvlan'].map((name) => join(root, `containers/compose.${name}.yaml`));
  for (const file of status === 0 ? files : []) {
    const { status: valid, stderr } = await run('docker', ['compose', '--file', file, 'config', '--quiet'], {
      cwd: root,
    });
    expect([file, valid, stderr]).toEqual([file, 0, '']);
  }
  expect(files).toHaveLength(2);
});

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../tools/files.ts';
import { install, pack, run, succeed, TemporaryFolder, userEnvironment } from './installed.ts';
import { findOldNode } from './old-node.ts';

/** The example of the README: what it shows must work, and its types must fit a strict program. */
const EXAMPLE = /```ts\n([^]*?)```/.exec(readFileSync(new URL('README.md', ROOT), 'utf8'))?.[1] ?? '';

/** Opens a socket that asks for marking, and tells what became of it. */
const MARKING = `
import { net } from 'rendezvous';
const socket = await net.openMulticastSocket({ group: '239.255.77.7', port: 50770, interface: '127.0.0.1', dscp: 46 });
console.log(JSON.stringify(socket.qos));
await socket.close();
`;

const folders: TemporaryFolder[] = [];
const folder = (): string => {
  const made = new TemporaryFolder();
  folders.push(made);
  return made.path;
};
let tarball = '';
let files: string[] = [];

beforeAll(async () => {
  ({ tarball, files } = await pack(folder()));
});
afterAll(() => {
  for (const each of folders) each[Symbol.dispose]();
});

test('the tarball holds the program and its documents, and nothing else', () => {
  const unexpected = files.filter(
    (path) =>
      !/^(dist\/|docs\/|cli\/rendezvous\.js$|(package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$)/.test(
        path,
      ),
  );
  expect(unexpected).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining(['dist/src/index.js', 'dist/src/index.d.ts', 'cli/rendezvous.js', 'LICENSE']),
  );
  expect(files.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))).toEqual([]);
});

describe('installed into an empty folder', () => {
  let home = '';
  const rendezvous = (...args: string[]) =>
    run(join(home, 'node_modules', '.bin', 'rendezvous'), args, { cwd: home, env: userEnvironment(home) });

  beforeAll(async () => {
    home = folder();
    await install(tarball, home);
  });

  test('the command tells its version', async () => {
    const { status, stdout } = await rendezvous('--version');
    expect({ status, version: stdout.trim() }).toEqual({ status: 0, version: '0.1.0' });
  });

  test('the command creates a conference and lists it', async () => {
    expect(await rendezvous('create', 'Packed', '--description', 'From the tarball')).toMatchObject({
      status: 0,
    });
    const { status, stdout } = await rendezvous('list', '--json');
    expect(status).toBe(0);
    expect(stdout).toContain('"Packed"');
    expect(stdout).toContain('From the tarball');
  });

  test('the example of the README compiles and runs', async () => {
    writeFileSync(join(home, 'example.ts'), EXAMPLE);
    const types = { typeRoots: [fileURLToPath(new URL('node_modules/@types', ROOT))], types: ['node'] };
    const options = {
      module: 'nodenext',
      target: 'esnext',
      lib: ['esnext'],
      strict: true,
      skipLibCheck: true,
      ...types,
    };
    writeFileSync(
      join(home, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['example.ts'] }),
    );
    const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', ROOT));
    await succeed(process.execPath, [tsc, '-p', 'tsconfig.json'], { cwd: home });
    const said = await succeed(process.execPath, ['example.js'], { cwd: home, env: userEnvironment(home) });
    expect(said).not.toBe('');
    expect(statSync(join(home, 'briefing.wav')).size).toBeGreaterThan(16_000); // two seconds, if of silence
    expect((await rendezvous('list')).stdout).toContain('Morning briefing');
  });

  test('a Node that is too old gets one sentence', async () => {
    const node = await findOldNode(folder());
    const { status, stdout, stderr } = await run(
      node,
      ['node_modules/rendezvous/cli/rendezvous.js', 'list'],
      { cwd: home },
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      /^rendezvous: this is Node\.js \d+\.\d+\.\d+, and Rendezvous needs 24\.11 or newer.*\n$/,
    );
  });
});

test('without koffi everything works but the marking, and the user is told', async () => {
  const home = folder();
  await install(tarball, home, '--omit=optional');
  const listed = await run(join(home, 'node_modules', '.bin', 'rendezvous'), ['list'], {
    cwd: home,
    env: userEnvironment(home),
  });
  expect(listed.status).toBe(0);
  writeFileSync(join(home, 'marking.js'), MARKING);
  const qos: { reason?: string } = JSON.parse(await succeed(process.execPath, ['marking.js'], { cwd: home }));
  expect(qos).toMatchObject({ effective: 0, method: 'none' });
  expect(qos.reason).toMatch(/koffi/);
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Check } from '../../cli/doctor/check.ts';
import { Home } from './cli-program.ts';
import { drawGroup } from './loopback.ts';

const home = new Home();
afterAll(() => home[Symbol.dispose]());

const { group, port } = drawGroup();
const HERE = ['--interface', 'lo', '--group', `${group}:${port}`];

async function consult(
  ...args: string[]
): Promise<{ code: number | null; err: string; ok: boolean; checks: Map<string, Check> }> {
  const { code, out, err } = await home.run([...args, 'doctor', ...HERE, '--json']);
  const { ok, checks }: { ok: boolean; checks: Check[] } = JSON.parse(out);
  return { code, err, ok, checks: new Map(checks.map((it) => [it.id, it])) };
}

test('[APP-07] [DEF-06] loopback carries marked multicast, and the directory takes an entry and gives it back', async () => {
  const { code, ok, err, checks } = await consult();
  expect([code, ok, err]).toEqual([0, true, '']);
  for (const id of [
    'route',
    'membership',
    'multicast',
    'marking',
    'arrival',
    'directory',
    'directoryWrite',
    'store',
  ]) {
    expect([id, checks.get(id)?.status]).toEqual([id, 'ok']);
  }
  expect(checks.get('multicast')?.detail).toBe(`10 of 10 packets to ${group}:${port} were heard again`);
  expect((await home.run(['list'])).out).toBe(''); // the probe is gone
});

test('for people: a line for each check, and what to do where something is to be done', async () => {
  const { code, out, err } = await home.run(['doctor', ...HERE]);
  expect(code).toBe(0);
  expect(out).toMatch(/^ ✓ Node\.js +\d+/);
  expect(out).toMatch(/ ✓ Multicast +10 of 10 packets/);
  expect(err).toMatch(/^(All is well\.|It works, with (one thing|\d+ things) to know\.)\n$/);
});

test('a directory that is not there fails, and everything else is still looked at', async () => {
  const { code, ok, err, checks } = await consult('--directory', 'ldap://127.0.0.1:9');
  expect([code, ok]).toEqual([1, false]);
  expect(checks.get('directory')).toMatchObject({
    status: 'fail',
    tryThis: expect.stringContaining('--directory'),
  });
  expect(checks.get('multicast')?.status).toBe('ok');
  expect(checks.has('store')).toBe(false);
  expect(err).toContain('Does not work here: connection, directory');
  expect(checks.get('directoryReach')).toMatchObject({
    status: 'fail',
    directory: 'ldap://127.0.0.1:9',
    why: expect.stringContaining('nothing can be read'),
  });
});

test('[APP-07] a directory that may not be written to', async () => {
  const folder = join(home.path, 'guarded');
  const password = join(home.path, 'password');
  writeFileSync(password, 'open sesame\n', { mode: 0o600 });
  const admin = ['--bind-dn', 'cn=admin', '--password-file', password];
  await using server = home.start([
    '--data-dir',
    folder,
    ...admin,
    'serve',
    '--listen',
    'ldap://127.0.0.1:0',
    '--json',
  ]);
  const [, url = ''] = await server.printed(/"url":"([^"]+)"/);
  const anonymous = await consult('--directory', url);
  expect([anonymous.code, anonymous.checks.get('directory')?.status]).toEqual([1, 'ok']);
  expect(anonymous.checks.get('directoryWrite')).toMatchObject({
    status: 'fail',
    tryThis: expect.stringContaining('--bind-dn'),
  });
  const authenticated = await consult('--directory', url, ...admin);
  expect(authenticated.checks.get('directoryWrite')?.status).toBe('ok');
});

test('a damaged store is told, with what to do', async () => {
  const folder = join(home.path, 'damaged');
  await home.run(['--data-dir', folder, 'create', 'Round']);
  writeFileSync(
    join(folder, 'directory.db'),
    'no database at all, but a line of text that somebody wrote into it',
  );
  const { code, checks } = await consult('--data-dir', folder);
  expect(code).toBe(1);
  expect(checks.get('directory')?.status).toBe('fail');
});

test('an interface that is not there', async () => {
  const { code, out } = await home.run(['doctor', '--interface', 'eth77', '--json']);
  expect(code).toBe(1);
  const { checks }: { checks: Check[] } = JSON.parse(out);
  expect(checks.find(({ id }) => id === 'route')).toMatchObject({
    status: 'fail',
    detail: expect.stringContaining('There is no interface "eth77"'),
  });
});

import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkBackup } from '../../directory/server/index.ts';
import type { ConferenceJson } from '../../directory/index.ts';
import { Home } from './cli-program.ts';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home[Symbol.dispose]());

const file = (name: string): string => join(home.path, name);
const data = (name = ''): string => join(home.path, 'data', 'rendezvous', name);
async function names(): Promise<string[]> {
  const { out } = await home.run(['list', '--json']);
  const found: ConferenceJson[] = JSON.parse(out);
  return found.map(({ name }) => name).toSorted();
}

describe('backup', () => {
  test('while a service runs and others write: whole, checked, and it can be restored', async () => {
    await using server = home.start(['serve', '--listen', 'ldap://127.0.0.1:0']);
    await server.printed(/ldap:/);
    await home.run(['create', 'Before']);
    const writing = Promise.all([home.run(['create', 'Meanwhile']), home.run(['create', 'Meanwhile too'])]);
    const { code, err } = await home.run(['backup', file('copy.db')]);
    await writing;
    expect({ code, err }).toEqual({
      code: 0,
      err: expect.stringMatching(/Copied .* entries, \d+ KiB, checked/),
    });
    expect(checkBackup(file('copy.db')).entries).toBeGreaterThan(0);
    expect(statSync(file('copy.db')).mode & 0o077).toBe(0);
    expect(readdirSync(home.path)).not.toContain('copy.db.part');
    await home.run(['create', 'After']);
    server.child.kill('SIGINT');
    await server.end;
    copyFileSync(file('copy.db'), data('directory.db'));
    for (const name of ['directory.db-wal', 'directory.db-shm']) rmSync(data(name), { force: true });
    expect(await names()).toContain('Before');
    expect(await names()).not.toContain('After');
  });

  test('a file that is there is replaced only when that is said', async () => {
    await home.run(['create', 'One']);
    writeFileSync(file('copy.db'), 'dear to somebody');
    const refused = await home.run(['backup', file('copy.db')]);
    expect(refused).toMatchObject({ code: 2, err: expect.stringMatching(/copy\.db exists.*--force/) });
    expect(readFileSync(file('copy.db'), 'utf8')).toBe('dear to somebody');
    expect(await home.run(['backup', '--force', file('copy.db')])).toMatchObject({ code: 0 });
    expect(checkBackup(file('copy.db')).entries).toBeGreaterThan(0);
    const itself = await home.run(['backup', '--force', data('directory.db')]);
    expect(itself).toMatchObject({ code: 2, err: expect.stringMatching(/is the store itself/) });
    expect(await names()).toEqual(['One']);
  });

  test('nothing to copy, and nowhere to put it', async () => {
    expect(await home.run(['backup', file('copy.db')])).toMatchObject({ code: 3 });
    await home.run(['create', 'One']);
    const { code, err } = await home.run(['backup', file('no such folder/copy.db')]);
    expect({ code, err }).toEqual({ code: 3, err: expect.stringMatching(/there is no such file/) });
  });
});

describe('export and import', () => {
  test('there and back in a pipe, to another data directory', async () => {
    await home.run(['create', 'Größe', '--description', 'ä'.repeat(80)]);
    const { code } = await home.shell(
      'rendezvous export | rendezvous import --data-dir other - && rendezvous list --data-dir other --json > other.json',
    );
    expect(code).toBe(0);
    const [copied]: ConferenceJson[] = JSON.parse(readFileSync(file('other.json'), 'utf8'));
    const [original]: ConferenceJson[] = JSON.parse((await home.run(['list', '--json'])).out);
    expect(copied).toMatchObject({ name: 'Größe', sdp: original?.sdp });
  });

  test('to a file, which is the user’s alone and is not replaced by mistake', async () => {
    await home.run(['create', 'One']);
    expect(await home.run(['export', file('all.ldif')])).toMatchObject({ code: 0, out: '' });
    expect(statSync(file('all.ldif')).mode & 0o077).toBe(0);
    expect(await home.run(['export', file('all.ldif')])).toMatchObject({ code: 2 });
    expect(await home.run(['export', '--force', file('all.ldif')])).toMatchObject({ code: 0 });
    const portable = await home.run(['export', '--no-operational', '--base', 'ou=Dynamic,o=Intranet']);
    expect(portable.out).toMatch(/^version: 1\n\ndn: ou=Dynamic,o=Intranet\n/);
    expect(portable.out).not.toMatch(/entryUUID|entryTtl|creatorsName/);
    expect(await home.run(['export', '--base', 'cn=nobody'])).toMatchObject({ code: 3 });
    expect(await home.run(['export', '--base', 'nonsense'])).toMatchObject({ code: 2 });
  });

  test('what cannot be imported is said with its line, and the exit code tells', async () => {
    writeFileSync(
      file('mixed.ldif'),
      'dn: uid=a,ou=Dynamic,o=Intranet\nobjectClass: rtConference\n\ndn: uid=b,ou=Nowhere,o=Intranet\nobjectClass: rtConference\n',
    );
    const atomic = await home.run(['import', '--atomic', file('mixed.ldif')]);
    expect(atomic).toMatchObject({ code: 1, err: expect.stringMatching(/Nothing was imported: 1 record/) });
    const { code, err } = await home.run(['import', file('mixed.ldif')]);
    expect(code).toBe(1);
    expect(err).toMatch(/line 4 \(uid=b,ou=Nowhere,o=Intranet\): there is no entry/);
    expect(err).toMatch(/Entries: 1 added/);
    expect((await home.run(['export', '--base', 'uid=a,ou=Dynamic,o=Intranet'])).code).toBe(0);
    expect(await home.run(['import', file('not there.ldif')])).toMatchObject({ code: 3 });
    expect(await home.run(['import', '--to', 'o=Intranet', file('mixed.ldif')])).toMatchObject({ code: 2 });
  });

  test('a reader that has had enough ends the export', async () => {
    await home.run(['create', 'One']);
    const { code, out } = await home.shell('set -o pipefail; rendezvous export | head -n 1');
    expect({ code, out }).toEqual({ code: 0, out: 'version: 1\n' });
    expect(existsSync(data('directory.db'))).toBe(true);
  });
});

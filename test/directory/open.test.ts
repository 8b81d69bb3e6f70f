import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  createConference,
  DirectoryUnavailableError,
  NoServerError,
  openDirectory,
  Rendezvous,
} from '../../directory/index.ts';
import { StateError } from '../../src/errors.ts';
import { displayTarget, parseTarget } from '../../directory/ldap/target.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'rendezvous-data-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

describe('targets', () => {
  test.each([
    ['ldap://host', { host: 'host', port: 389, tls: false, base: '' }],
    ['ldaps://host', { host: 'host', port: 636, tls: true }],
    ['LDAP://host:1002/ou=Conferences,dc=x', { host: 'host', port: 1002, base: 'ou=Conferences,dc=x' }],
    ['ldap://[::1]:3890', { host: '::1', port: 3890 }],
    ['ldapi://%2Frun%2Fslapd%2Fldapi', { kind: 'unix', path: '/run/slapd/ldapi' }],
  ])('[DEF-01] %s', (url, want) => {
    expect(parseTarget(url)).toMatchObject(want);
  });

  test('[ERR-02] no server name is told apart from a bad URL', () => {
    for (const url of ['', '  ', 'ldap://', 'ldap:///dc=x', 'ldapi:///']) {
      expect(() => parseTarget(url)).toThrow(NoServerError);
    }
    for (const url of ['host', 'http://host', 'ldap://host:99999']) {
      expect(() => parseTarget(url)).toThrow(/URL/);
    }
  });

  test('[DIR-02] shown to people', () => {
    expect(displayTarget(parseTarget('ldap://[::1]'))).toBe('[::1]:389');
    expect(displayTarget(parseTarget('ldap://a:1002/dc=x'))).toBe('a:1002');
  });
});

describe('the embedded directory', () => {
  test('keeps conferences in its data directory, and several may have it open', async () => {
    await using one = await openDirectory({ embedded: dataDir });
    await using two = await openDirectory('embedded', { dataDir });
    expect(one).toMatchObject({ type: 'ils', isDynamic: true, url: `embedded:${dataDir}` });
    expect(one.displayName).toContain(dataDir);
    await one.add(createConference({ name: 'Shared' }));
    await expect(two.get('shared')).resolves.toMatchObject({ name: 'Shared' });
    await two.delete('Shared');
    await expect(one.get('Shared')).resolves.toBeUndefined();
  });

  test('a TLS wish for it is refused', async () => {
    await expect(openDirectory({ embedded: dataDir }, { tls: 'starttls' })).rejects.toThrow(
      /TLS is for network/,
    );
    await expect(openDirectory('ldaps://h', { tls: 'none' })).rejects.toThrow(/TLS already/);
    await expect(openDirectory({ embedded: dataDir }, { timeoutMs: 0 })).rejects.toThrow(/time limit/);
  });
});

describe('Rendezvous', () => {
  test('[RV-01] [RV-02] [RV-03] [RV-04] [RV-05] default directories, others, and new objects', async () => {
    const rendezvous = new Rendezvous({ directories: [{ embedded: dataDir }, 'ldap://ils.example:1002'] });
    const all = await rendezvous.defaultDirectories();
    expect(all.map(({ url }) => url)).toEqual([`embedded:${dataDir}`, 'ldap://ils.example:1002']);
    const [embedded] = all;
    await embedded?.connect();
    expect(embedded?.isDynamic).toBe(true);
    for (const directory of all) await directory.close();
    const seen: string[] = [];
    for await (const directory of rendezvous.enumerateDefaultDirectories()) {
      seen.push(directory.displayName);
      await directory.close();
    }
    expect(seen).toHaveLength(2);
    const unconnected = await rendezvous.createDirectory('ldap://x.example', { dialect: 'ils' });
    expect(unconnected).toMatchObject({ type: 'ils', dialect: 'ils', displayName: 'x.example:389' });
    expect(rendezvous.createConference({ name: 'New' })).toMatchObject({ name: 'New', dn: undefined });
    await using opened = await rendezvous.openDirectory({ embedded: dataDir });
    expect(opened.type).toBe('ils');
  });
});

test('a port where nobody listens is said so, quickly', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await new Promise((resolve) => server.close(resolve));
  const opening = openDirectory(`ldap://127.0.0.1:${port}`);
  await expect(opening).rejects.toThrow(DirectoryUnavailableError);
  await expect(opening).rejects.toThrow(/nothing listens there/);
});

test('[ERR-05] a description goes on without its conference: its entry deleted, the directory closed', async () => {
  const description = await (async () => {
    await using directory = await openDirectory({ embedded: join(dataDir, 'outlived') });
    await directory.add(createConference({ name: 'Brief' }));
    const found = await directory.get('Brief');
    await directory.delete('Brief');
    return found?.sdp;
  })();
  expect(description?.isValid).toBe(true);
  description!.description = 'still mine';
  expect(description!.commit()).toBe(true);
  expect(description!.serialize()).toContain('i=still mine\r\n');
  // only what was taken out of it is gone, and says so
  const [media] = description!.media.toArray();
  description!.media.remove(0);
  expect(() => media!.kind).toThrow(StateError);
});

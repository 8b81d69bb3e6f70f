import { STORE_VERSION } from '../../../directory/server/store-upgrade.ts';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLocatorService, openStore, StoreError } from '../../../directory/server/index.ts';
import { conferenceDn, TestClient, testService } from './support.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-store-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let number = 0;
const newPath = (): string => join(folder, `${number++}`, 'directory.db');

describe('the store’s file', () => {
  test('its folder is made for the user alone, and what was added is there when it is opened again', async () => {
    const path = newPath();
    {
      using t = testService({ store: openStore({ path }) });
      expect((await t.client.addConference('a', { originator: 'Ann' })).code).toBe(0);
    }
    // The folder may be one that others made, and look into.
    for (const each of [join(path, '..'), path]) expect(statSync(each).mode & 0o077).toBe(0);
    using t = testService({ store: openStore({ path }) });
    expect((await t.client.read(conferenceDn('a')))?.attributes.originator).toEqual(['Ann']);
    expect((await t.client.search('(uid=a)')).entries).toHaveLength(1);
  });

  test('the file carries its version', () => {
    const path = newPath();
    openStore({ path }).close();
    using db = new DatabaseSync(path);
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: STORE_VERSION });
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  });

  test.each([
    {
      name: 'a text file',
      make: (path: string) => writeFileSync(path, 'not a database, only text '.repeat(100)),
      says: /damaged.*move it away/,
    },
    {
      name: 'another program’s database',
      make: (path: string) => {
        using db = new DatabaseSync(path);
        db.exec('CREATE TABLE t (a)');
      },
      says: /another program/,
    },
    {
      name: 'a later version',
      make: (path: string) => {
        openStore({ path }).close();
        using db = new DatabaseSync(path);
        db.exec('PRAGMA user_version = 99');
      },
      says: /later version/,
    },
    {
      name: 'the middle overwritten',
      make: (path: string) => {
        openStore({ path }).close();
        const octets = readFileSync(path);
        octets.fill(0x55, 100, 4096);
        writeFileSync(path, octets);
      },
      says: /damaged/,
    },
  ])('refused with advice: $name', ({ make, says }) => {
    const path = join(folder, `bad-${number++}.db`);
    make(path);
    expect(() => openStore({ path })).toThrow(StoreError);
    expect(() => openStore({ path })).toThrow(says);
    expect(() => openStore({ path })).toThrow(path);
  });

  test('a folder that cannot be made is said', () => {
    expect(() => openStore({ path: '/dev/null/x/directory.db' })).toThrow(/Check that the folder exists/);
  });

  test('an index made by other rules is built anew', async () => {
    const path = newPath();
    {
      using t = testService({ store: openStore({ path }) });
      await t.client.addConference('a');
    }
    {
      using db = new DatabaseSync(path);
      db.exec("DELETE FROM attribute_value; UPDATE meta SET value = 'older' WHERE name = 'index'");
    }
    using t = testService({ store: openStore({ path }) });
    expect((await t.client.search('(uid=a)')).entries).toHaveLength(1);
    expect((await t.client.search('(objectClass=rtConference)')).entries).toHaveLength(1);
  });
});

describe('one file, several processes', () => {
  /** Two services with a connection each to one file, as two processes have. */
  function two() {
    const path = newPath();
    const first = testService({ store: openStore({ path }) });
    const second = testService({ store: openStore({ path }) });
    return {
      first: first.client,
      second: second.client,
      stores: [first.service.context.store, second.service.context.store] as const,
      [Symbol.dispose]() {
        first[Symbol.dispose]();
        second[Symbol.dispose]();
      },
    };
  }

  test('each sees at once what the other has done, although it keeps copies in memory', async () => {
    using t = two();
    const dn = conferenceDn('a');
    await t.first.addConference('a', { originator: 'one', entryTTL: '100' });
    expect((await t.second.read(dn, 'originator'))?.attributes.originator).toEqual(['one']);
    await t.first.replace(dn, 'originator', 'two');
    expect((await t.second.read(dn, 'originator'))?.attributes.originator).toEqual(['two']);
    expect((await t.second.search('(originator=two)')).entries).toHaveLength(1);
    await t.second.replace(dn, 'entryTTL', '500');
    expect((await t.first.read(dn, 'entryTtl'))?.attributes.entryTtl).toEqual(['500']);
    await t.second.request({ type: 'delRequest', entry: dn });
    expect(await t.first.read(dn)).toBeUndefined();
    await t.second.addConference('a', { originator: 'three' });
    expect((await t.first.read(dn, 'originator'))?.attributes.originator).toEqual(['three']);
  });

  test('a name is given once', async () => {
    using t = two();
    const answers = await Promise.all([t.first.addConference('a'), t.second.addConference('a')]);
    expect(answers.map(({ code }) => code).sort((a, b) => a - b)).toEqual([0, 68]);
  });

  test('while another process writes for long, a change is answered busy and reading goes on', async () => {
    const path = newPath();
    using other = openStore({ path });
    using t = testService({ store: openStore({ path, busyTimeoutMs: 20 }) });
    await t.client.addConference('a');
    other.begin();
    expect(await t.client.addConference('b')).toMatchObject({
      code: 51,
      message: expect.stringContaining('try again'),
    });
    expect((await t.client.search('(uid=a)')).entries).toHaveLength(1);
    other.rollback();
    expect((await t.client.addConference('b')).code).toBe(0);
  });
});

test('changes that arrive together are one transaction, and a failing one takes no other along', async () => {
  using t = testService();
  const answers = await Promise.all([
    t.client.addConference('a'),
    t.client.addConference('a'),
    t.client.addConference('b', { colour: 'red' }),
    t.client.replace(conferenceDn('a'), 'url', 'http://x'),
    t.client.addConference('c'),
    t.client.request({ type: 'delRequest', entry: conferenceDn('c') }),
  ]);
  expect(answers.map(({ code }) => code)).toEqual([0, 68, 17, 0, 0, 0]);
  expect((await t.client.read(conferenceDn('a')))?.attributes.url).toEqual(['http://x']);
  expect(t.service.context.store.inTransaction).toBe(false);
});

test('when the store fails nothing is acknowledged: the client is told and disconnected', async () => {
  using t = testService();
  await t.client.addConference('a');
  const { store } = t.service.context;
  const commit = store.commit.bind(store);
  store.commit = () => {
    throw new Error('disk full');
  };
  const answer = t.client.addConference('b');
  await t.client.closed;
  store.commit = commit;
  expect(await Promise.race([answer, Promise.resolve('no answer')])).toBe('no answer');
  expect(t.client.notices).toMatchObject([
    { op: { resultCode: 52, diagnosticMessage: expect.stringContaining('disk full') } },
  ]);
  const other = new TestClient(t.service);
  expect(await other.read(conferenceDn('b'))).toBeUndefined();
  expect((await other.addConference('b')).code).toBe(0);
});

test('copies in memory stay within their limit', async () => {
  const store = openStore({ path: ':memory:', cacheBytes: 20_000 });
  using t = testService({ store });
  await Promise.all(Array.from({ length: 50 }, (_, i) => t.client.addConference(`c${i}`)));
  for (let round = 0; round < 2; round++) {
    expect((await t.client.search('(description=x)')).code).toBe(0);
    for (let i = 0; i < 50; i++) expect(await t.client.read(conferenceDn(`c${i}`))).toBeDefined();
  }
  expect(store.cachedBytes).toBeLessThanOrEqual(20_000);
  expect(store.cachedBytes).toBeGreaterThan(0);
});

test('a base tree that lost a part gets it back', () => {
  using store = openStore({ path: ':memory:' });
  createLocatorService({ store, sweepSeconds: 0 }).close();
  const path = store.descendants('o=intranet').map((entry) => entry.path)[0]!;
  store.delete(store.get(path)!);
  createLocatorService({ store, sweepSeconds: 0 }).close();
  expect(store.get(path)).toBeDefined();
});

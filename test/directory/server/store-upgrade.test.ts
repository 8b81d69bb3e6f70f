import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore, StoreError } from '../../../directory/server/index.ts';
import { conferenceDn, testService } from './support.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-upgrade-'));
});
afterAll(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

const fixture = (version: number): string =>
  readFileSync(new URL(`../../corpus/store/version-${version}.sql`, import.meta.url), 'utf8');

let number = 0;
/** A store as an old program left it. */
function oldStore(version: number): string {
  const path = join(folder, `${number++}.db`);
  using db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL');
  db.exec(fixture(version));
  return path;
}

/** Tables and indexes, in one spelling. */
function tablesOf(path: string): string[] {
  using db = new DatabaseSync(path, { readOnly: true });
  return db
    .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .all()
    .map(({ sql }) => String(sql).replace(/\s+/g, ' '));
}
function version(path: string): unknown {
  using db = new DatabaseSync(path, { readOnly: true });
  return db.prepare('PRAGMA user_version').get()?.['user_version'];
}

describe.each([1])('a store of version %i', (from) => {
  test('is upgraded when it is opened: same tables as a new one, same entries, and it works', async () => {
    const path = oldStore(from);
    const fresh = join(folder, `${number++}.db`);
    openStore({ path: fresh }).close();
    {
      using t = testService({ store: openStore({ path }) });
      const { entries } = await t.client.search('(objectClass=rtConference)');
      expect(entries.map(({ dn }) => dn)).toEqual([conferenceDn('Morning round'), conferenceDn('second')]);
      expect(entries[0]?.attributes).toMatchObject({ originator: ['ann'], description: ['Grüße every day'] });
      expect(entries[1]?.attributes.description).toEqual(['changed', 'twice']);
      expect((await t.client.search('(cn=ann@host.example)')).entries).toHaveLength(1);
      expect((await t.client.replace(conferenceDn('second'), 'originator', 'cy')).code).toBe(0);
      expect((await t.client.search('(originator=cy)')).entries).toHaveLength(1);
      expect((await t.client.addConference('third')).code).toBe(0);
    }
    expect(tablesOf(path)).toEqual(tablesOf(fresh));
    expect(version(path)).toBe(version(fresh));
    using db = new DatabaseSync(path);
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  });

  test('is copied as it was before', async () => {
    const path = oldStore(from);
    const was = tablesOf(path);
    openStore({ path }).close();
    const copy = `${path}.version-${from}`;
    expect(tablesOf(copy)).toEqual(was);
    expect(version(copy)).toBe(from);
    using db = new DatabaseSync(copy);
    expect(db.prepare("SELECT count(*) AS n FROM entry WHERE path LIKE '%uid=%'").get()).toEqual({ n: 2 });
  });

  test('stays as it is when the copy cannot be made, and that is said', () => {
    const path = oldStore(from);
    // A name that has just enough room for what SQLite appends to it, and none for ours: that holds for root too.
    const long = join(folder, `${number++}`.padEnd(246, 'x'));
    using db = new DatabaseSync(path);
    db.prepare('VACUUM INTO ?').run(long);
    expect(() => openStore({ path: long })).toThrow(StoreError);
    expect(() => openStore({ path: long })).toThrow(/copied to .* before it is upgraded.*Make room/s);
    expect(version(long)).toBe(from);
    expect(existsSync(`${long}.version-${from}`)).toBe(false);
  });
});

test('an upgrade happens once although two processes open the store', async () => {
  const path = oldStore(1);
  using first = testService({ store: openStore({ path }) });
  using second = testService({ store: openStore({ path }) });
  await first.client.replace(conferenceDn('second'), 'originator', 'dee');
  expect((await second.client.search('(originator=dee)')).entries).toHaveLength(1);
});

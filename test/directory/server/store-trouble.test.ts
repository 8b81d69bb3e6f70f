import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exportEntries, openStore } from '../../../directory/server/index.ts';
import { type Answer, conferenceDn, TestClient, testService } from './support.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-trouble-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const PAGE = 4096;
/** First byte of a page with rows of a table (SQLite's file format, §1.6). */
const ROWS = 0x0d;

/** A store of many pages with some of those overwritten that have rows; where indexes end up is chance. */
async function damagedStore(
  isDamaged: (page: number) => boolean,
): Promise<{ path: string; names: string[] }> {
  const path = join(folder, 'directory.db');
  const names = Array.from({ length: 400 }, (_, i) => `c${i}`);
  {
    using t = testService({ store: openStore({ path }) });
    await Promise.all(names.map((name) => t.client.addConference(name, { description: name.repeat(200) })));
  }
  const file = openSync(path, 'r+');
  const type = Buffer.alloc(1);
  for (let page = 0; page < statSync(path).size / PAGE; page++) {
    readSync(file, type, 0, 1, page * PAGE);
    if (isDamaged(page) && type[0] === ROWS) writeSync(file, Buffer.alloc(PAGE, 0x55), 0, PAGE, page * PAGE);
  }
  closeSync(file);
  return { path, names };
}

test('a damaged file: what can be read is, the rest is refused in words, and the operator is told once', async () => {
  const { path, names } = await damagedStore((page) => page > 60 && page % 7 === 0);
  const told: string[] = [];
  using t = testService({ store: openStore({ path, columnBytes: 0 }), onTrouble: (text) => told.push(text) });
  const read = (name: string): Promise<Answer> =>
    t.client.search('(objectClass=*)', { baseObject: conferenceDn(name), scope: 'base' });
  // All at once, so that good and bad ones come together.
  const answers = await Promise.all(names.map(read));
  const codes = answers.map(({ code }) => code);
  expect(new Set(codes)).toEqual(new Set([0, 52]));
  expect(codes.filter((code) => code === 0).length).toBeGreaterThan(100);
  expect(answers.find(({ code }) => code === 52)?.message).toMatch(
    /the store is damaged here.*Nothing was changed/,
  );
  expect(answers.every(({ code, entries }) => code !== 0 || entries.length === 1)).toBe(true);
  const scan = await t.client.search('(description=nothing)');
  expect(scan).toMatchObject({ code: 52, message: expect.stringMatching(/damaged/) });
  expect(told).toEqual([expect.stringMatching(/damaged.*restore a backup/)]);
  expect(t.client.notices).toEqual([]);
  expect(
    (await new TestClient(t.service).search('(objectClass=*)', { baseObject: '', scope: 'base' })).code,
  ).toBe(0);
});

test('a search that has begun to answer ends with the reason when the rest cannot be read', async () => {
  const { path } = await damagedStore((page) => page > 200 && page % 3 === 0);
  using t = testService({ store: openStore({ path, cacheBytes: 0 }) });
  const { code, entries } = await t.client.search('(objectClass=*)');
  expect(code).toBe(52);
  expect(entries.length).toBeGreaterThan(0);
  expect((await t.client.search('(objectClass=*)', { baseObject: '', scope: 'base' })).code).toBe(0);
});

test('of a damaged file the rest can be exported', async () => {
  const { path, names } = await damagedStore((page) => page > 60 && page % 7 === 0);
  using store = openStore({ path });
  const damaged: string[] = [];
  const records = exportEntries(store, {
    now: Date.UTC(2026, 10, 21, 9),
    onDamaged: (rdns) => damaged.push(rdns.at(-1) ?? ''),
  });
  const read = Array.from(records, ({ dn }) => dn);
  expect(damaged.length).toBeGreaterThan(10);
  expect(read.length).toBeGreaterThan(100);
  const rescued = names.filter((name) => read.includes(conferenceDn(name)));
  expect(rescued.length + damaged.length).toBe(names.length);
});

test('a file that may only be read: reads go on, changes are refused in words', async () => {
  const path = join(folder, 'directory.db');
  using t = testService({ store: openStore({ path }) });
  await t.client.addConference('a');
  const { store } = t.service.context;
  const begin = store.begin.bind(store);
  // Root may write to every file: SQLite is told not to.
  store.begin = () => {
    throw Object.assign(new Error('attempt to write a readonly database'), { errcode: 8 });
  };
  expect(await t.client.addConference('b')).toMatchObject({
    code: 52,
    message: expect.stringMatching(/can only be read.*Nothing was changed/),
  });
  expect((await t.client.search('(uid=a)')).entries).toHaveLength(1);
  store.begin = begin;
  expect((await t.client.addConference('b')).code).toBe(0);
});

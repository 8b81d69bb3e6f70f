import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type CachedAnnouncement,
  MAX_CACHED,
  MAX_FILE_BYTES,
  mergeCaches,
  readCache,
  writeCache,
} from '../../../directory/announced/cache-file.ts';
import { keepFairly } from '../../../directory/announced/fair-share.ts';

const NOW = Date.UTC(2026, 0, 5, 12);
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'announcements-'));
  path = join(folder, 'not', 'there', 'announcements.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const record = (key: string, more: Partial<CachedAnnouncement> = {}): CachedAnnouncement => ({
  key,
  payload: Uint8Array.from(Buffer.from(`v=0\r\no=${key}\r\ns=${key} Ü\r\nt=0 0\r\n`)),
  source: '192.0.2.1',
  sender: '192.0.2.1',
  heard: [{ group: '239.255.255.255', interface: 'eth0' }, { group: '224.2.127.254' }],
  hash: 0x3f2a,
  firstHeard: NOW - 3000,
  lastHeard: NOW - 1000,
  periodMs: 30_000,
  expiresAt: NOW + 3_599_000,
  authentication: undefined,
  ...more,
});

describe('the cache of announced sessions', () => {
  test('gives back what was written, byte for byte, and leaves no other file', async () => {
    const latin1 = record('b', { payload: Uint8Array.of(0x76, 0xfc, 0xff), periodMs: undefined, heard: [] });
    const signed = record('c', { authentication: 'PGP', hash: 0 });
    await writeCache(path, [record('a'), latin1, signed]);
    const { announcements, problem } = await readCache(path, NOW);
    expect(problem).toBeUndefined();
    expect(announcements).toEqual([record('a'), latin1, signed]);
    expect(readdirSync(join(path, '..'))).toEqual(['announcements.json']);
  });

  test('what has expired since, or was heard in the future, is left out', async () => {
    await writeCache(path, [
      record('over', { expiresAt: NOW }),
      record('lives', { expiresAt: NOW + 1 }),
      record('future', { lastHeard: NOW + 120_000 }),
    ]);
    const { announcements } = await readCache(path, NOW);
    expect(announcements.map(({ key }) => key)).toEqual(['lives']);
  });

  test('descriptions as long as datagrams do not make a file that is too long to be read again', async () => {
    const payload = Uint8Array.from({ length: 60_000 }, () => 0xff); // base64, four thirds of it
    const long = Array.from({ length: 500 }, (_, i) => record(`long ${i}`, { payload, sender: '192.0.2.9' }));
    await writeCache(path, [...long, record('short')]);
    expect(statSync(path).size).toBeLessThanOrEqual(MAX_FILE_BYTES);
    const { announcements, problem } = await readCache(path, NOW);
    expect(problem).toBeUndefined();
    expect(announcements.length).toBeGreaterThan(300);
    expect(announcements.at(-1)?.key).toBe('short');
  });

  test('may be written twice at once', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, i) => writeCache(path, [record(`${i}`)])));
    expect((await readCache(path, NOW)).announcements).toHaveLength(1);
    expect(readdirSync(join(path, '..'))).toEqual(['announcements.json']);
  });

  test('an absent file is an empty one', async () => {
    expect(await readCache(path, NOW)).toEqual({ announcements: [] });
  });

  test.each([
    ['cut off', (text: string) => text.slice(0, -20)],
    ['of something else', () => '{"format":"a recipe"}'],
    ['of a later version', (text: string) => text.replace('"version":1', '"version":2')],
    ['without a sender', (text: string) => text.replace('"sender"', '"sendr"')],
    ['with a group that is none', (text: string) => text.replace('"group":"239', '"group":239,"x":"')],
    ['empty', () => ''],
  ])('a file that is %s is told, and nothing is taken from it', async (_, damage) => {
    await writeCache(path, [record('a'), record('b')]);
    writeFileSync(path, damage(readFileSync(path, 'utf8')));
    const { announcements, problem } = await readCache(path, NOW);
    expect(announcements).toEqual([]);
    expect(problem).toMatch(/./);
  });

  test('another process’s newer word counts, and not what it still knows of a session that was withdrawn', () => {
    const ours = [record('a', { lastHeard: 10 }), record('b', { lastHeard: 20 })];
    const theirs = [
      record('a', { lastHeard: 15 }),
      record('b', { lastHeard: 5 }),
      record('c', { lastHeard: 7 }),
      record('d', { lastHeard: 9 }),
    ];
    const merged = mergeCaches(
      ours,
      theirs,
      new Map([
        ['c', 8],
        ['d', 8],
      ]),
    );
    expect(merged.map(({ key, lastHeard }) => `${key}${lastHeard}`)).toEqual(['a15', 'b20', 'd9']);
  });

  test('who announces most loses first, and the oldest of it', () => {
    const flood = Array.from({ length: 50 }, (_, i) => record(`f${i}`, { sender: 'flood', lastHeard: i }));
    const few = [record('x', { sender: 'x' }), record('y', { sender: 'y' }), record('z', { sender: 'y' })];
    const kept = keepFairly([...flood, ...few], 10).map(({ key }) => key);
    expect(kept.sort()).toEqual(['f43', 'f44', 'f45', 'f46', 'f47', 'f48', 'f49', 'x', 'y', 'z'].sort());
    expect(keepFairly(few, 3)).toEqual(few);
  });

  test('is bounded', async () => {
    const many = Array.from({ length: MAX_CACHED + 5 }, (_, i) =>
      record(`k${i}`, { payload: Uint8Array.of(1), heard: [] }),
    );
    await writeCache(path, many);
    expect((await readCache(path, NOW)).announcements).toHaveLength(MAX_CACHED);
  });
});

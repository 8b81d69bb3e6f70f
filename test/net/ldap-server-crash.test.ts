import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../directory/server/index.ts';
import { conferenceDn, testService } from '../directory/server/support.ts';

const WRITER = fileURLToPath(new URL('../directory/server/writer.ts', import.meta.url));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-crash-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a writer until it ends, or kills it once `killAfter` names are acknowledged. */
function write(
  path: string,
  prefix: string,
  count: number,
  killAfter = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const child = spawn(process.execPath, [WRITER, path, prefix, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    if (printed.split('\n').length > killAfter) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // The last line may be cut off by the kill; its name was acknowledged all the same, but nobody was told.
    child.once('close', () => resolve(printed.split('\n').slice(0, -1)));
  });
}

async function missing(path: string, names: readonly string[]): Promise<string[]> {
  using t = testService({ store: openStore({ path }) });
  const lost: string[] = [];
  for (const name of names) if ((await t.client.read(conferenceDn(name))) === undefined) lost.push(name);
  return lost;
}

function integrity(path: string): unknown {
  using db = new DatabaseSync(path);
  return db.prepare('PRAGMA integrity_check').get();
}

describe('a store whose process is killed', () => {
  test.each([1, 137, 420, 700])(
    '[DIR-09] kill -9 during 1000 creates, after %i: every acknowledged one is there and the store opens',
    async (killAfter) => {
      const path = join(folder, 'directory.db');
      const acknowledged = await write(path, 'c', 1000, killAfter);
      expect(acknowledged.length).toBeGreaterThanOrEqual(killAfter);
      expect(acknowledged.length).toBeLessThan(1000);
      expect(await missing(path, acknowledged)).toEqual([]);
      expect(integrity(path)).toEqual({ integrity_check: 'ok' });
      // and the work goes on where it was left
      expect(await write(path, 'd', 20)).toHaveLength(20);
    },
  );

  test('killed again and again, by turns', async () => {
    const path = join(folder, 'directory.db');
    const acknowledged: string[] = [];
    for (let round = 0; round < 5; round++) {
      acknowledged.push(...(await write(path, `r${round}-`, 1000, 20 + round * 37)));
    }
    expect(await missing(path, acknowledged)).toEqual([]);
    expect(integrity(path)).toEqual({ integrity_check: 'ok' });
  });
});

test('two processes write at once, a third reads: nothing is lost', async () => {
  const path = join(folder, 'directory.db');
  openStore({ path }).close();
  using t = testService({ store: openStore({ path }) });
  const seen: number[] = [];
  const look = async (): Promise<void> => {
    const { entries } = await t.client.search('(objectClass=rtConference)', { attributes: ['1.1'] });
    seen.push(entries.length);
  };
  const reading = setInterval(() => void look(), 10);
  const written = await Promise.all([write(path, 'a', 500), write(path, 'b', 500)]);
  clearInterval(reading);
  expect(written.map(({ length }) => length)).toEqual([500, 500]);
  expect((await t.client.search('(objectClass=rtConference)')).entries).toHaveLength(1000);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b)); // what was seen once stays
  expect(seen.at(-1)).toBeGreaterThan(0);
  expect(await missing(path, written.flat())).toEqual([]);
});

test('two processes find a new store at the same moment: both get it', async () => {
  const path = join(folder, 'new', 'directory.db');
  const written = await Promise.all(['a', 'b', 'c', 'd'].map((prefix) => write(path, prefix, 5)));
  expect(written.flat()).toHaveLength(20);
  expect(await missing(path, written.flat())).toEqual([]);
});

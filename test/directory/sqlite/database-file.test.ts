import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, test } from 'vitest';
import { type DatabaseFormat, openDatabase } from '../../../directory/sqlite/index.ts';

const FORMAT: DatabaseFormat = {
  content: 'the pears',
  applicationId: 0x50_45_41_52,
  version: 1,
  tables: 'CREATE TABLE pear (name TEXT PRIMARY KEY) STRICT',
  whenDamaged: 'Pick new ones.',
};

const folders: string[] = [];
const freshPath = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'rendezvous-'));
  folders.push(folder);
  return join(folder, 'below', 'pears.db');
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('a database file', () => {
  test('is made with its folder, and opened by several at once', () => {
    const path = freshPath();
    using first = openDatabase(path, FORMAT);
    using second = openDatabase(path, FORMAT);
    first.prepare('INSERT INTO pear VALUES (?)').run('Conference');
    expect(second.prepare('SELECT name FROM pear').all()).toMatchObject([{ name: 'Conference' }]);
  });

  test('that is damaged is told with what to do', () => {
    const path = freshPath();
    openDatabase(path, FORMAT).close();
    writeFileSync(path, 'this is no database, and long enough to be looked at as one'.repeat(20));
    expect(() => openDatabase(path, FORMAT)).toThrow(
      /Cannot use the pears in .*pears\.db: file is not a database\. The file is damaged: move it away.*Pick new/,
    );
  });

  test('of another program, or of another version, is left alone', () => {
    const path = freshPath();
    openDatabase(path, FORMAT).close();
    expect(() => openDatabase(path, { ...FORMAT, applicationId: 7 })).toThrow(/database of something else/);
    expect(() => openDatabase(path, { ...FORMAT, version: 2 })).toThrow(/format 1, this one knows 2/);
    const foreign = freshPath().replace('/below', '');
    using db = new DatabaseSync(foreign);
    db.exec('CREATE TABLE t (x)');
    expect(() => openDatabase(foreign, FORMAT)).toThrow(/database of something else/);
  });

  test('in a folder that cannot be is told', () => {
    expect(() => openDatabase('/proc/none/pears.db', FORMAT)).toThrow(/pears|proc/);
  });
});

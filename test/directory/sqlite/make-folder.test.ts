import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder } from '../../../directory/sqlite/make-folder.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-folder-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('makes what is missing, for the user alone, and minds no folder that is there', () => {
  const path = join(folder, 'a', 'b');
  makeFolder(path);
  makeFolder(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test('a file in the way is an error that names it', () => {
  const path = join(folder, 'file');
  writeFileSync(path, '');
  expect(() => makeFolder(join(path, 'below'))).toThrow(path);
});

test('a file system that makes no folders is an error, and not a loop without end', () => {
  // In a process of its own: the fault that is guarded against never comes back.
  const module = new URL('../../../directory/sqlite/make-folder.ts', import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then(({ makeFolder }) => makeFolder('/proc/none/such'))`;
  const { signal, stderr } = spawnSync(process.execPath, ['-e', script], {
    timeout: 10_000,
    encoding: 'utf8',
  });
  expect(signal).toBeNull();
  expect(stderr).toMatch(/ENOENT|EROFS|EACCES/);
});

import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it, readable for the user alone. Not `mkdirSync`'s own `recursive`: that one tries for
 * ever where a file system such as /proc answers ENOENT although the folder above is there.
 *
 * @throws the system's error of the first folder that cannot be made
 */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // another process may have been quicker
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

/**
 * Makes the file of a database and the folders that it is in, readable for the user alone: SQLite writes into the empty file
 * that it finds. One that is there stays as it is.
 *
 * @throws the system's error of the first folder that cannot be made; SQLite tells better why a file cannot
 */
export function makeFile(path: string): void {
  makeFolder(dirname(path));
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch {
    // there already, or to be told by SQLite
  }
}

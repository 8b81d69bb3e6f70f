import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { STORE_FILE } from '../../directory/index.ts';
import { NotThereError, UsageError } from '../errors.ts';
import type { CliContext } from '../context.ts';

/**
 * File of the directory on this computer.
 *
 * @throws {NotThereError} when `mustExist` and there is none
 */
export async function storePath(ctx: CliContext, mustExist: boolean): Promise<string> {
  const path = join(await ctx.requireDataDir(), STORE_FILE);
  if (mustExist && !existsSync(path)) {
    throw new NotThereError(`There is no directory in ${path}: publish something, or say --data-dir`);
  }
  return path;
}

/** @throws {UsageError} when the file is there and may not be replaced */
export function refuseExisting(file: string, force: boolean): void {
  if (!force && existsSync(file)) {
    throw new UsageError(`${file} exists: choose another name, or replace it with --force`);
  }
}

import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type EntryStore, exportEntries, openStore, pathOfDn } from '../../directory/server/index.ts';
import { LDIF_VERSION, serializeLdif } from '../../src/ldap/index.ts';
import type { ExportOptions } from '../commands/export.ts';
import type { CliContext } from '../context.ts';
import { FailedError, NotThereError, UsageError } from '../errors.ts';
import { refuseExisting, storePath } from './store.ts';

export async function runExport(
  ctx: CliContext,
  file: string | undefined,
  { base, operational, withPasswords = false, withKeys = false, force = false }: ExportOptions,
): Promise<void> {
  if (file !== undefined) refuseExisting(file, force);
  const path = basePath(base);
  using store = openStore({ path: await storePath(ctx, true) });
  const count = { entries: 0, damaged: 0 };
  const text = Readable.from(
    lines(ctx, store, path, { operational, passwords: withPasswords, keys: withKeys }, count),
  );
  if (file === undefined) {
    await pipeline(text, ctx.host.stdout, { end: false }).catch((error: unknown) => {
      if (!ctx.out.isClosed) throw error; // the reader has had enough
    });
  } else {
    await toFile(text, file);
    ctx.err.note(`Exported ${count.entries} entries to ${file}.`);
  }
  if (count.damaged > 0) {
    throw new FailedError(`${count.damaged} entries could not be read; the others are exported`);
  }
  if (count.entries === 0 && base !== undefined) throw new NotThereError(`There is no entry ${base}`);
}

function basePath(base: string | undefined): string {
  try {
    return base === undefined ? '' : pathOfDn(base);
  } catch (error) {
    throw new UsageError(`--base "${base}" is no DN like ou=Dynamic,o=Intranet`, { cause: error });
  }
}

function* lines(
  ctx: CliContext,
  store: EntryStore,
  base: string,
  options: { readonly operational: boolean; readonly passwords: boolean; readonly keys: boolean },
  count: { entries: number; damaged: number },
): IterableIterator<string> {
  yield LDIF_VERSION;
  const onDamaged = (path: readonly string[]): void => {
    count.damaged++;
    ctx.err.warn(`left out, the file is damaged there: ${path.toReversed().join(',')}`);
  };
  const now = ctx.clock.wall();
  for (const entry of exportEntries(store, { now, base, onDamaged, ...options })) {
    count.entries++;
    yield serializeLdif(entry);
  }
}

/** Under another name until it is whole. */
async function toFile(text: Readable, file: string): Promise<void> {
  const part = `${file}.part`;
  try {
    await pipeline(text, createWriteStream(part, { mode: 0o600, flush: true }));
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

import { createReadStream } from 'node:fs';
import {
  createLocatorService,
  importLdif,
  type ImportLdifOptions,
  openStore,
} from '../../directory/server/index.ts';
import type { ImportOptions } from '../commands/import.ts';
import type { CliContext } from '../context.ts';
import { FailedError, UsageError } from '../errors.ts';
import { storePath } from './store.ts';

const SUFFIX = 'o=Intranet';

export async function runImport(
  ctx: CliContext,
  file: string,
  { atomic = false, replace = false, ignoreUnknown = false, from, to, legacy }: ImportOptions,
): Promise<void> {
  if (to !== undefined && from === undefined) {
    throw new UsageError('--to says where entries go: say with --from where they are in the file');
  }
  const options: ImportLdifOptions = {
    atomic,
    replace,
    ignoreUnknown,
    ...(from === undefined ? {} : { move: { from, to: to ?? SUFFIX } }),
  };
  using store = openStore({ path: await storePath(ctx, false), durability: 'power', clock: ctx.clock });
  using service = createLocatorService({ store, clock: ctx.clock, legacy, sweepSeconds: 0 });
  const { added, replaced, changed, skipped, failed } = await importLdif(
    service.context,
    file === '-' ? bytesOf(ctx.host.stdin) : createReadStream(file),
    options,
    ({ line, dn, problem }) => ctx.err.error(`line ${line}${dn === undefined ? '' : ` (${dn})`}: ${problem}`),
  );
  if (atomic && failed > 0) {
    throw new FailedError(`Nothing was imported: ${failed} records cannot be, and --atomic was asked for`);
  }
  const parts = [
    `${added} added`,
    ...(replaced > 0 ? [`${replaced} replaced`] : []),
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(skipped > 0 ? [`${skipped} left out: part of every directory, or over already`] : []),
  ];
  ctx.err.note(`Entries: ${parts.join(', ')}.`);
  if (failed > 0) throw new FailedError(`${failed} records were not imported`);
}

async function* bytesOf(stream: NodeJS.ReadableStream): AsyncIterableIterator<Uint8Array> {
  for await (const chunk of stream) yield Buffer.from(chunk);
}

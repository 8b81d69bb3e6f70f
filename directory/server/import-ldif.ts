import { type LdifItem, LdifParser } from '../../src/ldap/index.ts';
import type { OperationContext } from './context.ts';
import { type ImportCounts, Importer, type ImportOptions, type ImportProblem } from './import.ts';

export interface ImportLdifOptions extends ImportOptions {
  /** Everything or nothing. Default false: what is right is imported. */
  readonly atomic?: boolean;
}

/** Records that share a transaction, so that a service beside us can write in between. */
const BATCH = 200;

/**
 * Imports a file of LDIF into the store of `context`.
 *
 * @param chunks the file, in pieces of any size
 * @param onProblem called for each record that is not imported, in their order; the others are, unless `atomic`
 * @returns what became of the records; with `atomic` and `failed` above 0, nothing of it was done
 */
export async function importLdif(
  context: OperationContext,
  chunks: AsyncIterable<Uint8Array>,
  { atomic = false, ...options }: ImportLdifOptions,
  onProblem: (problem: ImportProblem) => void,
): Promise<ImportCounts> {
  const { store } = context;
  const parser = new LdifParser();
  const importer = new Importer(context, options);
  let batch: LdifItem[] = [];
  const flush = (): void => {
    for (const problem of importer.take(batch)) onProblem(problem);
    batch = [];
  };
  const poll = (): void => {
    for (let item; (item = parser.pollRecord()) !== undefined; ) {
      batch.push(item);
      if (batch.length === BATCH) flush();
    }
  };
  if (atomic) store.begin();
  try {
    for await (const chunk of chunks) {
      parser.handleBytes(chunk);
      poll();
    }
    parser.end();
    poll();
    flush();
    if (atomic) {
      if (importer.counts.failed === 0) store.commit();
      else store.rollback();
    }
    return importer.counts;
  } catch (error) {
    if (atomic && store.inTransaction) store.rollback();
    throw error;
  }
}

import { RendezvousError } from '../../src/errors.ts';
import { RESULT, type ResultName } from '../../src/ldap/index.ts';

/** The store's file cannot be opened or used. The message names the file and what to do. */
export class StoreError extends RendezvousError {
  readonly code = 'ERR_STORE';
}

/** An LDAP operation that was refused; it becomes the response. Never leaves the server. */
export class OperationError extends RendezvousError {
  readonly code = 'ERR_OPERATION';
  readonly resultCode: number;
  /** The deepest entry on the way to the one named that exists; only for noSuchObject. */
  readonly matchedDN: string;
  constructor(result: ResultName, message: string, matchedDN = '') {
    super(message);
    this.resultCode = RESULT[result];
    this.matchedDN = matchedDN;
  }
}

/** Why a store cannot be opened, and what to do about it. */
export function openError(path: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const words = cause instanceof Error ? cause.message : String(cause);
  const advice = /not a database|malformed|corrupt/i.test(words)
    ? `The file is damaged: move it away (with its -wal and -shm files) and publish again, or restore a copy.`
    : /locked|busy/i.test(words)
      ? 'Another process holds it: try again.'
      : 'Check that the folder exists and may be written, or choose another data directory.';
  return new StoreError(`Cannot open the store ${path}: ${words}. ${advice}`, { cause });
}

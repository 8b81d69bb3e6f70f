import { DecodeError } from '../../src/errors.ts';
import { OperationError, StoreError } from './errors.ts';

/** What a failing store means for a request, by SQLite's primary result codes (https://sqlite.org/rescode.html). */
const MEANING: Readonly<Record<number, readonly ['unavailable' | 'busy', string]>> = {
  5: ['busy', 'the store is held by another process: try again'],
  8: ['unavailable', 'the store can only be read: its file or folder may not be written'],
  10: ['unavailable', 'the disk of the store does not work'],
  11: ['unavailable', 'the store is damaged here: restore a backup'],
  13: ['unavailable', 'there is no room on the disk of the store'],
  14: ['unavailable', 'the file of the store cannot be opened'],
  26: ['unavailable', 'the store is damaged: restore a backup'],
};

/** The answer to a request whose work failed for the store's sake; undefined where something else is wrong. */
export function storeTrouble(error: unknown): OperationError | undefined {
  if (error instanceof OperationError) return undefined;
  if (error instanceof StoreError || error instanceof DecodeError) {
    return new OperationError('unavailable', `the store is damaged here: ${error.message}. Restore a backup`);
  }
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  const [result, words] = MEANING[error.errcode & 0xff] ?? ['unavailable', 'the store failed'];
  return new OperationError(result, `${words} (SQLite: ${error.message}). Nothing was changed`);
}

/** Tells of trouble when it begins, when it is another one, and when it is over; not each time it shows. */
export class TroubleWatch {
  readonly #tell: (text: string) => void;
  #text: string | undefined;

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  /** What is wrong now; undefined when nothing is known to be. */
  get current(): string | undefined {
    return this.#text;
  }
  failed({ message }: OperationError): void {
    if (message === this.#text) return;
    this.#text = message;
    this.#tell(message);
  }
  /** Something was written. */
  wrote(): void {
    if (this.#text === undefined) return;
    this.#text = undefined;
    this.#tell('the store can be written again');
  }
}

import { type BerWriter, RESULT, type ResultName, writeMessage } from '../../src/ldap/index.ts';
import type { Ms } from '../../src/machine.ts';
import type { Change } from './change-log.ts';
import type { OperationContext } from './context.ts';
import type { Entry } from './entry.ts';
import type { SearchContent } from './search-content.ts';

/** Candidates, or changes, taken from the store at a time. */
const BATCH = 256;

/** A search that goes on after its first answer: it tells of changes until the client has had enough. */
export interface Following {
  /**
   * Writes messages until `w` holds `maxBytes`, it is `until`, or there is nothing more to say now.
   *
   * @returns true when the search is over and its last message is written
   */
  step(w: BerWriter, maxBytes: number, until: Ms): boolean;
  /** Whether there is nothing to do before the store changes. */
  readonly isWaiting: boolean;
}

/** Goes through everything a search finds, in pieces. */
export class Scan {
  readonly #content: SearchContent;
  #after: number | undefined = 0;

  constructor(content: SearchContent) {
    this.#content = content;
  }
  /** The next hits; undefined at the end. */
  next(): Entry[] | undefined {
    if (this.#after === undefined) return undefined;
    const { entries, next } = this.#content.candidates(this.#after, BATCH);
    this.#after = next;
    return entries.filter((entry) => this.#content.isHit(entry));
  }
}

/**
 * A place in the log of changes. Nothing is queued for who follows it: a client that reads slowly falls behind in the
 * log, and when the log has gone on without it, it is told so.
 */
export class LogReader {
  readonly #context: OperationContext;
  #csn: number;

  /** @param csn number of the last change that is known already */
  constructor(context: OperationContext, csn: number) {
    this.#context = context;
    this.#csn = csn;
  }

  /** Number of the last change that was read. */
  get csn(): number {
    return this.#csn;
  }
  /** Whether changes that were not read yet are gone from the log. */
  get isLost(): boolean {
    return !this.#context.store.changes.covers(this.#csn);
  }
  /** The next changes, up to that of number `last`. They count as read when {@link done} says so. */
  next(last = Number.MAX_SAFE_INTEGER): Change[] {
    return this.#context.store.changes.after(this.#csn, BATCH).filter(({ csn }) => csn <= last);
  }
  done({ csn }: { readonly csn: number }): void {
    this.#csn = csn;
  }
  /**
   * The entry of an addition, change or renaming as it is now; undefined when it is gone, since that is a change of its
   * own.
   */
  entryOf(change: Change): Entry | undefined {
    return change.kind === 'delete' ? undefined : this.#context.store.byId(change.entry);
  }
}

/** Writes the end of a search that could not go on. */
export function writeSearchEnd(
  w: BerWriter,
  messageId: number,
  result: ResultName,
  diagnosticMessage: string,
): void {
  const resultCode = RESULT[result];
  writeMessage(w, {
    messageId,
    op: { type: 'searchResultDone', resultCode, matchedDN: '', diagnosticMessage },
  });
}

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock } from '../../src/net/clock.ts';
import { type Entry, textValues } from './entry.ts';
import { LIMIT } from '../sqlite/index.ts';

/** What was done to an entry; the position is the number in the table. `start` is no change: what the log begins with. */
const KINDS = ['start', 'add', 'modify', 'delete', 'rename'] as const;
type Kind = (typeof KINDS)[number];

/** One change, named by its change sequence number: microseconds since 1970, and greater than all before it. */
export type Change =
  | { readonly csn: number; readonly kind: 'add' | 'modify'; readonly entry: number }
  | {
      readonly csn: number;
      readonly kind: 'delete' | 'rename';
      readonly entry: number;
      /** What was deleted, or what it was called before. */
      readonly was: FormerEntry;
    };

export interface FormerEntry {
  /** As text. */
  readonly uuid: string;
  readonly path: string;
  readonly dn: string;
}

/** Fewest changes recorded between two looks at how many there are; at most a tenth too many are kept. */
const TRIM_EVERY = 1000;

/**
 * What was changed in a store, in the order it was committed, by whatever process. It holds about the last `keep`
 * changes; whoever has seen less must look at everything again. An added or changed entry is read from its own row, so
 * that the log stays small.
 */
export class ChangeLog {
  readonly #keep: number;
  readonly #clock: Clock;
  readonly #record: StatementSync;
  readonly #trim: StatementSync;
  readonly #bounds: StatementSync;
  readonly #has: StatementSync;
  readonly #after: StatementSync;
  readonly #version: StatementSync;
  readonly #listeners = new Set<() => void>();
  #untrimmed = 0;
  #isChanged = false;
  /** The last number given in the transaction under way. */
  #latest: number | undefined;

  /** @param keep changes, at least 1 */
  constructor(db: DatabaseSync, clock: Clock, keep: number) {
    this.#keep = keep;
    this.#clock = clock;
    this.#record = db.prepare(
      'INSERT INTO change (csn, kind, entry, uuid, path, dn) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#trim = db.prepare(
      'DELETE FROM change WHERE csn < (SELECT csn FROM change ORDER BY csn DESC LIMIT 1 OFFSET ?)',
    );
    this.#bounds = db.prepare('SELECT (SELECT min(csn) FROM change), (SELECT max(csn) FROM change)');
    this.#has = db.prepare('SELECT 1 FROM change WHERE csn = ?');
    this.#after = db.prepare(
      `SELECT csn, kind, entry, uuid, path, dn FROM change WHERE csn > ? ORDER BY csn ${LIMIT}`,
    );
    this.#version = db.prepare('PRAGMA data_version');
    for (const statement of [this.#bounds, this.#after, this.#version]) {
      statement.setReturnArrays(true);
    }
  }

  /** Records a change within the caller's transaction, under the number of {@link next}. */
  record(csn: number, kind: Exclude<Kind, 'start'>, entry: number, was?: FormerEntry): void {
    this.#record.run(csn, KINDS.indexOf(kind), entry, was?.uuid ?? null, was?.path ?? null, was?.dn ?? null);
    this.#isChanged = true;
    if (++this.#untrimmed < Math.max(TRIM_EVERY, this.#keep / 10)) return;
    this.#trim.run(this.#keep - 1);
    this.#untrimmed = 0;
  }
  /** The number of the change that the caller makes now, within a transaction: writers take turns. */
  next(): number {
    // a clock that was set back does not matter
    this.#latest = Math.max((this.#latest ?? this.last) + 1, this.#clock.wall() * 1000);
    return this.#latest;
  }

  /** @param listener called after each commit of changes by this process. @returns ends it */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  /** Called after each commit. */
  committed(): void {
    this.#latest = undefined;
    if (!this.#isChanged) return;
    this.#isChanged = false;
    for (const listener of this.#listeners) listener();
  }

  /** Called after a transaction that came to nothing. */
  rolledBack(): void {
    this.#latest = undefined;
  }

  /** Number of the last change. */
  get last(): number {
    return numberAt(this.#bounds.get(), 1);
  }
  /** Number of the oldest change that is still here. */
  get first(): number {
    return numberAt(this.#bounds.get(), 0);
  }
  /**
   * Whether that change was made here, and everything that came after it is still here. A number in between that was
   * never given is of another store, or of one that was put back from a copy.
   */
  covers(csn: number): boolean {
    return this.#has.get(csn) !== undefined;
  }
  /** Up to `limit` changes after `csn`, the oldest first. */
  after(csn: number, limit: number): Change[] {
    const rows: unknown[] = this.#after.all(csn, limit);
    return rows.map(changeOf).filter((change) => change !== undefined);
  }
  /** Differs from before when another process has committed something. */
  get foreignVersion(): number {
    return numberAt(this.#version.get(), 0);
  }
}

const numberAt = (row: unknown, column: number): number =>
  Array.isArray(row) ? Number(row[column] ?? 0) : 0;

function changeOf(row: unknown): Change | undefined {
  if (!Array.isArray(row)) return undefined;
  const csn = numberAt(row, 0);
  const kind = KINDS[numberAt(row, 1)];
  const entry = numberAt(row, 2);
  if (kind === 'add' || kind === 'modify') return { csn, kind, entry };
  if (kind !== 'delete' && kind !== 'rename') return undefined;
  return { csn, kind, entry, was: { uuid: String(row[3]), path: String(row[4]), dn: String(row[5]) } };
}

/**
 * A change sequence number as OpenLDAP writes it, so that its replicas can compare it: time in microseconds, count
 * within it, replica and modification number.
 */
export function csnText(csn: number): string {
  const digits = new Date(Math.floor(csn / 1000)).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '');
  return `${digits}.${String(csn % 1_000_000).padStart(6, '0')}Z#000000#000#000000`;
}

/** The number in {@link csnText}, or undefined where the text is none of ours. */
export function parseCsn(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.(\d{6})Z#[0-9a-f]{6}#000#[0-9a-f]{6}$/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0] = match
    .slice(1)
    .map(Number);
  const csn = Date.UTC(year, month - 1, day, hour, minute, second) * 1000 + micros;
  return Number.isSafeInteger(csn) && csnText(csn).slice(0, 22) === text.slice(0, 22) ? csn : undefined;
}

/** What the log of changes keeps of an entry that goes, or gets another name. */
export const formerEntry = ({ attributes, path, dn }: Entry): FormerEntry => ({
  uuid: textValues(attributes, 'entryUUID')[0] ?? '',
  path,
  dn,
});

import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** What is kept of an account's password: enough to check it, not enough to know it. */
export interface Secret {
  /** As `hashPassword` made it, for simple binds and PLAIN. */
  readonly password: string;
  /** For SCRAM-SHA-256, as RFC 5803 §2 writes it. */
  readonly scram: string;
}

/**
 * Secrets of accounts, in a table of their own: no search, filter, control or export can come upon them by mistake.
 * Each belongs to one entry and goes with it.
 */
export class SecretTable {
  readonly #get: StatementSync;
  readonly #set: StatementSync;

  constructor(db: DatabaseSync) {
    this.#get = db.prepare('SELECT password, scram FROM secret WHERE entry = ?');
    this.#set = db.prepare('INSERT OR REPLACE INTO secret (entry, password, scram) VALUES (?, ?, ?)');
  }

  /** @param entry id of the account's entry */
  get(entry: number): Secret | undefined {
    const row = this.#get.get(entry);
    return row === undefined ? undefined : { password: String(row['password']), scram: String(row['scram']) };
  }
  set(entry: number, { password, scram }: Secret): void {
    this.#set.run(entry, password, scram);
  }
}

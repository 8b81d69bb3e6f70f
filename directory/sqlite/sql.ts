import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

export type SqlRow = readonly unknown[];

/**
 * A limit that is bound. SQLite plans after a bound limit and prepares the statement anew for each one, which takes as
 * long as finding an entry: an expression it does not look into.
 */
export const LIMIT = 'LIMIT +?';

/** A database with its statements prepared once. */
export class Sql {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  run(sql: string, ...values: SQLInputValue[]): { readonly lastInsertRowid: number | bigint } {
    return this.#statement(sql).run(...values);
  }
  row(sql: string, ...values: SQLInputValue[]): SqlRow | undefined {
    const row: unknown = this.#statement(sql).get(...values);
    return Array.isArray(row) ? row : undefined;
  }
  all(sql: string, ...values: SQLInputValue[]): SqlRow[] {
    // setReturnArrays is not in the types of `all`; rows are never anything else.
    const rows: unknown = this.#statement(sql).all(...values);
    return isRows(rows) ? rows : [];
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      statement.setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

const isRows = (rows: unknown): rows is SqlRow[] => Array.isArray(rows);

import type { Clock } from '../../src/net/clock.ts';

export interface StoreOptions {
  /** File of the store, or `:memory:`. Its folder is made when it is missing, readable for the user alone. */
  readonly path: string;
  /** Milliseconds to wait for another process that writes. Default 2000. */
  readonly busyTimeoutMs?: number;
  /**
   * What an acknowledged change survives. `process`: the death of any process at any moment (SQLite's
   * synchronous=NORMAL in WAL mode); after a power failure the store opens and is consistent, but changes of the last
   * moments may be missing. `power`: that as well (synchronous=FULL), at the price of one disk flush for each batch.
   * Default `process`: these entries are refreshed or published again anyway. `serve` uses `power`: others rely on it.
   */
  readonly durability?: 'process' | 'power';
  /** Bytes of entries kept ready in memory, about; SQLite keeps pages besides. Default 32 MiB. */
  readonly cacheBytes?: number;
  /** Bytes of attributes kept in memory to find entries by, about. Default 64 MiB. */
  readonly columnBytes?: number;
  /** Changes that followers can still ask for; who has seen less looks at everything again. Default 100 000. */
  readonly keptChanges?: number;
  /** Numbers the changes. */
  readonly clock?: Clock;
}

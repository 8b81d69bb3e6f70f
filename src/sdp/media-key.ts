import type { CryptoParameters } from './crypto.ts';

/** The key of one medium of a group, and when it begins to be used. */
export interface MediaKey {
  /** Place of the `m=` line, from 0. */
  readonly medium: number;
  /** Senders use it from then on, in milliseconds since 1970-01-01 UTC; 0 for always. */
  readonly from: number;
  readonly crypto: CryptoParameters;
}

/** How a medium is encrypted, without its keys. */
export interface EncryptionInfo {
  /** `AES_CM_128_HMAC_SHA1_80`, … */
  readonly suite: string;
  /** Number of the key in use, its master key identifier; undefined where it has none. */
  readonly key: string | undefined;
  /** Since when it is used here. */
  readonly since: Date;
  /** When the key to come will be used; undefined where none is known. */
  readonly next: Date | undefined;
  /** Keys that are taken for what comes in. */
  readonly keysTaken: number;
  /** Packets of ours that were not sent, since the key has protected as many as it may. */
  readonly unsent: number;
}

/** Something about keys that people should know. */
export interface EncryptionNews {
  /**
   * `keyUsed`: we send with another key from now on. `keyWearsOut`: another should be given soon. `keyWornOut`: nothing is sent any
   * more. `authenticationFailed`, `replayed`: packets are refused.
   */
  readonly kind: 'keyUsed' | 'keyWearsOut' | 'keyWornOut' | 'authenticationFailed' | 'replayed';
  readonly message: string;
}

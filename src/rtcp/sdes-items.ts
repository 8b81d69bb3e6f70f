/** A private extension item (RFC 3550 §6.5.8). */
export interface SdesPrivate {
  readonly prefix: string;
  readonly value: string;
}

/** Source description: what a participant says about itself (RFC 3550 §6.5). Each text at most 255 bytes of UTF-8. */
export interface SdesItems {
  /** Canonical name: the same in all sessions of one participant. */
  readonly cname?: string;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  /** Geographic location. */
  readonly loc?: string;
  /** Application and version. */
  readonly tool?: string;
  /** Transient state, such as "on the phone". */
  readonly note?: string;
  readonly priv?: readonly SdesPrivate[];
}

/** Names of the eight items, by which changes are told. */
export type SdesItemName = 'cname' | 'name' | 'email' | 'phone' | 'loc' | 'tool' | 'note' | 'priv';

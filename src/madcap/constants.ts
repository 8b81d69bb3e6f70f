/** UDP port of MADCAP servers; clients use any (RFC 2730 §2). */
export const MADCAP_PORT = 2535;
/** The shortest message: the header and the End option (RFC 2730 §2). */
export const MADCAP_MINIMUM_BYTES = 12;

/** Message types in the order of their codes, of which the first is 1 (RFC 2730 §2.2). */
export const MADCAP_MESSAGE_TYPES = [
  'discover',
  'offer',
  'request',
  'renew',
  'ack',
  'nak',
  'release',
  'getinfo',
] as const;
export type MadcapMessageType = (typeof MADCAP_MESSAGE_TYPES)[number];

/** Option codes (RFC 2730 §3; 17 from RFC 2907 §5). */
export const MADCAP_OPTION = {
  end: 0,
  leaseTime: 1,
  serverIdentifier: 2,
  leaseIdentifier: 3,
  scope: 4,
  optionRequestList: 5,
  startTime: 6,
  addressCount: 7,
  language: 8,
  scopeList: 9,
  addressRanges: 10,
  currentTime: 11,
  featureList: 12,
  retryTime: 13,
  minimumLeaseTime: 14,
  maximumStartTime: 15,
  error: 16,
  nesting: 17,
} as const;

/** Error codes of a NAK (RFC 2730 §3.17). 1024 to 2047 are experimental. */
export const MADCAP_ERROR = {
  /** Valid, but cannot be done; names the option that stands in the way, or 0xFFFF. */
  notCompletable: 0,
  /** Not valid; names the option, or 0xFFFF. */
  invalid: 1,
  /** The clocks are too far apart; tells the server's. */
  clockSkew: 2,
  /** No lease has that Lease Identifier. */
  unknownLease: 3,
  /** A required feature is not supported; names those. */
  unsupportedFeature: 4,
} as const;
/** In an {@link MADCAP_ERROR} that names an option: no particular one. */
export const NO_PARTICULAR_OPTION = 0xffff;

/** Features that both sides must understand to use them (RFC 2730 §2.13). */
export const MADCAP_FEATURE = {
  /** A lease may be renewed and released at another server than its own. */
  serverMobility: 0,
  /** A server without addresses says when to ask again. */
  retryAfter: 1,
  /** Several clients share a Lease Identifier: each may change the lease. */
  sharedLeaseIdentifier: 2,
} as const;

/** Clocks further apart than this make absolute times useless (RFC 2730 appendix B). Seconds. */
export const CLOCK_SKEW_ALLOWANCE_S = 30 * 60;
/** Addresses are kept this much before the start and after the end of a lease (RFC 2730 appendix B). Seconds. */
export const EXTRA_ALLOCATION_S = 60 * 60;
/** When a message that nobody answered is sent again, after it was first sent (RFC 2730 §2.3). */
export const RETRANSMIT_AFTER_MS: readonly number[] = [4_000, 12_000, 28_000];
/** When the wait for an answer is over (RFC 2730 appendix B). */
export const NO_RESPONSE_DELAY_MS = 60_000;
/** How long a server keeps what it offered (RFC 2730 appendix B: at least 60 s). */
export const OFFER_HOLD_MS = 60_000;
/** How long a server repeats an answer instead of working it out anew (RFC 2730 appendix B: 60 to 300 s). */
export const RESPONSE_CACHE_MS = { minimum: 60_000, maximum: 300_000 } as const;
/** A client does not use a transaction id twice within this time (RFC 2730 appendix B). */
export const XID_REUSE_MS = 10 * 60_000;
/** TTL and hop limit towards the servers of the local scope (RFC 2730 §2.7, §2.10). */
export const MADCAP_LOCAL_TTL = 16;

/** What one client, or all of them, may use. */
export interface ServiceLimits {
  /** Connections open at a time. Default 1000. */
  readonly maxConnections: number;
  /** Connections from one address at a time; from one /64 with IPv6, from one user on a local socket. Default 250. */
  readonly maxConnectionsPerAddress: number;
  /** Bytes of one message. Default 4 MiB. */
  readonly maxMessageBytes: number;
  /** Elements nested in one message, filters included. Default 60. */
  readonly maxDepth: number;
  /** Requests of one connection that wait; reading pauses beyond. Default 1000. */
  readonly maxPendingOperations: number;
  /** Searches of one connection that follow changes. Default 100. */
  readonly maxFollowings: number;
  /** Entries one search returns. Default 1 000 000. */
  readonly maxSearchEntries: number;
  /** Seconds one search takes. Default 60. */
  readonly maxSearchSeconds: number;
  /** Bytes of answers made before the transport must have taken them. Default 64 KiB. */
  readonly outputChunkBytes: number;
  /** Bytes of requests that wait, of all connections together. Default 256 MiB. */
  readonly maxBufferedBytes: number;
  /** Seconds a peer has to finish a message it began, to send its first, or to take an answer. Default 60. */
  readonly stallSeconds: number;
  /** Seconds a connection may stand without a request. Default 3600: longer than a client waits between refreshes. */
  readonly idleSeconds: number;
  /** Entries that one client may have added and that are there now; the administrator may have any number. Default 100 000. */
  readonly maxEntriesPerOwner: number;
  /** Bytes that one entry's attributes take. Default 1 MiB. */
  readonly maxEntryBytes: number;
}

export const defaultLimits: ServiceLimits = {
  maxConnections: 1000,
  maxConnectionsPerAddress: 250,
  maxMessageBytes: 4 * 1024 * 1024,
  maxDepth: 60,
  maxPendingOperations: 1000,
  maxFollowings: 100,
  maxSearchEntries: 1_000_000,
  maxSearchSeconds: 60,
  outputChunkBytes: 64 * 1024,
  maxBufferedBytes: 256 * 1024 * 1024,
  stallSeconds: 60,
  idleSeconds: 3600,
  maxEntriesPerOwner: 100_000,
  maxEntryBytes: 1024 * 1024,
};

/** How long dynamic entries live, in seconds, 1..31557600 (RFC 2589 §4.1). */
export interface TtlLimits {
  /** Given to an entry added without one. Default 1800. */
  readonly defaultSeconds: number;
  /** A shorter one is raised to it. Default 1. */
  readonly minSeconds: number;
  /** A longer one is cut to it. Default 31 557 600. */
  readonly maxSeconds: number;
}

export const defaultTtl: TtlLimits = { defaultSeconds: 1800, minSeconds: 1, maxSeconds: 31_557_600 };

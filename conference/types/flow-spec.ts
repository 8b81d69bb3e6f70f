/** What a sender is going to send (RFC 2210 §3.1, RFC 2215 §3.6, and Winsock's FLOWSPEC). */
export interface FlowSpec {
  /**
   * `guaranteed`: a bound on delay, held by every router on the way. `controlledLoad`: as if the network were not loaded.
   */
  readonly service: 'bestEffort' | 'controlledLoad' | 'guaranteed';
  /** Bytes of IP packets per second, headers included; undefined for what the medium needs. */
  readonly tokenRate?: number;
}

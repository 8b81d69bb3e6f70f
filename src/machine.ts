/** Milliseconds on a monotonic clock whose zero means nothing; only differences count. */
export type Ms = number;

/** Uniform random number in [0, 1). Injected, so that tests can fix it. */
export type RandomSource = () => number;

/** Where a datagram came from or goes to. */
export interface TransportAddress {
  readonly address: string;
  readonly port: number;
}

/**
 * A protocol's rules over time, without a socket, a clock or chance of its own. The caller polls until nothing is left
 * after each `handle…`, then sleeps until {@link pollTimeout}.
 *
 * @typeParam Out   what it wants sent
 * @typeParam Event what it wants told
 */
export interface DatagramMachine<Out, Event> {
  handleDatagram(bytes: Uint8Array, from: TransportAddress, now: Ms): void;
  handleTimeout(now: Ms): void;
  /** The next thing to send, or undefined. */
  pollTransmit(): Out | undefined;
  /** The next thing that happened, or undefined. */
  pollEvent(): Event | undefined;
  /** When to call {@link handleTimeout} next, or undefined for never. */
  pollTimeout(): Ms | undefined;
}

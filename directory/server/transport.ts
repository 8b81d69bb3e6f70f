import type { Duplex } from 'node:stream';
import type { Ms } from '../../src/machine.ts';
import type { Clock } from '../../src/net/clock.ts';
import type { LdapConnection } from './connection.ts';
import type { ServiceLimits } from './limits.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { Peer } from './peer.ts';

/** Milliseconds a peer has to take the last answers and close. */
const LINGER_MS = 2000;

/** What a session's driver takes from its service. */
export interface DriveOptions {
  readonly clock: Clock;
  readonly limits: ServiceLimits;
  readonly memory: MemoryBudget;
  readonly peer: Peer;
}

/**
 * Drives one session over a byte stream, until both have ended.
 *
 * @param start makes the session; what it is given wakes it when an answer that had to wait can be polled
 */
export function driveConnection(
  stream: Duplex,
  options: DriveOptions,
  start: (wake: () => void) => LdapConnection,
): void {
  new Driver(stream, options, start).attach();
}

/**
 * Answers are made only while the other end takes them: a client that does not read its answers stops being worked for,
 * soon stops being read from, and in the end is left.
 */
class Driver {
  readonly #options: DriveOptions;
  readonly #connection: LdapConnection;
  #stream: Duplex;
  #isScheduled = false;
  #isEnded = false;
  #isUpgrading = false;
  /** Bytes counted in the service's memory. */
  #held = 0;
  #lastActive: Ms;
  /** Since when a message is owed: the first one, or the rest of one that has begun. */
  #messageDue: Ms | undefined;
  /** Since when the peer has not taken an answer. */
  #blockedSince: Ms | undefined;

  constructor(stream: Duplex, options: DriveOptions, start: (wake: () => void) => LdapConnection) {
    this.#stream = stream;
    this.#options = options;
    this.#lastActive = options.clock.now();
    this.#messageDue = this.#lastActive;
    this.#connection = start(() => this.#schedule());
    if (!options.peer.isInProcess) this.#watch();
  }

  attach(): void {
    const stream = this.#stream;
    stream
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('error', () => stream.destroy());
    stream.once('close', () => {
      this.#connection.close();
      this.#account();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#blockedSince !== undefined || this.#stream.destroyed) return;
    this.#isScheduled = true;
    // After the events at hand, so that requests that came together are done together.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    const stream = this.#stream;
    const connection = this.#connection;
    if (this.#blockedSince !== undefined || this.#isUpgrading || stream.destroyed) return;
    const out = connection.pollTransmit();
    if (out !== undefined) {
      this.#lastActive = this.#options.clock.now();
      if (connection.wantsTls) return this.#upgrade(out);
      if (!stream.write(out)) this.#block();
    }
    this.#account();
    if (connection.hasWork) this.#schedule();
    else if (connection.isEnding || (this.#isEnded && connection.isIdle)) this.#finish();
    if (connection.wantsInput && stream.isPaused()) {
      if (this.#messageDue !== undefined) this.#messageDue = this.#options.clock.now(); // it was we who waited
      stream.resume();
    }
  }

  #block(): void {
    this.#blockedSince = this.#options.clock.now();
    this.#stream.once('drain', () => {
      this.#blockedSince = undefined;
      this.#schedule();
    });
  }

  readonly #onData = (chunk: Uint8Array): void => {
    const connection = this.#connection;
    const now = this.#options.clock.now();
    this.#lastActive = now;
    const before = connection.received;
    connection.handleBytes(chunk);
    if (!connection.hasPartialMessage) this.#messageDue = undefined;
    else if (connection.received > before) this.#messageDue = now;
    else this.#messageDue ??= now;
    this.#account();
    if (!connection.wantsInput) this.#stream.pause();
    this.#schedule();
  };

  /** A client may close its side and still wait for answers. */
  readonly #onEnd = (): void => {
    this.#isEnded = true;
    this.#schedule();
  };

  /** Closes our side, and soon the rest: a peer that never closes must not keep its place. */
  #finish(): void {
    const stream = this.#stream;
    if (stream.writableEnded) return;
    stream.end();
    const timer = setTimeout(() => stream.destroy(), LINGER_MS);
    timer.unref();
    stream.once('close', () => clearTimeout(timer));
  }

  #account(): void {
    const { memory, limits } = this.#options;
    const held = this.#stream.destroyed ? 0 : this.#connection.heldBytes;
    const grown = held - this.#held;
    this.#held = held;
    if (grown === 0 || memory.take(grown) || grown < 0) return;
    const megabytes = Math.floor(limits.maxBufferedBytes / 1024 / 1024);
    const words = `requests that wait fill the ${megabytes} MiB this service has for them: try again later`;
    this.#connection.disconnect('unavailable', words);
    this.#schedule();
  }

  /**
   * The answer to StartTLS is the last thing in the clear (RFC 4511 §4.14.2). What has come behind the request may be
   * anybody's and is dropped; what comes from now on is the handshake.
   */
  #upgrade(answer: Uint8Array): void {
    const plain = this.#stream;
    this.#isUpgrading = true;
    plain.pause();
    while (plain.read() !== null);
    plain.off('data', this.#onData).off('end', this.#onEnd);
    plain.write(answer, () => void this.#secure(plain));
  }

  async #secure(plain: Duplex): Promise<void> {
    try {
      const secured = await this.#options.peer.startTls?.(plain);
      if (secured === undefined) return;
      this.#isUpgrading = false;
      this.#stream = secured.stream;
      this.#connection.tlsStarted(secured.peer);
      this.attach();
      this.#schedule();
    } catch {
      plain.destroy(); // the handshake failed
    }
  }

  /** Looks from time to time whether the peer owes a message or does not take its answers, and whether it is still there. */
  #watch(): void {
    const { clock, limits } = this.#options;
    const { stallSeconds, idleSeconds } = limits;
    const interval = Math.min(stallSeconds, idleSeconds) * 250;
    const timer = clock.timer(() => {
      if (this.#stream.destroyed) return;
      const now = clock.now();
      const owed = this.#stream.isPaused() ? undefined : this.#messageDue;
      const since = Math.min(owed ?? now, this.#blockedSince ?? now);
      if (now - since >= stallSeconds * 1000) {
        this.#stream.destroy(); // it takes nothing, so nothing is said
        return;
      }
      if (
        this.#connection.isIdle &&
        !this.#connection.isFollowing &&
        now - this.#lastActive >= idleSeconds * 1000
      ) {
        this.#connection.disconnect(
          'unavailable',
          `nothing was asked for ${idleSeconds} s: connect again when needed`,
        );
        this.#schedule();
        return;
      }
      timer.set(now + interval);
    });
    timer.set(clock.now() + interval);
    this.#stream.once('close', () => timer.set(undefined));
  }
}

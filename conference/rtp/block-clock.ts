import type { Ms } from '../../src/machine.ts';
import { type Clock, type Tick, Ticker } from '../../src/net/index.ts';

/** Length of one block of played audio. */
export const BLOCK_MS: Ms = 20;

/** Blocks between two calls of the upkeep listeners: 100 ms. */
export const UPKEEP_BLOCKS = 5;

/** Stalls up to this long are made up for block by block; for longer ones silence is put in their place. */
const CATCH_UP_MS: Ms = 3000;
/** Beats later than this wait until the packets that came during the stall have been taken from the sockets. */
const STALL_MS: Ms = 8;
/**
 * Waiting for the sockets to run dry takes at most this long or, since so much waits to be read, as long as the stall
 * took; and it does not begin again for a while.
 */
const SETTLE_MS: Ms = 40;
const MAX_SETTLE_MS: Ms = 500;
const REST_MS: Ms = 200;
/** Fewer datagrams than this in a turn of the event loop is the usual flow, not a backlog. */
const BACKLOG = 32;

export interface Block {
  /** Counts from 0, skipped blocks included. */
  readonly index: number;
  /** When the block begins to be heard, on the clock. */
  readonly due: Ms;
  /** Blocks given up right before this one. */
  readonly skipped: number;
}

export interface BlockClockOptions {
  readonly clock: Clock;
  /** Runs its argument after sockets were polled once more (`setImmediate`); without it nothing waits. */
  readonly afterPoll?: (callback: () => void) => void;
}

/**
 * The one beat that all sessions of a provider share: it plays, mixes, and looks after RTCP. One timer serves any
 * number of sessions. After a stall of the process timers run before sockets are read; playing at once would declare
 * packets late that wait in the kernel, so the beat lets the sockets run dry first.
 */
export class BlockClock {
  readonly #options: BlockClockOptions;
  readonly #ticker: Ticker;
  readonly #listeners = new Set<(block: Block) => void>();
  readonly #upkeep = Array.from({ length: UPKEEP_BLOCKS }, () => new Set<(now: Ms) => void>());
  #nextTurn = 0;
  #subscriptions = 0;
  #due: Block[] = [];
  #settling = false;
  #restUntil: Ms = Number.NEGATIVE_INFINITY;
  /** When the next block begins. Read for every packet, hence a plain field. */
  nextDue: Ms = 0;
  /** Datagrams received so far, by anybody: tells when the sockets have run dry after a stall. */
  received = 0;

  constructor(options: BlockClockOptions) {
    this.#options = options;
    this.#ticker = new Ticker({
      clock: options.clock,
      intervalMs: BLOCK_MS,
      catchUpMs: CATCH_UP_MS,
      onTick: (tick) => this.#onTick(tick),
    });
  }

  /** Calls for every block. The clock runs while somebody listens. @returns ends the subscription */
  subscribe(listener: (block: Block) => void): () => void {
    this.#listeners.add(listener);
    return this.#subscribed(() => this.#listeners.delete(listener));
  }

  /**
   * Calls every {@link UPKEEP_BLOCKS} blocks, for what is in no hurry; the listeners are spread over the blocks, so
   * that a thousand sessions do not all wake at once.
   *
   * @returns ends the subscription
   */
  subscribeUpkeep(listener: (now: Ms) => void): () => void {
    const turn = this.#upkeep[this.#nextTurn++ % UPKEEP_BLOCKS];
    turn?.add(listener);
    return this.#subscribed(() => turn?.delete(listener));
  }

  #subscribed(unsubscribe: () => void): () => void {
    this.#subscriptions++;
    if (!this.#ticker.running) {
      this.#due = [];
      this.nextDue = this.#options.clock.now() + BLOCK_MS;
      this.#ticker.start(this.nextDue);
    }
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      unsubscribe();
      if (--this.#subscriptions === 0) this.#ticker.stop();
    };
  }

  #onTick({ index, due, skipped }: Tick): void {
    this.#due.push({ index, due, skipped });
    if (this.#settling) return;
    const { clock, afterPoll } = this.#options;
    const now = clock.now();
    if (afterPoll === undefined || now - due < STALL_MS || now < this.#restUntil) this.#flush();
    else {
      this.#settling = true;
      const before = this.received;
      const until = now + Math.min(MAX_SETTLE_MS, Math.max(SETTLE_MS, now - due));
      afterPoll(() => this.#settle(until, before, afterPoll));
    }
  }

  #settle(until: Ms, before: number, afterPoll: (callback: () => void) => void): void {
    const count = this.received;
    if (count - before < BACKLOG || this.#options.clock.now() >= until) {
      this.#settling = false;
      this.#restUntil = this.#options.clock.now() + REST_MS;
      this.#flush();
    } else afterPoll(() => this.#settle(until, count, afterPoll));
  }

  #flush(): void {
    const blocks = this.#due;
    this.#due = [];
    for (const block of blocks) {
      this.nextDue = block.due + BLOCK_MS;
      for (const listener of this.#listeners) listener(block);
    }
    const turn = this.#upkeep[(blocks.at(-1)?.index ?? 0) % UPKEEP_BLOCKS];
    if (turn === undefined || turn.size === 0) return;
    const now = this.#options.clock.now();
    for (const listener of turn) listener(now);
  }
}

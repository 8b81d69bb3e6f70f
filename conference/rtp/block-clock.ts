import type { Ms } from '../../src/machine.ts';
import { type Clock, type Tick, Ticker } from '../../src/net/index.ts';

/** Length of one block of played audio where no short delay is asked for. */
export const BLOCK_MS: Ms = 20;

/** Between two calls of the upkeep listeners. */
const UPKEEP_MS: Ms = 100;

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
  /** Length of a block; a hundred are a multiple of it. Default {@link BLOCK_MS}. */
  readonly blockMs?: Ms;
  /** Runs its argument after sockets were polled once more (`setImmediate`); without it nothing waits. */
  readonly afterPoll?: (callback: () => void) => void;
  /** Runs right before blocks are played: for what collects packets in its own time. */
  readonly beforeBlocks?: () => void;
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
  readonly #upkeep: readonly Set<(now: Ms) => void>[];
  /** Length of one block. */
  readonly blockMs: Ms;
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
    this.blockMs = options.blockMs ?? BLOCK_MS;
    const turns = Math.max(1, Math.round(UPKEEP_MS / this.blockMs));
    this.#upkeep = Array.from({ length: turns }, () => new Set<(now: Ms) => void>());
    this.#ticker = new Ticker({
      clock: options.clock,
      intervalMs: this.blockMs,
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
   * Calls ten times a second, for what is in no hurry; the listeners are spread over the blocks, so
   * that a thousand sessions do not all wake at once.
   *
   * @returns ends the subscription
   */
  subscribeUpkeep(listener: (now: Ms) => void): () => void {
    const turn = this.#upkeep[this.#nextTurn++ % this.#upkeep.length];
    turn?.add(listener);
    return this.#subscribed(() => turn?.delete(listener));
  }

  #subscribed(unsubscribe: () => void): () => void {
    this.#subscriptions++;
    if (!this.#ticker.running) {
      this.#due = [];
      this.nextDue = this.#options.clock.now() + this.blockMs;
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
    this.#options.beforeBlocks?.();
    const blocks = this.#due;
    this.#due = [];
    for (const block of blocks) {
      this.nextDue = block.due + this.blockMs;
      for (const listener of this.#listeners) listener(block);
    }
    const turn = this.#upkeep[(blocks.at(-1)?.index ?? 0) % this.#upkeep.length];
    if (turn === undefined || turn.size === 0) return;
    const now = this.#options.clock.now();
    for (const listener of turn) listener(now);
  }
}

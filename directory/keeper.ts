import type { RandomSource } from '../src/machine.ts';
import type { Clock, Timer } from '../src/net/clock.ts';
import { NotFoundError } from './errors.ts';
import { RefreshSchedule } from './refresh-schedule.ts';

export interface KeeperActions {
  /** Refreshes an entry; gives the seconds granted. */
  refresh(key: string, ttlSeconds: number): Promise<number>;
  /** Adds an entry again that is gone; gives the seconds granted. */
  readd(key: string, ttlSeconds: number): Promise<number>;
  onRefreshed(key: string, ttlSeconds: number): void;
  onReadded(key: string): void;
  onFailed(key: string, reason: Error, retryInMs: number): void;
}

/** Runs a {@link RefreshSchedule} on a clock: keeps entries alive, and brings back those that went (MS-TAIL §3.1.5). */
export class Keeper {
  readonly #schedule: RefreshSchedule;
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #actions: KeeperActions;
  #stopped = false;

  constructor(clock: Clock, random: RandomSource, actions: KeeperActions) {
    this.#clock = clock;
    this.#schedule = new RefreshSchedule(random);
    this.#actions = actions;
    this.#timer = clock.timer(() => this.#pump());
  }

  keep(key: string, ttlSeconds: number): void {
    if (this.#stopped) return;
    this.#schedule.add(key, ttlSeconds, this.#clock.now());
    this.#arm();
  }

  /** Keeps an entry again that was forgotten for a while, and refreshes it at once. */
  resume(key: string, ttlSeconds: number): void {
    if (this.#stopped) return;
    this.#schedule.add(key, ttlSeconds, this.#clock.now());
    this.#schedule.failed(key, this.#clock.now()); // the first retry has no wait
    this.#arm();
  }

  /** A refresh by hand counts too. */
  granted(key: string, ttlSeconds: number): void {
    this.#schedule.granted(key, ttlSeconds, this.#clock.now());
    this.#arm();
  }

  forget(key: string): void {
    this.#schedule.remove(key);
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer.set(undefined);
  }

  #arm(): void {
    this.#timer.set(this.#stopped ? undefined : this.#schedule.pollTimeout());
  }

  #pump(): void {
    if (this.#stopped) return;
    this.#schedule.handleTimeout(this.#clock.now());
    for (let due = this.#schedule.pollTransmit(); due !== undefined; due = this.#schedule.pollTransmit()) {
      void this.#refresh(due.key, due.ttlSeconds);
    }
    this.#arm();
  }

  /** Never rejects: what goes wrong is told by events. */
  async #refresh(key: string, ttlSeconds: number): Promise<void> {
    try {
      const granted = await this.#actions.refresh(key, ttlSeconds);
      if (!this.#wanted(key)) return;
      this.granted(key, granted);
      this.#actions.onRefreshed(key, granted);
    } catch (error) {
      if (!this.#wanted(key)) return;
      if (!(error instanceof NotFoundError)) return this.#fail(key, error);
      await this.#readd(key, ttlSeconds);
    }
  }

  async #readd(key: string, ttlSeconds: number): Promise<void> {
    try {
      const granted = await this.#actions.readd(key, ttlSeconds);
      if (!this.#wanted(key)) return;
      this.granted(key, granted);
      this.#actions.onReadded(key);
    } catch (error) {
      if (this.#wanted(key)) this.#fail(key, error);
    }
  }

  #wanted(key: string): boolean {
    return !this.#stopped && this.#schedule.has(key);
  }

  #fail(key: string, error: unknown): void {
    const retryInMs = this.#schedule.failed(key, this.#clock.now());
    this.#arm();
    if (retryInMs === undefined) return;
    this.#actions.onFailed(key, error instanceof Error ? error : new Error(String(error)), retryInMs);
  }
}

import type { RandomSource } from '../src/machine.ts';
import type { Clock, Timer } from '../src/net/clock.ts';
import { AlreadyExistsError, NotFoundError } from './errors.ts';
import { RefreshSchedule } from './refresh-schedule.ts';
import { SleepWatch } from './sleep-watch.ts';

export interface KeeperActions {
  /** Refreshes an entry; gives the seconds granted. @throws {AlreadyExistsError} when it is somebody else's by now */
  refresh(key: string, ttlSeconds: number): Promise<number>;
  /** Adds an entry again that is gone; gives the seconds granted. */
  readd(key: string, ttlSeconds: number): Promise<number>;
  onRefreshed(key: string, ttlSeconds: number): void;
  onReadded(key: string): void;
  onFailed(key: string, reason: Error, retryInMs: number): void;
  /** Somebody else has the name by now: it is not kept any more. */
  onTaken(key: string, reason: AlreadyExistsError): void;
}

/** How often it is looked whether the computer has slept. */
const LOOK_MS = 30_000;

/**
 * Runs a {@link RefreshSchedule} on a clock: keeps entries alive, and brings back those that went (MS-TAIL §3.1.5). After
 * the computer has slept it refreshes everything at once.
 */
export class Keeper {
  readonly #schedule: RefreshSchedule;
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #actions: KeeperActions;
  readonly #sleep = new SleepWatch();
  #stopped = false;

  constructor(clock: Clock, random: RandomSource, actions: KeeperActions) {
    this.#clock = clock;
    this.#schedule = new RefreshSchedule(random);
    this.#actions = actions;
    this.#timer = clock.timer(() => this.#pump());
    this.#sleep.slept(clock.now(), clock.wall());
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
    const due = this.#stopped ? undefined : this.#schedule.pollTimeout();
    this.#timer.set(due === undefined ? undefined : Math.min(due, this.#clock.now() + LOOK_MS));
  }

  #pump(): void {
    if (this.#stopped) return;
    const now = this.#clock.now();
    if (this.#sleep.slept(now, this.#clock.wall())) this.#schedule.hurry(now);
    this.#schedule.handleTimeout(now);
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
      if (error instanceof AlreadyExistsError) return this.#taken(key, error);
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
      if (!this.#wanted(key)) return;
      if (error instanceof AlreadyExistsError) this.#taken(key, error);
      else this.#fail(key, error);
    }
  }

  #taken(key: string, error: AlreadyExistsError): void {
    this.#actions.onTaken(key, error);
    this.forget(key);
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

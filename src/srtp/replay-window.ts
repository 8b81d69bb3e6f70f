import { InvalidValueError } from '../errors.ts';

/** The least that is allowed (RFC 3711 §3.3.2). */
export const MIN_REPLAY_WINDOW = 64;
/** Ten seconds of a stream with 1 ms packets; more is memory for nothing. */
export const MAX_REPLAY_WINDOW = 16_384;

/**
 * Which of the last packets were received, by index (RFC 3711 §3.3.2). Memory is a byte for each index of the window;
 * asking and telling take constant time, but for jumps, which cost at most the window.
 */
export class ReplayWindow {
  readonly #seen: Uint8Array;
  #highest = -1;

  /** @throws {InvalidValueError} when `size` is not a whole number of 64 to 16 384 packets */
  constructor(size: number) {
    if (!Number.isInteger(size) || size < MIN_REPLAY_WINDOW || size > MAX_REPLAY_WINDOW) {
      throw new InvalidValueError(
        `A replay window of ${size} packets: give ${MIN_REPLAY_WINDOW} to ${MAX_REPLAY_WINDOW} (RFC 3711 §3.3.2)`,
      );
    }
    this.#seen = new Uint8Array(size);
  }

  /** The highest index received, −1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether `index` has not been received, and is not too old to know. */
  isNew(index: number): boolean {
    if (index > this.#highest) return true;
    if (this.#highest - index >= this.#seen.length) return false;
    return this.#seen[index % this.#seen.length] === 0;
  }

  /** Whether `index` is too old to know. */
  isTooOld(index: number): boolean {
    return this.#highest - index >= this.#seen.length;
  }

  /** Remembers `index`, which must be new. */
  add(index: number): void {
    const size = this.#seen.length;
    if (index - this.#highest >= size) this.#seen.fill(0);
    else for (let at = this.#highest + 1; at < index; at++) this.#seen[at % size] = 0;
    this.#seen[index % size] = 1;
    if (index > this.#highest) this.#highest = index;
  }

  /** Takes all up to `index` for received; nothing may have been before. */
  close(index: number): void {
    this.#seen.fill(1);
    this.#highest = index;
  }
}

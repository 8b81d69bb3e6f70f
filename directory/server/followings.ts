import type { BerWriter } from '../../src/ldap/index.ts';
import type { Ms } from '../../src/machine.ts';
import type { Following } from './following.ts';

/** The searches of one connection that go on, by message id. Those with something to do take turns. */
export class Followings {
  readonly #runs = new Map<number, Following>();
  /** Ids of those that may have something to do, in the order of their turns. */
  readonly #due = new Set<number>();

  get size(): number {
    return this.#runs.size;
  }
  /** Whether one of them may have something to do. */
  get hasNews(): boolean {
    return this.#due.size > 0;
  }
  has(id: number): boolean {
    return this.#runs.has(id);
  }
  add(id: number, run: Following): void {
    this.#runs.set(id, run);
    this.#due.add(id);
  }
  /** @returns whether there was one */
  remove(id: number): boolean {
    this.#due.delete(id);
    return this.#runs.delete(id);
  }
  clear(): void {
    this.#due.clear();
    this.#runs.clear();
  }
  /** The store has changed. */
  wake(): void {
    for (const id of this.#runs.keys()) this.#due.add(id);
  }

  /** One turn of the next one. */
  step(w: BerWriter, maxBytes: number, until: Ms): void {
    const [id] = this.#due;
    const run = id === undefined ? undefined : this.#runs.get(id);
    if (id === undefined || run === undefined) return;
    this.#due.delete(id);
    if (run.step(w, maxBytes, until)) this.#runs.delete(id);
    else if (!run.isWaiting) this.#due.add(id);
  }
}

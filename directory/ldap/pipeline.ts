/**
 * Lets at most `limit` callers through at a time; the rest wait in line. OpenLDAP drops a connection that has more than
 * 1000 requests pending.
 */
export class Pipeline {
  readonly #limit: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Waits until nobody else is through, and lets nobody in meanwhile. */
  async enterAlone(): Promise<Disposable> {
    const places = await Promise.all(Array.from({ length: this.#limit }, () => this.enter()));
    return {
      [Symbol.dispose]: () => {
        for (const place of places) place[Symbol.dispose]();
      },
    };
  }

  async enter(): Promise<Disposable> {
    if (this.#running >= this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    let left = false;
    return {
      [Symbol.dispose]: () => {
        if (left) return;
        left = true;
        const next = this.#waiting.shift();
        if (next === undefined) this.#running--;
        else next(); // its place is handed on
      },
    };
  }
}

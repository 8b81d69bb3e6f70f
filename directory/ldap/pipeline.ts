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

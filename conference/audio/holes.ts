/** Most holes that are kept apart; whoever loses more in one buffer is beyond help. */
const MOST = 512;

/** Stretches of a playout buffer in which nothing has come yet, in order. */
export class Holes {
  readonly #from: number[] = [];
  readonly #to: number[] = [];

  get count(): number {
    return this.#from.length;
  }
  /** Of the first one; beyond everything when there is none. */
  get from(): number {
    return this.#from[0] ?? Number.POSITIVE_INFINITY;
  }
  get to(): number {
    return this.#to[0] ?? Number.POSITIVE_INFINITY;
  }

  clear(): void {
    this.#from.length = 0;
    this.#to.length = 0;
  }

  /** Behind all others. @returns whether there was room */
  append(from: number, to: number): boolean {
    if (this.#from.length >= MOST) return false;
    this.#from.push(from);
    this.#to.push(to);
    return true;
  }

  /** Everything before `position` is over. */
  trim(position: number): void {
    while (this.to <= position) {
      this.#from.shift();
      this.#to.shift();
    }
    if (this.from < position) this.#from[0] = position;
  }

  /** Nothing from `position` on is missed any more. */
  cut(position: number): void {
    while ((this.#from.at(-1) ?? position) > position) {
      this.#from.pop();
      this.#to.pop();
    }
    if ((this.#to.at(-1) ?? position) > position) this.#to[this.#to.length - 1] = position;
  }

  /** `[from, to)` has come. @returns how much of it was missing */
  fill(from: number, to: number): number {
    let filled = 0;
    for (let i = this.#from.length - 1; i >= 0; i--) {
      const [a, b] = [this.#from[i] ?? 0, this.#to[i] ?? 0];
      if (b <= from || a >= to) continue;
      filled += Math.min(b, to) - Math.max(a, from);
      const left = a < from;
      const right = b > to;
      if (left && right) {
        this.#from.splice(i + 1, 0, to);
        this.#to.splice(i, 1, from, b);
      } else if (left) this.#to[i] = from;
      else if (right) this.#from[i] = to;
      else {
        this.#from.splice(i, 1);
        this.#to.splice(i, 1);
      }
    }
    return filled;
  }

  /** All of them that begin at `position` or later move. */
  shift(position: number, by: number): void {
    for (let i = 0; i < this.#from.length; i++) {
      if ((this.#from[i] ?? 0) < position) continue;
      this.#from[i] = (this.#from[i] ?? 0) + by;
      this.#to[i] = (this.#to[i] ?? 0) + by;
    }
  }
}

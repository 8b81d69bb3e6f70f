/** Ids in one block; blocks exist only where there is an id. */
const BLOCK = 1024;

/** A set of entry ids at about one bit each: ids are given in ascending order, so they lie close together. */
export class IdSet {
  readonly #blocks = new Map<number, Uint32Array>();

  has(id: number): boolean {
    const block = this.#blocks.get(Math.floor(id / BLOCK));
    return block !== undefined && (block[(id % BLOCK) >>> 5]! & (1 << (id & 31))) !== 0;
  }
  add(id: number): void {
    const key = Math.floor(id / BLOCK);
    let block = this.#blocks.get(key);
    if (block === undefined) {
      block = new Uint32Array(BLOCK / 32);
      this.#blocks.set(key, block);
    }
    block[(id % BLOCK) >>> 5]! |= 1 << (id & 31);
  }
  delete(id: number): void {
    const key = Math.floor(id / BLOCK);
    const block = this.#blocks.get(key);
    if (block === undefined) return;
    block[(id % BLOCK) >>> 5]! &= ~(1 << (id & 31));
    if (block.every((bits) => bits === 0)) this.#blocks.delete(key);
  }
}

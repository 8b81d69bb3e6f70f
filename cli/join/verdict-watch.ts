import type { Ms } from '../../src/machine.ts';

/** After this long without anything heard the likely reasons are told. */
const SILENCE_MS: Ms = 5000;
/** Others may come in right behind the first one; this long they are waited for. */
const SETTLE_MS: Ms = 1500;

/**
 * When to tell what a join has come to: soon after somebody is heard, else after five seconds; again when somebody is
 * heard after all, and when everybody who was heard has vanished without a goodbye. A machine: time is an argument.
 */
export class VerdictWatch {
  readonly #joinedAt: Ms;
  #heardAt: Ms | undefined;
  #told: 'hearing' | 'nothing' | undefined;
  #vanished = false;

  constructor(joinedAt: Ms) {
    this.#joinedAt = joinedAt;
  }

  /** Whether any verdict has been told. */
  get told(): boolean {
    return this.#told !== undefined;
  }

  /** A participant timed out, which a goodbye would have prevented. */
  handleVanished(): void {
    this.#vanished = true;
  }

  /**
   * @param hearing somebody is heard now
   * @returns whether a verdict is to be told now
   */
  handleTimeout(now: Ms, hearing: boolean): boolean {
    this.#heardAt = hearing ? (this.#heardAt ?? now) : undefined;
    const settled = this.#heardAt !== undefined && now >= this.#heardAt + SETTLE_MS;
    if (settled && this.#told !== 'hearing') return this.#tell('hearing');
    if (hearing) return false;
    if (this.#told === undefined && now >= this.#joinedAt + SILENCE_MS) return this.#tell('nothing');
    return this.#told === 'hearing' && this.#vanished ? this.#tell('nothing') : false;
  }

  /** The last moment: tells if nothing was told so far. */
  finish(hearing: boolean): boolean {
    return this.#told === undefined ? this.#tell(hearing ? 'hearing' : 'nothing') : false;
  }

  #tell(what: 'hearing' | 'nothing'): true {
    this.#told = what;
    this.#vanished = false;
    return true;
  }
}

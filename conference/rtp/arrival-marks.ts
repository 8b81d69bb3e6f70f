import type { Ms } from '../../src/machine.ts';
import type { observeDscp } from '../../src/net/index.ts';

export interface ArrivalMarksOptions {
  readonly observe: typeof observeDscp;
  readonly group: string;
  readonly port: number;
  readonly interface: string;
  /** Whose packets are our own. */
  readonly own: string;
  /** DSCP that what arrives should have. */
  readonly expected: () => number;
  readonly onOther: (address: string, dscp: number) => void;
}

/** First look, so that others have begun to talk; and from one look to the next. */
const FIRST_MS: Ms = 2000;
const AGAIN_MS: Ms = 30_000;
/** A look takes this long, or so many packets. */
const LOOK_MS: Ms = 500;
const ENOUGH = 64;
const MAX_TOLD = 64;

/**
 * Looks now and then at the DSCP of what arrives. It is another socket for half a second, since the usual receive path
 * does not tell marks; so it is only done for those who asked for marking.
 */
export class ArrivalMarks implements Disposable {
  readonly #options: ArrivalMarksOptions;
  readonly #told = new Set<string>();
  readonly #closing = new AbortController();
  #due: Ms;
  #busy = false;

  constructor(options: ArrivalMarksOptions, now: Ms) {
    this.#options = options;
    this.#due = now + FIRST_MS;
  }

  /** Call it some times per second. */
  upkeep(now: Ms): void {
    if (this.#busy || now < this.#due || this.#closing.signal.aborted) return;
    this.#due = now + AGAIN_MS;
    this.#busy = true;
    void this.#look();
  }

  async #look(): Promise<void> {
    const { observe, group, port, own, expected, onOther } = this.#options;
    const request = { group, port, interface: this.#options.interface, durationMs: LOOK_MS, enough: ENOUGH };
    const report = await observe({ ...request, signal: this.#closing.signal }).catch(() => undefined); // not just now
    this.#busy = false;
    if (report === undefined) return;
    const { observations } = report;
    if (this.#closing.signal.aborted) return;
    const wanted = expected();
    for (const { address, dscp } of observations) {
      const key = `${address} ${dscp}`;
      if (address === own || dscp === wanted || this.#told.has(key) || this.#told.size >= MAX_TOLD) continue;
      this.#told.add(key);
      onOther(address, dscp);
    }
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
  }
}

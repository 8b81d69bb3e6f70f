import { InvalidValueError } from '../errors.ts';
import { guessRoc, MAX_ROC, rtpIndex } from './packet-index.ts';
import { ReplayWindow } from './replay-window.ts';

/** Where one source's RTP packets are, by number (RFC 3711 §3.2.1). Master keys may change meanwhile: it goes on. */
export class RtpStreamState {
  readonly window: ReplayWindow;
  #roc = 0;
  /** Sequence number of the highest packet under `#roc`; undefined until one is known. */
  #highest: number | undefined;

  constructor(windowSize: number) {
    this.window = new ReplayWindow(windowSize);
  }

  get roc(): number {
    return this.#roc;
  }

  /** The highest sequence number under {@link roc}; undefined until one is known. */
  get highest(): number | undefined {
    return this.#highest;
  }

  /** The counter that a packet was most likely made with; may be −1 or 2^32 (see {@link guessRoc}). */
  rocOf(sequence: number): number {
    return this.#highest === undefined ? this.#roc : guessRoc(this.#roc, this.#highest, sequence);
  }

  /** Takes a packet that is new and authentic. */
  accept(roc: number, sequence: number): void {
    this.window.add(rtpIndex(roc, sequence));
    if (this.#highest === undefined || rtpIndex(roc, sequence) > rtpIndex(this.#roc, this.#highest)) {
      this.#roc = roc;
      this.#highest = sequence;
    }
  }

  /** @throws {InvalidValueError} when a number is out of range */
  setRoc(roc: number, sequence?: number): void {
    checkRoc(roc, sequence);
    this.#roc = roc;
    this.#highest = sequence;
  }
}

/** @throws {InvalidValueError} when a number is out of range */
export function checkRoc(roc: number, sequence?: number): void {
  const fits = (value: number, highest: number) => Number.isInteger(value) && value >= 0 && value <= highest;
  if (!fits(roc, MAX_ROC)) throw new InvalidValueError(`A roll-over counter of ${roc}: give 0 to ${MAX_ROC}`);
  if (sequence !== undefined && !fits(sequence, 0xffff)) {
    throw new InvalidValueError(`A sequence number of ${sequence}: give 0 to 65535`);
  }
}

import { type BurstGapFigures, BurstGapMeter, DEFAULT_GMIN, type PacketFate } from './burst-gap.ts';
import { Histogram } from './histogram.ts';

/** So many packets behind the newest one may still come; more than RFC 3550 §A.1's MAX_MISORDER, a power of two. */
const WINDOW = 128;
/** A hole longer than this is a new start of the source, not loss: as RFC 3550 §A.1's MAX_DROPOUT. */
const LONGEST_HOLE = 3000;

const ABSENT = 0;
const RECEIVED = 1;
const DISCARDED = 2;
const FATES: readonly PacketFate[] = ['lost', 'received', 'discarded'];

/**
 * Loss of one source in detail: bursts and gaps, lengths of loss runs. Takes packets as they come; one that comes up to
 * 128 sequence numbers late is no loss. Memory and time for a packet are bounded.
 */
export class LossMeter {
  readonly #meter: BurstGapMeter;
  /** Lengths of losses in a row, packets; packets discarded count as lost here. */
  readonly runs = new Histogram();
  readonly #window = new Uint8Array(WINDOW);
  /** Extended sequence numbers from here to `#next`, which is not in it, may still change. */
  #oldest = 0;
  #next = 0;
  #started = false;
  #run = 0;
  /**
   * All between `#oldest` and `#next` came, however many they are, and the window says nothing. So it is nearly always,
   * and then a packet costs one comparison.
   */
  #clean = true;
  /** Where the latest packet is that has not come or was discarded. */
  #lastHole = -1;

  /** @param gmin packets received in a row that end a burst, 1 to 255 */
  constructor(gmin = DEFAULT_GMIN) {
    this.#meter = new BurstGapMeter(gmin);
  }

  /**
   * Takes a packet that came and is played.
   *
   * @param extended sequence number with the count of wraps above its 16 bits (`Reception.extend`)
   */
  received(extended: number): void {
    if (this.#clean && this.#started && extended === this.#next) this.#next++;
    else this.#mark(extended, RECEIVED);
  }

  /** The same of several packets, in the order in which they came. */
  receivedAll(extended: Float64Array, length: number): void {
    let at = 0;
    if (this.#clean && this.#started) {
      let next = this.#next;
      while (at < length && extended[at] === next) {
        next++;
        at++;
      }
      this.#next = next;
    }
    for (; at < length; at++) this.received(extended[at] ?? 0);
  }

  /** Takes a packet that came too late or too early to be played, before or after {@link received} was told of it. */
  discarded(extended: number): void {
    this.#mark(extended, DISCARDED);
  }

  /** Ends the sequence: all up to the last packet is settled, and the next one may have any number. */
  restart(): void {
    if (this.#clean) this.#settleClean(0);
    while (this.#oldest < this.#next) this.#settle();
    this.#started = false;
    this.#endRun();
  }

  /** Bursts and gaps among the packets whose fate is settled: all but the latest 128, until {@link restart}. */
  figures(): BurstGapFigures {
    if (this.#clean) this.#settleClean(WINDOW);
    return this.#meter.figures();
  }

  /**
   * How much longer runs of loss are than they would be by mere chance: BurstR of the E-model (ITU-T G.107 §7.5).
   *
   * @returns 1 without loss, and when loss is more evenly spread than by chance
   */
  burstRatio(): number {
    const { packets, lost, discarded } = this.figures();
    if (this.runs.count === 0 || packets === 0) return 1;
    return Math.max(1, this.runs.mean * (1 - (lost + discarded) / packets));
  }

  #mark(extended: number, fate: number): void {
    const ahead = extended - this.#next;
    if (!this.#started || ahead > LONGEST_HOLE || ahead < -LONGEST_HOLE) {
      this.restart();
      this.#started = true;
      this.#oldest = extended;
      this.#next = extended;
      this.#clean = true;
      this.#lastHole = -1;
    }
    if (this.#clean) this.#open();
    if (extended < this.#oldest) return; // settled long ago
    if (extended > this.#next) this.#lastHole = extended - 1;
    if (fate === DISCARDED && extended > this.#lastHole) this.#lastHole = extended;
    while (this.#next <= extended) {
      if (this.#next - this.#oldest === WINDOW) this.#settle();
      this.#window[this.#next & (WINDOW - 1)] = ABSENT;
      this.#next++;
    }
    const slot = extended & (WINDOW - 1);
    this.#window[slot] = Math.max(this.#window[slot] ?? ABSENT, fate);
    this.#clean = this.#oldest > this.#lastHole;
  }

  /** Writes into the window what being clean says: something else is about to come. */
  #open(): void {
    this.#settleClean(WINDOW);
    this.#window.fill(RECEIVED);
    this.#clean = false;
  }

  /** Settles all but the latest `keep` packets, which all came. */
  #settleClean(keep: number): void {
    const count = this.#next - this.#oldest - keep;
    if (!this.#started || count <= 0) return;
    this.#endRun();
    this.#meter.addReceived(count);
    this.#oldest += count;
  }

  #settle(): void {
    const fate = FATES[this.#window[this.#oldest & (WINDOW - 1)] ?? ABSENT] ?? 'lost';
    this.#oldest++;
    this.#meter.add(fate);
    if (fate === 'received') this.#endRun();
    else this.#run++;
  }

  #endRun(): void {
    if (this.#run > 0) this.runs.add(this.#run);
    this.#run = 0;
  }
}

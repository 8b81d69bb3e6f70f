/** A sequence number this far ahead is a loss, further is a jump (RFC 3550 §A.1). */
export const MAX_DROPOUT = 3000;
/** A sequence number this far behind is late, further is a jump. */
export const MAX_MISORDER = 100;
/** Packets in sequence before a source is believed. */
export const MIN_SEQUENTIAL = 2;

/** Sequence numbers of which we remember whether they came: more than {@link MAX_MISORDER}, a power of two. */
const WINDOW = 128;
const NO_BAD_SEQUENCE = 0x1_0000;

/**
 * What a sequence number means: the source is still on `probation`, or was `validated` by this packet; a good packet is
 * `next`, `late` or a `duplicate`; a `jump` is discarded; `restarted` is the second packet after a jump.
 */
export type SequenceVerdict =
  | 'probation'
  | 'validated'
  | 'next'
  | 'late'
  | 'duplicate'
  | 'jump'
  | 'restarted';

/** Sequence numbers, loss and jitter of one source, by the algorithms of RFC 3550 §A.1, §A.3 and §A.8. */
export class Reception {
  /** In-sequence packets still wanted; 0: valid. */
  #probation: number;
  readonly #minSequential: number;
  #started = false;
  #maxSequence = 0;
  /** Wraps times 2^16. */
  #cycles = 0;
  #baseSequence = 0;
  #badSequence = NO_BAD_SEQUENCE;
  #transit = 0;
  #hasTransit = false;
  #jitter = 0;
  #expectedPrior = 0;
  #receivedPrior = 0;
  #fractionLost = 0;
  readonly #seen = new Int32Array(WINDOW / 32);
  /** Packets since validation, duplicates and late ones included. */
  received = 0;
  duplicates = 0;
  reordered = 0;
  discarded = 0;
  restarts = 0;

  /** @param minSequential packets in sequence before it is valid; 1: at once */
  constructor(minSequential = MIN_SEQUENTIAL) {
    this.#minSequential = minSequential;
    this.#probation = minSequential;
  }

  get valid(): boolean {
    return this.#probation === 0;
  }
  /** Highest sequence number with the count of wraps above its 16 bits. */
  get extendedHighest(): number {
    return this.#cycles + this.#maxSequence;
  }
  /** Packets that should have come since validation. */
  get expected(): number {
    return this.valid ? this.extendedHighest - this.#baseSequence + 1 : 0;
  }
  /** Interarrival jitter in timestamp units. */
  get jitter(): number {
    return this.#jitter;
  }
  /** Arrival minus timestamp of the last packet, as {@link arrive} gives it; undefined when there is none to compare with. */
  get transit(): number | undefined {
    return this.#hasTransit ? this.#transit : undefined;
  }
  /** Share lost in the last completed report interval, in 1/256, 0 to 255. */
  get fractionLost(): number {
    return this.#fractionLost;
  }

  /** Believes the source from its next packet on, because its RTCP has been heard. */
  trust(): void {
    if (this.#probation > 0) this.#probation = 1;
    this.#started = false;
  }

  /** Takes the sequence number of a packet that came. */
  update(sequence: number): SequenceVerdict {
    if (this.#probation > 0) return this.#probe(sequence);
    const ahead = (sequence - this.#maxSequence) & 0xffff;
    if (ahead === 1) {
      if (sequence === 0) this.#cycles += 0x1_0000;
      this.#maxSequence = sequence;
      this.#mark(sequence);
      this.received++;
      return 'next';
    }
    if (ahead !== 0 && ahead < MAX_DROPOUT) {
      if (sequence < this.#maxSequence) this.#cycles += 0x1_0000;
      this.#forget(ahead);
      this.#maxSequence = sequence;
      this.#mark(sequence);
      this.received++;
      return 'next';
    }
    if (ahead !== 0 && ahead <= 0x1_0000 - MAX_MISORDER) return this.#jump(sequence);
    this.received++;
    if (this.#isMarked(sequence)) {
      this.duplicates++;
      return 'duplicate';
    }
    this.#mark(sequence);
    this.reordered++;
    return 'late';
  }

  /** The extended form of a sequence number that {@link update} has just accepted. */
  extend(sequence: number): number {
    const below = sequence > this.#maxSequence ? 0x1_0000 : 0; // from before the last wrap
    return this.#cycles + sequence - below;
  }

  /**
   * Takes the time of a packet.
   *
   * @param arrivalTicks arrival in units of the RTP clock, whatever its zero
   * @returns the transit time, as a 32-bit integer of which only differences mean anything
   * @see RFC 3550 §A.8
   */
  arrive(arrivalTicks: number, timestamp: number): number {
    const transit = (arrivalTicks - timestamp) | 0;
    if (this.#hasTransit) {
      const difference = (transit - this.#transit) | 0;
      this.#jitter += ((difference < 0 ? -difference : difference) - this.#jitter) / 16;
    }
    this.#hasTransit = true;
    this.#transit = transit;
    return transit;
  }

  /** Forgets the last arrival: the clock rate changed, the next difference would mean nothing. */
  resetTransit(): void {
    this.#hasTransit = false;
  }

  /** Ends a report interval: computes the share lost in it and starts the next (RFC 3550 §A.3). */
  endInterval(): void {
    const { expected, received } = this;
    const expectedNow = expected - this.#expectedPrior;
    const lostNow = expectedNow - (received - this.#receivedPrior);
    this.#expectedPrior = expected;
    this.#receivedPrior = received;
    this.#fractionLost =
      expectedNow <= 0 || lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow));
  }

  #probe(sequence: number): SequenceVerdict {
    const inSequence = !this.#started || sequence === ((this.#maxSequence + 1) & 0xffff);
    this.#started = true;
    this.#maxSequence = sequence;
    this.#probation = inSequence ? this.#probation - 1 : this.#minSequential - 1;
    if (this.#probation > 0) return 'probation';
    this.#start(sequence);
    this.received++;
    return 'validated';
  }

  #jump(sequence: number): SequenceVerdict {
    if (sequence !== this.#badSequence) {
      this.#badSequence = (sequence + 1) & 0xffff;
      this.discarded++;
      return 'jump';
    }
    this.#start(sequence); // two in a row: the other side has restarted without telling us
    this.received++;
    this.restarts++;
    return 'restarted';
  }

  #start(sequence: number): void {
    this.#baseSequence = sequence;
    this.#maxSequence = sequence;
    this.#badSequence = NO_BAD_SEQUENCE;
    this.#cycles = 0;
    this.received = 0;
    this.#receivedPrior = 0;
    this.#expectedPrior = 0;
    this.#hasTransit = false;
    this.#seen.fill(0);
    this.#mark(sequence);
  }

  #mark(sequence: number): void {
    const word = wordOf(sequence);
    this.#seen[word] = (this.#seen[word] ?? 0) | (1 << (sequence & 31));
  }
  #isMarked(sequence: number): boolean {
    return ((this.#seen[wordOf(sequence)] ?? 0) & (1 << (sequence & 31))) !== 0;
  }
  /** Clears the marks of the sequence numbers skipped, which are marks of earlier ones. */
  #forget(ahead: number): void {
    for (let n = 1; n <= Math.min(ahead, WINDOW); n++) {
      const sequence = this.#maxSequence + n;
      const word = wordOf(sequence);
      this.#seen[word] = (this.#seen[word] ?? 0) & ~(1 << (sequence & 31));
    }
  }
}

/** Where the mark of a sequence number lies; the 16-bit circle is a whole number of windows. */
function wordOf(sequence: number): number {
  return (sequence >>> 5) & (WINDOW / 32 - 1);
}

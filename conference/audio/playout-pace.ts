import type { Ms } from '../../src/machine.ts';
import { DelayMeter } from './delay-meter.ts';
import { DriftFilter } from './drift-filter.ts';
import type { PlayoutPolicy } from './playout-policy.ts';

/** What the fastest packets wait at first, before anything is known about the network. */
const START_MS: Ms = 40;
/** On top of what the packets differ by. */
const MARGIN_MS: Ms = 2;
/** So much must have been heard before the delay is made shorter. */
const LEARN_SECONDS = 4;
/** The first packets, of which the fastest sets a link offset. */
const FIRST_MS: Ms = 500;
/** Differences that are left alone: less to grow, more to shrink. */
const GROW_MS: Ms = 2;
const SHRINK_MS: Ms = 8;
/** The clocks count as one while the fastest packets come within this of when they came first. */
const TOLERANCE_MS: Ms = 1;
const TOLERANCE_SIGMAS = 3;
/** What has run apart is brought back in this time. */
const RECOVER_MS: Ms = 30_000;
const RECOVER_PPM = 300;

/**
 * When audio of one source is played: how long it waits, and how fast it is read.
 *
 * An adaptive delay lets the fastest packets wait for as long as the slowest packets of the last 20 seconds took
 * longer, one outlying tenth of a second aside, plus one block (what is played next is taken a block at a time) and 2 ms.
 * It starts with 40 ms, is never outside its bounds, grows as soon as it should by 2 ms and shrinks when it should by 8 ms.
 *
 * Fixed delays and link offsets stay as they were set by the first packet.
 */
export class PlayoutPace {
  readonly #policy: PlayoutPolicy;
  readonly #blockMs: Ms;
  readonly #perMs: number;
  readonly #meter = new DelayMeter();
  readonly #drift = new DriftFilter();
  #epoch: Ms = 0;
  #first = 0;
  /** Playing time minus transit: what a packet with the transit 0 would wait. */
  #offset: Ms = 0;
  #fastest: Ms = 0;
  /** The fastest of the first packets, from which a link offset counts. */
  #firstFastest: Ms = 0;
  #target: Ms;
  /** What the fastest packets waited when the drift began to be measured. */
  #setPoint: Ms | undefined;
  /** Frames of the source that are played in the time of one of ours. Exactly 1 until the clocks are seen to differ. */
  step = 1;
  /** By how much the delay should change now; 0 when it is well. */
  wantedMs: Ms = 0;

  constructor(policy: PlayoutPolicy, blockMs: Ms, sampleRate: number) {
    this.#policy = policy;
    this.#blockMs = blockMs;
    this.#perMs = sampleRate / 1000;
    this.#target = this.initialMs;
  }

  /** What the first packet waits. */
  get initialMs(): Ms {
    const policy = this.#policy;
    return policy.mode === 'adaptive'
      ? Math.max(policy.minMs, Math.min(policy.maxMs, START_MS))
      : policy.delayMs;
  }
  get targetMs(): Ms {
    return this.#target;
  }
  /** What the fastest packets wait. */
  get delayMs(): Ms {
    const from = this.#policy.mode === 'link' ? this.#firstFastest : this.#fastest;
    return Math.max(0, this.#offset - from);
  }
  /** What the delay may still grow by. */
  get roomMs(): Ms {
    return this.#policy.mode === 'adaptive' ? Math.max(0, this.#policy.maxMs - this.delayMs) : 0;
  }
  get driftPpm(): number | undefined {
    return this.#drift.ppm;
  }

  /** A source begins, or begins anew. */
  anchor(unwrapped: number, shift: number, read: number, arrival: Ms, nextDue: Ms): void {
    this.#meter.reset();
    this.#drift.reset();
    this.#epoch = arrival;
    this.#first = unwrapped;
    this.#fastest = 0;
    this.#firstFastest = 0;
    this.#setPoint = undefined;
    this.step = 1;
    this.wantedMs = 0;
    this.note(unwrapped, shift, read, arrival, nextDue);
  }

  /**
   * A packet has come.
   *
   * @param unwrapped its timestamp, in frames without wraps, and what positions are ahead of timestamps by
   * @param read      the position that is played at `nextDue`
   * @returns milliseconds by which it is to be played sooner, since a link offset counts from the fastest of the first packets
   */
  note(unwrapped: number, shift: number, read: number, arrival: Ms, nextDue: Ms): Ms {
    // what waited while our process stood still was not late: nothing was played meanwhile
    const at = arrival < nextDue ? arrival : nextDue;
    const transit = at - this.#epoch - (unwrapped - this.#first) / this.#perMs;
    this.#offset = nextDue - this.#epoch - (read - shift - this.#first) / this.#perMs;
    const sooner = this.#soonerThanFirst(arrival - this.#epoch, unwrapped);
    if (transit < this.#fastest) this.#fastest = transit;
    const complete = this.#meter.add(transit, at);
    if (complete) this.#look(at);
    else if (transit > this.#offset - this.#blockMs && this.#policy.mode === 'adaptive') this.#aim();
    return sooner;
  }

  /**
   * By the time of arrival as it was: what is taken in the midst of a stall of ours would otherwise seem to have come before its
   * time, and all that follows to be late.
   */
  #soonerThanFirst(since: Ms, unwrapped: number): Ms {
    if (this.#policy.mode !== 'link' || since >= FIRST_MS) return 0;
    const sooner = this.#firstFastest - (since - (unwrapped - this.#first) / this.#perMs);
    if (sooner <= 0) return 0;
    this.#firstFastest -= sooner;
    return sooner;
  }

  /** The playout has moved: audio waits longer by so much. */
  moved(by: Ms): void {
    this.#offset += by;
    this.wantedMs = 0;
    if (this.#setPoint !== undefined) this.#setPoint += by;
    if (this.#policy.mode === 'adaptive') this.#want();
  }

  /** Ten times a second. */
  #look(now: Ms): void {
    if (this.#policy.mode === 'adaptive') this.#aim();
    else this.#fastest = this.#meter.range(this.#drift.slope).fastest;
    if (this.#meter.seconds === 0) return;
    const news = this.#drift.add(this.#meter.lastFastest, now);
    if (news === undefined) return;
    if (news === 'step' || this.#setPoint === undefined)
      this.#setPoint = this.#offset - this.#drift.lastWindow;
    else this.#steer(now, this.#setPoint);
  }

  #aim(): void {
    if (this.#policy.mode !== 'adaptive') return;
    const { fastest, slowest } = this.#meter.range(this.#drift.slope);
    this.#fastest = fastest;
    const { minMs, maxMs } = this.#policy;
    const needed = slowest - fastest + this.#blockMs + MARGIN_MS;
    this.#target = Math.max(minMs, Math.min(maxMs, needed));
    this.#want();
  }

  get #isTooLong(): boolean {
    return this.#policy.mode === 'adaptive' && this.delayMs > this.#policy.maxMs;
  }

  #want(): void {
    const wanted = this.#target - (this.#offset - this.#fastest);
    if (wanted > GROW_MS) this.wantedMs = wanted;
    else if (wanted < -SHRINK_MS && (this.#meter.seconds >= LEARN_SECONDS || this.#isTooLong)) {
      this.wantedMs = wanted;
    } else this.wantedMs = 0;
  }

  /** Every five seconds: lets reading follow the sender's clock. */
  #steer(now: Ms, setPoint: Ms): void {
    const drift = this.#drift;
    if (!drift.known) return;
    const waits = this.#offset - drift.transitAt(now);
    const apart = waits - setPoint;
    if (this.step === 1 && Math.abs(apart) < TOLERANCE_MS + TOLERANCE_SIGMAS * drift.noiseMs) return;
    const recover = Math.max(-RECOVER_PPM, Math.min(RECOVER_PPM, (apart / RECOVER_MS) * 1e6));
    this.step = 1 + -drift.slope + recover / 1e6;
  }
}

import type { Ms } from '../../src/machine.ts';
import type { AudioFormat } from './format.ts';
import type { PlayoutPolicy } from './playout-policy.ts';

export interface PlayoutOptions {
  readonly format: AudioFormat;
  readonly policy: PlayoutPolicy;
}

/** Audio older than this, or further ahead than the buffer holds, means that the sender's clock has jumped. */
const JUMP_SECONDS = 1;
/** Packets in a row that come too late before the playout moves. */
const LATE_RUN = 10;
/** Over this time every packet must be early, or late, before the playout moves. */
const WINDOW_MS = 10_000;
/** After a pause this long the playout may be set anew without anybody hearing it. */
const PAUSE_MS = 300;

/**
 * The playout buffer of one source: a ring of samples addressed by RTP timestamp. Order, duplicates and losses take
 * care of themselves, since every sample has its place and places never written are silence; so a recording never
 * shifts. A packet is played a fixed delay after it came; only a jump of the sender's timestamps, or clocks that have
 * run apart by half the delay, move it ({@link adjustments}).
 */
export class PlayoutBuffer {
  readonly #channels: number;
  readonly #framesPerMs: number;
  readonly #delay: number;
  readonly #mask: number;
  readonly #ring: Float32Array;
  /** Timestamps modulo 2^32, in frames: the next to be read, and the one after the last written. */
  #read = 0;
  #end = 0;
  #anchored = false;
  #idleFrames = 0;
  #lateRun = 0;
  #windowStart: Ms = 0;
  #minMargin = Number.POSITIVE_INFINITY;
  #maxMargin = Number.NEGATIVE_INFINITY;

  /** Packets that came wholly after they should have been played, or found no room since playing stood still. */
  late = 0;
  /** Times the playout moved. */
  adjustments = 0;

  constructor({ format, policy }: PlayoutOptions) {
    const delayMs =
      policy.mode === 'adaptive' ? Math.max(policy.minMs, Math.min(policy.maxMs, 60)) : policy.delayMs;
    const { sampleRate, channels } = format;
    this.#channels = channels;
    this.#framesPerMs = sampleRate / 1000;
    this.#delay = Math.round(delayMs * this.#framesPerMs);
    const wanted = (Math.max(300, 2 * delayMs + 200) * sampleRate) / 1000;
    const capacity = 2 ** Math.ceil(Math.log2(wanted));
    this.#mask = capacity - 1;
    this.#ring = new Float32Array(capacity * channels);
  }

  get targetMs(): Ms {
    return this.#delay / this.#framesPerMs;
  }
  get delayMs(): Ms {
    return this.#delay / this.#framesPerMs;
  }

  /** Whether anything is waiting to be played. */
  get buffered(): boolean {
    return this.#anchored && ((this.#end - this.#read) | 0) > 0;
  }

  /**
   * Puts a packet in its place.
   *
   * @param timestamp of its first frame, in frames modulo 2^32
   * @param samples   interleaved, `frames` of them from the front
   * @param nextDue   when the next block will be read
   */
  write(timestamp: number, samples: Float32Array, frames: number, arrival: Ms, nextDue: Ms): void {
    const target = timestamp - Math.round((arrival - nextDue) * this.#framesPerMs) - this.#delay;
    let ahead = (timestamp - this.#read) | 0;
    const margin = this.#delay + ((target - this.#read) | 0);
    if (!this.#anchored || this.#mustMove(ahead, frames, margin)) {
      if (this.#anchored) this.adjustments++;
      this.#moveTo(target, arrival);
      ahead = (timestamp - this.#read) | 0;
    } else this.#watch(margin, arrival);

    const skip = ahead < 0 ? -ahead : 0; // this part should have been played already
    if (skip >= frames) {
      this.late++;
      this.#lateRun++;
      return;
    }
    if (ahead + frames > this.#mask + 1) {
      this.late++; // we stood still for longer than the ring holds: the times are right, only room is missing
      return;
    }
    this.#lateRun = 0;
    this.#idleFrames = 0;
    this.#store(timestamp + skip, samples, skip, frames - skip);
    const end = (timestamp + frames) >>> 0;
    if (((end - this.#end) | 0) > 0) this.#end = end;
  }

  /**
   * Puts the next `frames` at the front of `target` and forgets them.
   *
   * @param add  to what is there already; otherwise it is overwritten, with silence where nothing is
   * @param keep false to leave `target` alone (muted); time goes on all the same
   * @returns whether `target` was written
   */
  mixInto(target: Float32Array, frames: number, add: boolean, keep: boolean): boolean {
    if (!this.#anchored) return false;
    const read = this.#read;
    this.#read = (read + frames) >>> 0;
    const waiting = (this.#end - read) | 0;
    if (waiting <= 0) {
      this.#end = this.#read;
      this.#idleFrames += frames;
      return false;
    }
    const channels = this.#channels;
    const take = Math.min(frames, waiting) * channels;
    const from = (read & this.#mask) * channels;
    const first = Math.min(take, this.#ring.length - from);
    if (keep) {
      this.#move(target, 0, from, first, add);
      if (first < take) this.#move(target, first, 0, take - first, add);
      if (!add && take < frames * channels) target.fill(0, take, frames * channels);
    }
    this.#ring.fill(0, from, from + first);
    if (first < take) this.#ring.fill(0, 0, take - first);
    return keep;
  }

  #move(target: Float32Array, at: number, from: number, count: number, add: boolean): void {
    const ring = this.#ring;
    if (!add) {
      target.set(ring.subarray(from, from + count), at);
      return;
    }
    for (let i = 0; i < count; i++) target[at + i] = (target[at + i] ?? 0) + (ring[from + i] ?? 0);
  }

  /** Forgets everything; the next packet starts anew. */
  reset(): void {
    this.#anchored = false;
    this.#ring.fill(0);
  }

  /**
   * Too far ahead is judged by `margin`, how long before its playing the packet came: what was played last stays behind
   * without anything being wrong with the sender's clock when our process stands still.
   */
  #mustMove(ahead: number, frames: number, margin: number): boolean {
    const perSecond = this.#framesPerMs * 1000;
    if (margin + frames > this.#mask || ahead < -JUMP_SECONDS * perSecond) return true;
    if (this.#lateRun >= LATE_RUN && ahead < 0) return true;
    const paused = this.#idleFrames > PAUSE_MS * this.#framesPerMs;
    return paused && (margin < this.#delay / 3 || margin > 2 * this.#delay + 40 * this.#framesPerMs);
  }

  /** Looks over a long time whether everything comes early or everything late: then the two clocks have run apart. */
  #watch(margin: number, arrival: Ms): void {
    if (margin < this.#minMargin) this.#minMargin = margin;
    if (margin > this.#maxMargin) this.#maxMargin = margin;
    if (arrival - this.#windowStart < WINDOW_MS) return;
    const slack = 20 * this.#framesPerMs;
    let shift = 0;
    if (this.#minMargin > 1.5 * this.#delay + slack) shift = this.#minMargin - this.#delay;
    else if (this.#maxMargin < this.#delay / 2) shift = this.#maxMargin - this.#delay;
    if (shift !== 0) {
      this.adjustments++;
      this.#moveTo(this.#read + shift, arrival);
    }
    this.#restartWindow(arrival);
  }

  #restartWindow(arrival: Ms): void {
    this.#windowStart = arrival;
    this.#minMargin = Number.POSITIVE_INFINITY;
    this.#maxMargin = Number.NEGATIVE_INFINITY;
  }

  /** Sets the next timestamp to read; what lies before it is forgotten, what lies after it stays. */
  #moveTo(read: number, arrival: Ms): void {
    const to = read >>> 0;
    const step = (to - this.#read) | 0;
    const waiting = (this.#end - to) | 0;
    const near = this.#anchored && Math.abs(step) <= this.#mask && waiting <= this.#mask;
    if (!near) this.#ring.fill(0);
    else for (let i = 0; i < step; i++) this.#clearFrame(this.#read + i);
    if (!near || waiting < 0) this.#end = to;
    this.#read = to;
    this.#anchored = true;
    this.#lateRun = 0;
    this.#idleFrames = 0;
    this.#restartWindow(arrival);
  }

  #clearFrame(timestamp: number): void {
    const at = (timestamp & this.#mask) * this.#channels;
    this.#ring.fill(0, at, at + this.#channels);
  }

  #store(timestamp: number, samples: Float32Array, from: number, frames: number): void {
    const channels = this.#channels;
    const at = timestamp & this.#mask;
    const first = Math.min(frames, this.#mask + 1 - at);
    const start = from * channels;
    this.#ring.set(samples.subarray(start, start + first * channels), at * channels);
    if (first < frames) {
      this.#ring.set(samples.subarray(start + first * channels, start + frames * channels), 0);
    }
  }
}

import type { Ms } from '../../src/machine.ts';
import { MAX_MISORDER } from '../../src/rtp/index.ts';
import { Concealer } from './concealer.ts';
import type { AudioFormat } from './format.ts';
import { Holes } from './holes.ts';
import { INTERPOLATOR_REACH, interpolate } from './interpolator.ts';
import type { PlayoutPolicy } from './playout-policy.ts';
import type { PlayoutFeed } from './playout-feed.ts';
import { PlayoutPace } from './playout-pace.ts';
import { SampleRing } from './sample-ring.ts';
import { changeableLength, lengthen, shorten, timeScaleReach } from './time-scale.ts';

export interface PlayoutOptions {
  readonly format: AudioFormat;
  readonly policy: PlayoutPolicy;
  /** Length of the blocks that are read; default 20 ms. */
  readonly blockMs?: Ms;
}

/** Audio older than this, or further ahead than the buffer holds, means that the sender's clock has jumped. */
const JUMP_SECONDS = 1;
/** Packets in a row that come too late before the playout moves. */
const LATE_RUN = 10;
/** After a pause this long the playout may be set anew without anybody hearing it. */
const PAUSE_MS = 300;
/** Between two changes of audio that is playing. */
const CHANGE_EVERY_MS = 60;

/**
 * The playout buffer of one source: a ring of samples with a place for every RTP timestamp. Order, duplicates and losses take
 * care of themselves, since every sample has its place; what is missing when its place is played is made up.
 *
 * When a packet is played is ruled by {@link PlayoutPace}. Moves are made unheard: between talk spurts, where nothing waits to be
 * played; where audio has run dry, by letting what is made up last longer; in silence; and in a voice by a period more or
 * less. A fixed delay and a link offset never move but after jumps of the sender's timestamps.
 *
 * While the sender's clock agrees with ours, samples pass bit for bit; see {@link PlayoutPace.step} for when it does not.
 */
export class PlayoutBuffer {
  readonly pace: PlayoutPace;
  /** For codecs whose packets are decoded when they are played. */
  feed: PlayoutFeed | undefined;
  readonly #policy: PlayoutPolicy;
  readonly #sampleRate: number;
  readonly #perMs: number;
  readonly #ring: SampleRing;
  readonly #holes = new Holes();
  readonly #concealer: Concealer;
  /** Frames behind what is played that are kept, to make up audio from. */
  readonly #history: number;
  /** Positions: the next to be played, with its fraction while the clocks differ, and the end of what has come. */
  #read = 0;
  #fraction = 0;
  #end = 0;
  /** Timestamps, counted without wraps, and what they are ahead of positions by. */
  #lastTimestamp = 0;
  #lastUnwrapped = 0;
  #shift = 0;
  #lastSequence = Number.NaN;
  #contiguous = false;
  #anchored = false;
  #idleFrames = 0;
  #lateRun = 0;
  /** How far behind the best of a run of late packets was. */
  #bestLate = Number.NEGATIVE_INFINITY;
  #sinceChange = 0;
  /** Made up since the last packet, in frames: whether it stood for anything is known when the next comes. */
  #made = 0;
  #concealedFrames = 0;

  /** Packets that came wholly after they should have been played, or found no room since playing stood still. */
  late = 0;
  /** Times the playout moved. */
  adjustments = 0;

  constructor({ format, policy, blockMs = 20 }: PlayoutOptions) {
    const { sampleRate, channels } = format;
    this.#policy = policy;
    this.#sampleRate = sampleRate;
    this.#perMs = sampleRate / 1000;
    this.pace = new PlayoutPace(policy, blockMs, sampleRate);
    this.#concealer = new Concealer(format);
    this.#history = Concealer.history(sampleRate);
    const longest = policy.mode === 'adaptive' ? policy.maxMs : policy.delayMs;
    const wanted = (Math.max(300, longest + 120) * sampleRate) / 1000;
    this.#ring = new SampleRing(wanted + this.#history, channels);
  }

  /** How long the fastest packets wait. */
  get delayMs(): Ms {
    return this.#anchored ? this.pace.delayMs : 0;
  }
  get targetMs(): Ms {
    return this.pace.targetMs;
  }
  get driftPpm(): number | undefined {
    return this.pace.driftPpm;
  }
  get concealedMs(): Ms {
    return this.#concealedFrames / this.#perMs;
  }
  /** Whether anything is waiting to be played. */
  get buffered(): boolean {
    return this.#anchored && (this.#end > this.#read || this.feed?.waiting === true);
  }
  /** Nothing has come for so long that there is silence. */
  get idle(): boolean {
    return this.#idleFrames > 0;
  }
  /** Where the audio that is there ends. */
  get end(): number {
    return this.#end;
  }
  /** The position of a timestamp that {@link place} has unwrapped. */
  positionOf(unwrapped: number): number {
    return unwrapped + this.#shift;
  }

  /**
   * Puts a packet in its place.
   *
   * @param timestamp of its first frame, in frames modulo 2^32
   * @param samples   interleaved, `frames` of them from the front
   * @param nextDue   when the next block will be read
   * @param sequence  extended: tells a pause from a loss; left out, every gap is a loss
   */
  write(
    timestamp: number,
    samples: Float32Array,
    frames: number,
    arrival: Ms,
    nextDue: Ms,
    sequence = Number.NaN,
  ): void {
    const unwrapped = this.place(timestamp, frames, arrival, nextDue, sequence);
    if (unwrapped !== undefined) this.store(unwrapped + this.#shift, samples, frames, this.#contiguous);
  }

  /**
   * Judges the time of a packet.
   *
   * @returns its timestamp without wraps, undefined when it comes too late or finds no room
   */
  place(
    timestamp: number,
    frames: number,
    arrival: Ms,
    nextDue: Ms,
    sequence = Number.NaN,
  ): number | undefined {
    let unwrapped = this.#lastUnwrapped + ((timestamp - this.#lastTimestamp) | 0);
    let ahead = unwrapped + this.#shift - this.#read;
    const wait = ahead + (nextDue - arrival) * this.#perMs;
    const before = this.#lastSequence;
    const anew = !this.#anchored || this.#hasJumped(ahead, frames, wait);
    if (anew) {
      if (this.#anchored) this.adjustments++;
      unwrapped = this.#lastUnwrapped; // positions go on, whatever the sender's timestamps do
      // after a run of late packets the fastest of them counts
      const slower = this.#lateRun >= LATE_RUN ? Math.max(0, this.#bestLate - ahead) : 0;
      this.#anchor(unwrapped, arrival - slower / this.#perMs, nextDue);
      ahead = unwrapped + this.#shift - this.#read;
    } else {
      const sooner = this.pace.note(unwrapped, this.#shift, this.#read + this.#fraction, arrival, nextDue);
      if (sooner > 0) {
        const by = Math.min(Math.round(sooner * this.#perMs), Math.max(0, ahead));
        this.#shift -= by;
        ahead -= by;
        this.pace.moved(-by / this.#perMs);
      }
    }
    this.#contiguous = sequence - before === 1;
    if (anew || !(sequence < before) || before - sequence > MAX_MISORDER) {
      this.#lastSequence = sequence;
      this.#lastTimestamp = timestamp;
      this.#lastUnwrapped = unwrapped;
    }
    const missed = ahead < 0 || !this.#contiguous;
    if (!anew) ahead += this.#move(ahead, frames);
    if (ahead <= -frames) {
      this.late++;
      this.#lateRun++;
      this.#bestLate = Math.max(this.#bestLate, ahead);
      this.#settle(true);
      return undefined;
    }
    if (ahead + frames > this.#ring.capacity - this.#history) {
      this.late++; // we stood still for longer than the ring holds: the times are right, only room is missing
      return undefined;
    }
    this.#settle(missed);
    this.#lateRun = 0;
    this.#bestLate = Number.NEGATIVE_INFINITY;
    return unwrapped;
  }

  /** Puts frames at their position; what lies before the playing position is left out. */
  store(position: number, samples: Float32Array, frames: number, contiguous: boolean): void {
    const skip = Math.max(0, this.#read - position);
    if (skip >= frames) return;
    const from = position + skip;
    const to = position + frames;
    if (from > this.#end) this.#gap(from, contiguous);
    else if (this.#holes.count > 0) this.#holes.fill(from, to);
    this.#ring.write(from, samples, skip, frames - skip);
    if (to > this.#end) this.#end = to;
    if (this.#concealer.end >= from) this.#concealer.blend(this.#ring, from, to - from);
    this.#idleFrames = 0;
  }

  /**
   * Puts what the codec made up behind the {@link end}.
   *
   * @param lost whether that is known; otherwise it is when the next packet comes
   */
  storeMadeUp(samples: Float32Array, frames: number, lost: boolean): void {
    this.#ring.write(this.#end, samples, 0, frames);
    this.#end += frames;
    if (lost) this.#concealedFrames += frames;
    else this.#made += frames;
  }

  /** A packet without audio came, such as one of an event: its number is not missed. */
  pass(sequence: number): void {
    if (sequence - this.#lastSequence === 1) this.#lastSequence = sequence;
  }

  /** What lies between the end and `to` is lost, or a pause. */
  #gap(to: number, pause: boolean): void {
    const from = this.#end;
    if (!pause && this.#idleFrames === 0 && this.#holes.append(from, to)) return;
    this.#ring.clear(from, to);
    if (this.#concealer.end === from) this.#concealer.blend(this.#ring, from, to - from);
  }

  /**
   * Puts the next `frames` at the front of `target`; what was lost of them is made up.
   *
   * @param add  to what is there already; otherwise it is overwritten
   * @param keep false to leave `target` alone (muted); time goes on all the same
   * @returns whether `target` was written; it is not when there is silence
   */
  mixInto(target: Float32Array, frames: number, add: boolean, keep: boolean): boolean {
    if (!this.#anchored) return false;
    const { step } = this.pace;
    const plain = step === 1 && this.#fraction === 0;
    const used = plain ? frames : frames * step + this.#fraction;
    const upTo = plain ? this.#read + frames : this.#read + Math.ceil(used) + INTERPOLATOR_REACH + 1;
    if (this.feed !== undefined) this.feed.decodeTo(upTo);
    if (this.#end < upTo || this.#holes.from < upTo) {
      if (this.#isSilent(upTo)) {
        this.#idle(frames);
        return false;
      }
      this.#complete(upTo);
    }
    if (plain) {
      if (keep) this.#ring.read(this.#read, target, frames, add);
      this.#read += frames;
    } else {
      if (keep) interpolate(this.#ring, this.#read + this.#fraction, step, target, frames, add);
      const whole = Math.floor(used);
      this.#read += whole;
      this.#fraction = used - whole;
    }
    this.#sinceChange += frames;
    if (this.pace.wantedMs !== 0 && this.#sinceChange > CHANGE_EVERY_MS * this.#perMs) this.#change();
    return keep;
  }

  /** Forgets everything; the next packet starts anew. */
  reset(): void {
    this.#anchored = false;
    this.#holes.clear();
    this.#concealer.forget();
    this.feed?.clear();
  }

  /** Whether nothing has come for so long that there is nothing to make up any more. */
  #isSilent(upTo: number): boolean {
    if (this.#end > this.#read) return false;
    if (this.#idleFrames > 0) return true;
    const { end } = this.#concealer;
    return end === this.#end && this.#concealer.silentAt(this.#end) && upTo > this.#end;
  }

  #idle(frames: number): void {
    if (this.#idleFrames < this.#ring.capacity) this.#ring.clear(this.#read, this.#read + frames);
    this.#idleFrames += frames;
    this.#read += frames;
    this.#fraction = 0;
    this.#end = this.#read;
    this.#concealer.forget();
  }

  /** Makes up what is missing before a position. */
  #complete(upTo: number): void {
    const holes = this.#holes;
    holes.trim(this.#read);
    while (holes.from < upTo) {
      const { from, to } = holes;
      const until = Math.min(to, upTo);
      this.#concealer.fill(this.#ring, from, until);
      this.#concealedFrames += until - from;
      holes.trim(until);
      if (until === to) this.#concealer.blend(this.#ring, to, Math.min(this.#end, holes.from) - to);
    }
    if (this.#end >= upTo) return;
    this.#concealer.fill(this.#ring, this.#end, upTo);
    // with later packets waiting it is lost; else that is known when the next packet comes
    if (this.feed?.waiting === true) this.#concealedFrames += upTo - this.#end;
    else this.#made += upTo - this.#end;
    this.#end = upTo;
  }

  /** What was made up while nothing came stood for something, or else only let a talk spurt fade away. */
  #settle(missing: boolean): void {
    if (missing) this.#concealedFrames += this.#made;
    this.#made = 0;
  }

  /**
   * Too far ahead is judged by how long the packet would wait: what was played last stays behind without anything being wrong
   * with the sender's clock when our process stands still.
   */
  #hasJumped(ahead: number, frames: number, wait: number): boolean {
    const room = this.#ring.capacity - this.#history;
    if (wait + frames > room || ahead < -JUMP_SECONDS * this.#sampleRate) return true;
    if (this.#policy.mode === 'link') return false;
    if (this.#lateRun >= LATE_RUN && ahead < 0) return true;
    if (this.#policy.mode !== 'fixed') return false;
    if (this.#idleFrames <= PAUSE_MS * this.#perMs) return false;
    const delay = this.#policy.delayMs * this.#perMs;
    return wait < delay / 3 || wait > 2 * delay + 40 * this.#perMs;
  }

  #anchor(unwrapped: number, arrival: Ms, nextDue: Ms): void {
    this.feed?.clear();
    const wait = Math.round((arrival - nextDue + this.pace.initialMs) * this.#perMs);
    const position = Math.max(this.#read, this.#read + wait);
    if (this.#anchored) {
      // what still waits is played as far as it goes before the new begins
      this.#holes.cut(position);
      this.#end = Math.min(this.#end, position);
    } else {
      this.#ring.clear(this.#read - this.#history, this.#read + this.#ring.capacity - this.#history);
      this.#end = this.#read;
      this.#idleFrames = 1;
      this.#fraction = 0;
    }
    this.#anchored = true;
    this.#lateRun = 0;
    this.#bestLate = Number.NEGATIVE_INFINITY;
    this.#shift = position - unwrapped;
    this.pace.anchor(unwrapped, this.#shift, this.#read, arrival, nextDue);
  }

  /** Moves what has just come where nobody notices: before a talk spurt, and where audio has run dry. @returns by how much */
  #move(ahead: number, frames: number): number {
    if (this.#policy.mode !== 'adaptive' || this.buffered) return 0;
    let by = 0;
    if (this.#idleFrames > 0)
      by = Math.max(Math.round(this.pace.wantedMs * this.#perMs), -Math.max(0, ahead));
    else if (ahead < 0) by = Math.min(-ahead, Math.floor(this.pace.roomMs * this.#perMs));
    if (by === 0 || ahead + by <= -frames) return 0;
    this.#shift += by;
    this.pace.moved(by / this.#perMs);
    this.adjustments++;
    return by;
  }

  /** Makes the audio that is played next a little longer or shorter, as is wanted and if nobody notices. */
  #change(): void {
    const wanted = this.pace.wantedMs * this.#perMs;
    const at = this.#read + (this.#fraction > 0 ? INTERPOLATOR_REACH : 0);
    const reach = timeScaleReach(this.#sampleRate);
    this.feed?.decodeTo(at + reach);
    const available = Math.min(this.#end - at, reach);
    if (this.#holes.from < at + available || this.#concealer.end > at) return;
    const length = changeableLength(this.#ring, at, available, this.#sampleRate, Math.abs(wanted) | 0);
    this.#sinceChange = 0;
    if (length === 0 || (wanted < 0 && length > -wanted)) return;
    if (wanted > 0) lengthen(this.#ring, at, length, this.#end);
    else shorten(this.#ring, at, length, this.#end);
    const by = wanted > 0 ? length : -length;
    this.#holes.shift(at, by);
    this.#end += by;
    this.#shift += by;
    this.pace.moved(by / this.#perMs);
    this.adjustments++;
  }
}

import { InvalidValueError } from '../../src/errors.ts';
import { type AudioFormat, amplitude } from '../audio/index.ts';
import { Shelf } from './shelf.ts';

/** What can be set about how something sounds (QUA-03). Changes are faded in within 20 ms: nothing clicks. */
export interface SoundControls {
  /** Made louder or softer by this, −100 to 40 dB; default 0. */
  gainDb: number;
  /**
   * Balance, −1 (left) to 1 (right); default 0. The far side gets softer, the near side stays. In a mono mix it makes the
   * mix stereo; a sink with one channel does not show it.
   */
  pan: number;
  /** Below about 200 Hz louder by this, −20 to 20 dB; default 0. */
  bassDb: number;
  /** Above about 3 kHz louder by this, −20 to 20 dB; default 0. */
  trebleDb: number;
}

/** A change of gain takes this long. */
const RAMP_MS = 20;
const BASS_HZ = 200;
const TREBLE_HZ = 3000;

/** Gain, balance and tone of one signal. */
export class Fader implements SoundControls {
  #gainDb = 0;
  #gain = 1;
  #pan = 0;
  #bassDb = 0;
  #trebleDb = 0;
  #open = true;
  readonly #onChange: () => void;
  /** What the last block ended with, left and right, and where it was going. */
  #left = 1;
  #right = 1;
  #aimLeft = 1;
  #aimRight = 1;
  /** Frames until it is there. */
  #rampLeft = 0;
  readonly #bass = new Shelf('low', BASS_HZ);
  readonly #treble = new Shelf('high', TREBLE_HZ);

  constructor(onChange: () => void = () => {}) {
    this.#onChange = onChange;
  }

  get gainDb(): number {
    return this.#gainDb;
  }
  set gainDb(db: number) {
    this.#gainDb = inRange('gain', db, -100, 40, ' dB');
    this.#gain = amplitude(db);
    this.#onChange();
  }
  get pan(): number {
    return this.#pan;
  }
  set pan(pan: number) {
    this.#pan = inRange('pan', pan, -1, 1, '');
    this.#onChange();
  }
  get bassDb(): number {
    return this.#bassDb;
  }
  set bassDb(db: number) {
    this.#bassDb = inRange('bass', db, -20, 20, ' dB');
    this.#onChange();
  }
  get trebleDb(): number {
    return this.#trebleDb;
  }
  set trebleDb(db: number) {
    this.#trebleDb = inRange('treble', db, -20, 20, ' dB');
    this.#onChange();
  }
  /** Closed is silence, whatever the gain. */
  get open(): boolean {
    return this.#open;
  }
  set open(open: boolean) {
    this.#open = open;
  }

  /** Nothing is to be heard in this block, and was at the end of the one before. */
  get shut(): boolean {
    return !this.#open && this.#left === 0 && this.#right === 0;
  }

  /** Shapes a block in place. Gains move in a straight line to where they should be. */
  process(block: Float32Array, { channels, sampleRate }: AudioFormat): void {
    this.#bass.process(block, channels, sampleRate, this.#bassDb);
    this.#treble.process(block, channels, sampleRate, this.#trebleDb);
    const gain = this.#open ? this.#gain : 0;
    const far = channels > 1 && this.#pan !== 0 ? gain * Math.cos((this.#pan * Math.PI) / 2) : gain;
    this.#aim(
      this.#pan > 0 ? far : gain,
      this.#pan < 0 ? far : gain,
      Math.ceil((sampleRate * RAMP_MS) / 1000),
    );
    if (this.#rampLeft === 0 && this.#left === 1 && this.#right === 1) return;
    for (let i = 0; i < block.length; ) {
      if (this.#rampLeft > 0) this.#step();
      for (let channel = 0; channel < channels; channel++, i++) {
        block[i] = (block[i] ?? 0) * (channel % 2 === 0 ? this.#left : this.#right);
      }
    }
  }

  #aim(left: number, right: number, frames: number): void {
    if (left === this.#aimLeft && right === this.#aimRight) return;
    this.#aimLeft = left;
    this.#aimRight = right;
    this.#rampLeft = frames;
  }
  #step(): void {
    this.#left += (this.#aimLeft - this.#left) / this.#rampLeft;
    this.#right += (this.#aimRight - this.#right) / this.#rampLeft;
    if (--this.#rampLeft > 0) return;
    this.#left = this.#aimLeft; // to the last bit
    this.#right = this.#aimRight;
  }
}

function inRange(what: string, value: number, low: number, high: number, unit: string): number {
  if (value >= low && value <= high) return value;
  const minus = (n: number): string => String(n).replace('-', '−');
  throw new InvalidValueError(`${what} ${value}${unit} is not from ${minus(low)} to ${high}`);
}

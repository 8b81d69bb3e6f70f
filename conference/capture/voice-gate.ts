import { InvalidValueError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import { dbfs } from '../audio/index.ts';

/**
 * What of a source is sent: `off` everything, also silence; `silence` all but digital silence; `adaptive` what stands
 * out of the noise of the room; a number from −80 to 0 what is louder than so many dBFS.
 */
export type VoiceDetection = 'off' | 'silence' | 'adaptive' | number;

/**
 * Quieter than this is digital silence: above the ±8/32768 that it becomes in A-law, below anything that a microphone
 * gives.
 */
const SILENCE_PEAK = 0.0005;
/** Digital silence that is still sent after the last sound. */
const SILENCE_HANGOVER_MS: Ms = 200;
/** Sound over the threshold for this long is voice; one packet does where it is as long. */
export const VOICE_ATTACK_MS: Ms = 20;
/** What is still sent after the last voice: longer than the pause before a plosive, shorter than one between sentences. */
export const VOICE_HANGOVER_MS: Ms = 300;
/** What is sent of the time before: soft consonants begin a word. */
export const PRE_ROLL_MS: Ms = 40;
/** Voice stands this much out of the noise, and less once it is there. */
const MARGIN_DB = 9;
const HYSTERESIS_DB = 3;
/** Bounds of the noise floor: what is louder than the upper one and the margin is always sent, a held note too. */
const LOWEST_FLOOR = -75;
const HIGHEST_FLOOR = -35;
const FIRST_FLOOR = -50;
/** The floor falls to what is quieter within this time, and rises so many dB per second, slower under a voice. */
const FALL_MS: Ms = 60;
const RISE = 6;
const RISE_UNDER_VOICE = 1.5;

/**
 * What is sent when nothing was said about it. Linear formats go as continuous streams, since their receivers (AES67,
 * ST 2110-30) take a pause for a failure; for the others a microphone is sent when somebody talks, and everything else
 * when it is not digital silence.
 *
 * @param encoding as in `a=rtpmap`: `L24`, `PCMU`
 * @param live     the source is a microphone
 */
export function usualDetection(encoding: string, live: boolean): VoiceDetection {
  if (/^(L\d+|AM824)$/i.test(encoding)) return 'off';
  return live ? 'adaptive' : 'silence';
}

/** Decides packet by packet what is sent. */
export class VoiceGate {
  readonly detection: VoiceDetection;
  /** Packets of the time before that are sent when it opens. */
  readonly preRoll: number;
  readonly #packetMs: Ms;
  readonly #fixed: number | undefined;
  #open = false;
  #loudMs = 0;
  #quietMs = 0;
  #floor = FIRST_FLOOR;

  /** @throws {InvalidValueError} for a threshold out of range */
  constructor(detection: VoiceDetection, packetMs: Ms) {
    requireDetection(detection);
    this.detection = detection;
    this.#packetMs = packetMs;
    this.#fixed = typeof detection === 'number' ? detection : undefined;
    const byLevel = detection === 'adaptive' || typeof detection === 'number';
    this.preRoll = byLevel ? Math.ceil(PRE_ROLL_MS / packetMs) : 0;
  }

  /** Level of the background, dBFS, from −75 to −35. */
  get noiseDbfs(): number {
    return this.#floor;
  }
  get open(): boolean {
    return this.#open;
  }

  /** Begins anew, with what is known of the noise. */
  close(): void {
    this.#open = false;
    this.#loudMs = 0;
    this.#quietMs = 0;
  }

  /**
   * @param meanSquare mean of the squared samples of one packet
   * @param peak       its greatest magnitude
   * @returns whether it is sent
   */
  decide(meanSquare: number, peak: number): boolean {
    if (this.detection === 'off') {
      this.#open = true;
    } else if (this.detection === 'silence') {
      this.#quietMs = peak < SILENCE_PEAK ? this.#quietMs + this.#packetMs : 0;
      this.#open = this.#quietMs <= SILENCE_HANGOVER_MS;
    } else this.#decideByLevel(dbfs(meanSquare));
    return this.#open;
  }

  #decideByLevel(level: number): void {
    const threshold = this.#fixed ?? this.#floor + MARGIN_DB;
    if (level > (this.#open ? threshold - HYSTERESIS_DB : threshold)) {
      this.#loudMs += this.#packetMs;
      this.#quietMs = 0;
      if (this.#loudMs >= VOICE_ATTACK_MS) this.#open = true;
    } else {
      this.#loudMs = 0;
      this.#quietMs += this.#packetMs;
      if (this.#quietMs > VOICE_HANGOVER_MS) this.#open = false;
    }
    this.#followNoise(level);
  }

  #followNoise(level: number): void {
    const floor = this.#floor;
    const heard = Math.min(HIGHEST_FLOOR, Math.max(LOWEST_FLOOR, level));
    if (heard < floor) this.#floor = floor + (heard - floor) * Math.min(1, this.#packetMs / FALL_MS);
    else {
      const rise = this.#open ? RISE_UNDER_VOICE : RISE;
      this.#floor = Math.min(heard, floor + (rise * this.#packetMs) / 1000);
    }
  }
}

/** @throws {InvalidValueError} for a threshold out of range */
export function requireDetection(detection: VoiceDetection): void {
  if (typeof detection === 'number' && !(detection >= -80 && detection <= 0)) {
    throw new InvalidValueError(`a voice threshold of ${detection} dBFS is not from −80 to 0`);
  }
}

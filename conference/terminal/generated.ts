import { InvalidValueError } from '../../src/errors.ts';
import { type AudioFormat, amplitude } from '../audio/index.ts';
import { BaseTerminal } from './base.ts';
import type { AudioSink, AudioSource } from './terminal.ts';

/** A sine of constant level, for ever (`tone:440`, `tone:440,-20`). */
export class ToneSource extends BaseTerminal implements AudioSource {
  readonly direction = 'capture';
  readonly live = false;
  readonly ended = false;
  readonly frequency: number;
  readonly #peak: number;
  #frame = 0;

  /**
   * @param frequency Hz, above 0 and below half the sample rate
   * @param levelDbfs power relative to full scale; a sine of full amplitude has −3.01
   * @throws {InvalidValueError} when out of range
   */
  constructor(frequency: number, levelDbfs: number, format: AudioFormat) {
    super(`tone:${frequency}`, 'tone', format);
    if (!(frequency > 0 && frequency < format.sampleRate / 2)) {
      throw new InvalidValueError(
        `a tone of ${frequency} Hz is not between 0 and half the sample rate, ${format.sampleRate / 2} Hz`,
      );
    }
    if (!(levelDbfs <= -3))
      throw new InvalidValueError(`a tone cannot be louder than −3 dBFS, not ${levelDbfs}`);
    this.frequency = frequency;
    this.#peak = Math.min(1, amplitude(levelDbfs) * Math.SQRT2);
  }

  read(target: Float32Array): number {
    const { channels, sampleRate } = this.format;
    const frames = target.length / channels;
    for (let frame = 0; frame < frames; frame++) {
      // the phase from whole turns, so that it stays exact for days
      const turns = ((this.#frame++ * this.frequency) / sampleRate) % 1;
      target.fill(this.#peak * Math.sin(2 * Math.PI * turns), frame * channels, (frame + 1) * channels);
    }
    return frames;
  }

  protected finish(): Promise<void> {
    return Promise.resolve();
  }
}

/** Nothing: the sender stays silent and sends nothing, but counts as present (`null`). */
export class SilenceSource extends BaseTerminal implements AudioSource {
  readonly direction = 'capture';
  readonly live = false;
  readonly ended = false;
  constructor(format: AudioFormat) {
    super('null', 'null', format);
  }
  read(target: Float32Array): number {
    target.fill(0);
    return target.length / this.format.channels;
  }
  protected finish(): Promise<void> {
    return Promise.resolve();
  }
}

/** Swallows what is heard; levels and counts are still kept (`null`). */
export class NullSink extends BaseTerminal implements AudioSink {
  readonly direction = 'render';
  readonly droppedFrames = 0;
  constructor(format: AudioFormat) {
    super('null', 'null', format);
  }
  write(_samples: Float32Array): void {}
  protected finish(): Promise<void> {
    return Promise.resolve();
  }
}

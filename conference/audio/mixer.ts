import { Converter } from './converter.ts';
import { type AudioFormat, sameFormat } from './format.ts';
import { Limiter } from './limiter.ts';

/** One format's share of the mix: all sources of that format are added up before anything is converted. */
export class MixBus {
  readonly format: AudioFormat;
  /** Frames in this block. */
  frames = 0;
  /** How many sources have added something to this block; the first one to do so overwrites {@link sum}. */
  contributors = 0;
  /** The block being summed, from the front. */
  readonly sum: Float32Array;

  constructor(format: AudioFormat, blockMs: number, sum?: Float32Array) {
    this.format = format;
    this.sum = sum ?? new Float32Array(samplesOf(format, blockMs));
  }
}

/** Room for the longest block. */
function samplesOf({ sampleRate, channels }: AudioFormat, blockMs: number): number {
  return (Math.ceil((sampleRate * blockMs) / 1000) + 1) * channels;
}

/**
 * Where mixes are summed, by length: one mix is finished and handed on before the next begins, so all mixers work in the
 * same memory, which stays in the cache where that of a thousand sessions would not.
 */
const workspaces = new Map<number, Float32Array>();

function workspace(length: number): Float32Array {
  let memory = workspaces.get(length);
  if (memory === undefined) {
    memory = new Float32Array(length);
    workspaces.set(length, memory);
  }
  return memory;
}

/** Brings the blocks of one bus to the format of the mix. */
class BusConverter {
  readonly #converter: Converter;
  readonly #channels: number;
  /** Converted audio that is ahead of the mix, in frames. */
  #waiting: Float32Array;
  #waitingFrames: number;
  /** By how much audio comes later in the mix, in frames of its own rate. */
  readonly delayFrames: number;

  constructor(from: AudioFormat, to: AudioFormat) {
    this.#converter = new Converter(from, to);
    this.#channels = to.channels;
    // blocks of both rates are rounded, each to a frame: so much ahead there are always enough
    const ratio = to.sampleRate / from.sampleRate;
    const lead = ratio === 1 ? 0 : Math.ceil(ratio) + 1;
    this.#waiting = new Float32Array((lead + 4) * to.channels);
    this.#waitingFrames = lead;
    this.delayFrames = this.#converter.latencyFrames + lead / ratio;
  }

  addTo(mix: Float32Array, mixFrames: number, block: Float32Array): void {
    const converted = this.#converter.process(block);
    const channels = this.#channels;
    const have = this.#waitingFrames * channels;
    if (this.#waiting.length < have + converted.length) {
      const grown = new Float32Array((have + converted.length) * 2);
      grown.set(this.#waiting.subarray(0, have));
      this.#waiting = grown;
    }
    this.#waiting.set(converted, have);
    this.#waitingFrames += converted.length / channels;
    const take = Math.min(mixFrames, this.#waitingFrames);
    for (let i = 0; i < take * channels; i++) mix[i] = (mix[i] ?? 0) + (this.#waiting[i] ?? 0);
    this.#waiting.copyWithin(0, take * channels, this.#waitingFrames * channels);
    this.#waitingFrames -= take;
  }
}

/**
 * Adds any number of sources into one output (CAL-09: every participant mixes for himself). Sources of one format
 * share a {@link MixBus}, so that a hundred of them cost one conversion; the bus that has the format of the mix is the
 * mix itself.
 */
export class Mixer {
  readonly format: AudioFormat;
  readonly blockMs: number;
  readonly #mix: MixBus;
  readonly #others: { readonly bus: MixBus; readonly converter: BusConverter }[] = [];
  /** The mix as a view of the length that most blocks have. */
  #view: Float32Array = new Float32Array(0);
  readonly #limiter: Limiter;
  /** Sources that have added something to the last block. */
  contributors = 0;

  constructor(format: AudioFormat, blockMs: number) {
    this.format = format;
    this.blockMs = blockMs;
    this.#limiter = new Limiter(format);
    this.#mix = new MixBus(format, blockMs, workspace(samplesOf(format, blockMs)));
  }

  /** The bus for a format; made when it is asked for the first time. */
  bus(format: AudioFormat): MixBus {
    if (sameFormat(format, this.format)) return this.#mix;
    const known = this.#others.find(({ bus }) => sameFormat(bus.format, format));
    if (known !== undefined) return known.bus;
    const bus = new MixBus(format, this.blockMs);
    this.#others.push({ bus, converter: new BusConverter(format, this.format) });
    return bus;
  }

  /** By how much audio of a format comes later in the mix than that which needs no conversion, in frames of its own rate. */
  delayFrames(format: AudioFormat): number {
    const bus = this.bus(format);
    return this.#others.find((it) => it.bus === bus)?.converter.delayFrames ?? 0;
  }

  /** Begins the block with this number; sources may add to the buses now. */
  begin(index: number): void {
    this.#begin(this.#mix, index);
    for (const { bus } of this.#others) this.#begin(bus, index);
  }

  #begin(bus: MixBus, index: number): void {
    bus.frames = framesOfBlock(index, bus.format.sampleRate, this.blockMs);
    bus.contributors = 0;
  }

  /** The finished block, interleaved, never beyond full scale; its memory is used again by the next block of any mixer. */
  finish(): Float32Array {
    const out = this.#finished(this.#mix);
    let { contributors } = this.#mix;
    for (const { bus, converter } of this.#others) {
      contributors += bus.contributors;
      const { channels } = bus.format;
      if (bus.contributors === 0) bus.sum.fill(0, 0, bus.frames * channels); // the filter still rings
      converter.addTo(out, this.#mix.frames, bus.sum.subarray(0, bus.frames * channels));
    }
    // one source alone passes bit for bit
    if (contributors > 1 || this.#others.length > 0 || this.#limiter.active) this.#limiter.process(out);
    this.contributors = contributors;
    return out;
  }

  #finished({ frames, contributors, sum, format }: MixBus): Float32Array {
    const length = frames * format.channels;
    if (this.#view.length !== length) this.#view = sum.subarray(0, length);
    if (contributors === 0) this.#view.fill(0);
    return this.#view;
  }
}

/** Frames of the block with this number: rates that do not divide evenly alternate, and never drift. */
export function framesOfBlock(index: number, sampleRate: number, blockMs: number): number {
  const exact = (blockMs * sampleRate) / 1000;
  if (Number.isInteger(exact)) return exact;
  return Math.floor((index + 1) * exact + 1e-6) - Math.floor(index * exact + 1e-6);
}

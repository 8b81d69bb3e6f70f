import { StateError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import { type Clock, type Tick, Ticker } from '../../src/net/index.ts';
import { type AudioFormat, Converter, VoiceActivity } from '../audio/index.ts';
import type { AudioEncoder } from '../codec/index.ts';
import { InvalidStreamError } from '../errors.ts';
import type { AudioSink, AudioSource } from '../terminal/index.ts';
import type { ConferenceEvent, Substream } from '../types/index.ts';
import { BaseStream } from './base-stream.ts';
import type { MediumPlan } from './medium-plan.ts';

/**
 * Quieter than this is silence and is not sent: above the ±8/32768 that digital silence becomes in A-law, below
 * anything that a microphone gives.
 */
const SILENCE_PEAK = 0.0005;
/** Silence that is still sent after the last sound. */
const HANGOVER_MS: Ms = 200;
/** After a stall packets of this time are made up for at once; older ones are given up. */
const CATCH_UP_MS: Ms = 200;

/** Sends what was encoded; the RTP timestamp moves on by `ticks` in any case. */
export interface PacketSender {
  send(payload: Uint8Array, ticks: number, marker: boolean): void;
  skip(ticks: number): void;
}

export interface CaptureStreamOptions {
  readonly plan: MediumPlan;
  readonly name: string;
  readonly clock: Clock;
  readonly sender: PacketSender;
  readonly emit: (event: ConferenceEvent) => void;
  /** Told each packet time while the stream is running, so that talking can be noticed. */
  readonly onVoice: (stream: CaptureStream) => void;
}

/**
 * What we send: pulled from the source packet by packet at absolute deadlines, so that the rate is exact however late
 * a timer is. After a stall up to 200 ms are sent at once (receivers' playout buffers even them out), what is older is
 * given up. Silence is not sent; RTP timestamps count it, and the first packet after it carries the marker
 * (RFC 3551 §4.1).
 */
export class CaptureStream extends BaseStream<AudioSource> {
  readonly direction = 'capture';
  readonly substreams: readonly Substream[] = [];
  readonly payloadFormat: string;
  readonly format: AudioFormat | undefined;
  /** Sends nothing, but goes on fetching from the source. */
  muted = false;
  readonly voice = new VoiceActivity();
  readonly #options: CaptureStreamOptions;
  readonly #encoder: AudioEncoder | undefined;
  readonly #ticker: Ticker;
  readonly #ticks: number;
  readonly #packetMs: Ms;
  /** One packet of audio, and what was converted beyond it. */
  readonly #packet: Float32Array;
  #input = new Float32Array(0);
  #converter: Converter | undefined;
  #spare = new Float32Array(0);
  #sending = false;
  #silentMs = 0;
  #stoppedAt: Ms | undefined;
  #ended = false;

  constructor(options: CaptureStreamOptions) {
    super(options.plan, options.name, options.emit);
    this.#options = options;
    const { preferred, ptimeMs, formats } = options.plan;
    this.payloadFormat = preferred?.label ?? formats[0]?.label ?? 'unknown';
    this.format = preferred?.codec.format;
    const { sampleRate, channels } = this.format ?? { sampleRate: 8000, channels: 1 };
    const clockRate = preferred?.clockRate ?? sampleRate;
    this.#ticks = Math.max(1, Math.round((ptimeMs * clockRate) / 1000)); // the clock may be slower than the samples
    const frames = (this.#ticks * sampleRate) / clockRate;
    this.#packet = new Float32Array(frames * channels);
    this.#packetMs = (frames * 1000) / sampleRate;
    this.#encoder = preferred?.codec.createEncoder();
    this.#ticker = new Ticker({
      clock: options.clock,
      intervalMs: this.#packetMs,
      catchUpMs: CATCH_UP_MS,
      onTick: (tick) => this.#onTick(tick),
    });
  }

  get levelDbfs(): number {
    return this.muted ? Number.NEGATIVE_INFINITY : this.voice.levelDbfs(this.#options.clock.now());
  }
  /** Milliseconds of audio in one packet. */
  get packetMs(): Ms {
    return this.#packetMs;
  }

  #onTick({ skipped }: Tick): void {
    const { sender, onVoice, clock } = this.#options;
    const [source] = this.terminals;
    if (source === undefined || this.#encoder === undefined) return;
    if (skipped > 0) {
      sender.skip(skipped * this.#ticks);
      this.#sending = false; // what comes now is not the continuation: a new talkspurt
    }
    const packet = this.#packet;
    const got = this.#fetch(source, packet);
    packet.fill(0, got);
    let peak = 0;
    let power = 0;
    for (let i = 0; i < packet.length; i++) {
      const sample = (packet[i] ?? 0) * this.gain;
      packet[i] = sample;
      power += sample * sample;
      if (sample > peak) peak = sample;
      else if (-sample > peak) peak = -sample;
    }
    if (!this.muted) this.voice.add(power / packet.length, this.#packetMs, clock.now());
    onVoice(this);
    this.#silentMs = peak < SILENCE_PEAK ? this.#silentMs + this.#packetMs : 0;
    if (this.muted || got === 0 || this.#silentMs > HANGOVER_MS) {
      sender.skip(this.#ticks);
      this.#sending = false;
    } else {
      sender.send(this.#encoder.encode(packet), this.#ticks, !this.#sending);
      this.#sending = true;
    }
    if (source.ended && got < packet.length) this.#sourceEnded(source);
  }

  #sourceEnded(source: AudioSource): void {
    if (this.#ended) return;
    this.#ended = true;
    this.emit({ type: 'sourceEnded', stream: this, terminal: source });
  }

  /** Fills `target` with converted audio as far as there is any. @returns samples */
  #fetch(source: AudioSource, target: Float32Array): number {
    const converter = this.#converter;
    if (converter === undefined) return source.read(target) * source.format.channels;
    let done = this.#takeSpare(target, 0);
    while (done < target.length) {
      const frames = source.read(this.#input);
      if (frames === 0) break;
      const made = converter.process(this.#input.subarray(0, frames * source.format.channels));
      const use = Math.min(made.length, target.length - done);
      target.set(made.subarray(0, use), done);
      done += use;
      if (use < made.length) this.#spare = made.slice(use);
    }
    return done;
  }

  #takeSpare(target: Float32Array, at: number): number {
    const use = Math.min(this.#spare.length, target.length - at);
    target.set(this.#spare.subarray(0, use), at);
    this.#spare = use < this.#spare.length ? this.#spare.subarray(use) : new Float32Array(0);
    return at + use;
  }

  get sound(): undefined {
    return undefined;
  }
  get playedMs(): Ms {
    return 0;
  }
  switchTerminal(): never {
    throw new InvalidStreamError(`${this.name} sends; terminals are switched on a stream that is heard`);
  }
  protected accepts(terminal: AudioSource | AudioSink): terminal is AudioSource {
    return terminal.direction === 'capture';
  }
  protected beforeAttach(): void {
    if (this.terminals.length > 0) throw new StateError(`${this.name} has a source already; detach it first`);
  }
  protected terminalsChanged(): void {
    const [source] = this.terminals;
    this.#ended = false;
    this.#spare = new Float32Array(0);
    this.#converter = undefined;
    if (source === undefined || this.format === undefined) return;
    const { sampleRate, channels } = source.format;
    if (sampleRate === this.format.sampleRate && channels === this.format.channels) return;
    this.#converter = new Converter(source.format, this.format);
    this.#input = new Float32Array(Math.ceil((this.#packetMs * sampleRate) / 1000) * channels);
  }
  protected connectionChanged(): void {}
  protected activated(): void {
    const now = this.#options.clock.now();
    // RTP time went on meanwhile (RFC 3550 §5.1)
    const clockRate = this.#options.plan.preferred?.clockRate ?? 8000;
    if (this.#stoppedAt !== undefined) {
      this.#options.sender.skip(Math.round(((now - this.#stoppedAt) * clockRate) / 1000));
    }
    this.#silentMs = 0;
    this.#sending = false;
    this.#ticker.start(now);
  }
  protected deactivated(): void {
    this.#ticker.stop();
    this.#stoppedAt = this.#options.clock.now();
    this.#sending = false;
  }
  protected flush(): void {
    this.#spare = new Float32Array(0);
  }
}

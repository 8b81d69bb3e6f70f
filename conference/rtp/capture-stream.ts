import { StateError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import { type Clock, type Tick, Ticker } from '../../src/net/index.ts';
import { formatComfortNoise, noiseLevel, type RtpExtension } from '../../src/rtp/index.ts';
import { type AudioFormat, amplitude, Converter, VoiceActivity } from '../audio/index.ts';
import {
  GainControl,
  LevelMeter,
  type LevelReading,
  PreRoll,
  requireDetection,
  usualDetection,
  type VoiceDetection,
  VoiceGate,
} from '../capture/index.ts';
import type { AudioEncoder, EncoderOptions } from '../codec/index.ts';
import { InvalidStreamError } from '../errors.ts';
import type { AudioSink, AudioSource } from '../terminal/index.ts';
import type { ConferenceEvent, Substream } from '../types/index.ts';
import { LevelExtension } from './audio-level.ts';
import { BaseStream } from './base-stream.ts';
import type { MediumPlan } from './medium-plan.ts';
import { formatNamed, packetShape, type UsableFormat } from './planned-formats.ts';

/** After a stall packets of this time are made up for at once; older ones are given up. */
const CATCH_UP_MS: Ms = 200;
/** Clipping is told at most this often. */
const CLIPPING_MS: Ms = 5000;

/** Background noise is described again when it has changed by so much, and now and then for those who came since. */
const NOISE_CHANGE_DB = 3;
const NOISE_AGAIN_MS: Ms = 2000;

export interface SendOptions {
  /** By default the one of the preferred format. */
  readonly payloadType?: number;
  /** When it should leave; without it, now. */
  readonly due?: Ms;
  readonly extension?: RtpExtension | undefined;
}

/** Sends what was encoded; the RTP timestamp moves on by `ticks` in any case. */
export interface PacketSender {
  send(payload: Uint8Array, ticks: number, marker: boolean, options?: SendOptions): void;
  skip(ticks: number): void;
  /** Of what is sent from now on without one of its own. */
  usePayloadType(payloadType: number): void;
}

export interface CaptureStreamOptions {
  readonly plan: MediumPlan;
  readonly name: string;
  readonly clock: Clock;
  readonly sender: PacketSender;
  readonly emit: (event: ConferenceEvent) => void;
  /** What of the source is sent; by default what {@link usualDetection} says. */
  readonly voiceDetection: VoiceDetection | undefined;
  /** Level that automatic gain control brings talkers to, dBFS; undefined for none. */
  readonly gainTarget: number | undefined;
  /** Wishes for the encoder. */
  readonly encoding: EncoderOptions | undefined;
  /** Push-to-talk. */
  readonly talk: { readonly open: boolean };
  /** Told each packet time while the stream is running, so that talking can be noticed. */
  readonly onVoice: (stream: CaptureStream) => void;
}

/**
 * What we send: pulled from the source packet by packet at absolute deadlines, so that the rate is exact however late
 * a timer is. After a stall up to 200 ms are sent at once (receivers' playout buffers even them out), what is older is
 * given up. Of what is not sent the RTP timestamps go on all the same, and the first packet after it carries the marker
 * (RFC 3551 §4.1). When a voice is noticed, the moments before it are sent too, with the timestamps that are theirs: a
 * talkspurt begins with several packets at once, and nothing is delayed for it.
 */
export class CaptureStream extends BaseStream<AudioSource> {
  readonly direction = 'capture';
  readonly substreams: readonly Substream[] = [];
  payloadFormat: string;
  format: AudioFormat | undefined;
  /** Sends nothing, but goes on fetching from the source. */
  muted = false;
  readonly voice = new VoiceActivity();
  readonly #options: CaptureStreamOptions;
  #encoder: AudioEncoder | undefined;
  #ticker: Ticker;
  #ticks: number;
  #packetMs: Ms;
  /** One packet of audio, and what was converted beyond it. */
  #packet: Float32Array;
  #input = new Float32Array(0);
  #converter: Converter | undefined;
  #spare = new Float32Array(0);
  /** What is sent. */
  #current: UsableFormat | undefined;
  #gate: VoiceGate;
  #meter: LevelMeter;
  #agc: GainControl | undefined;
  #preRoll: PreRoll;
  /** Undefined where the description has no levels in packets. */
  readonly #level: LevelExtension | undefined;
  #sending = false;
  /** When the packet of the present beat is due. */
  #due: Ms = 0;
  /** Payload type of comfort noise, where the description has it for our clock and the gate knows the noise. */
  #noiseType: number | undefined;
  /** Level that was told last, below 0, and when. */
  #noiseTold = 0;
  #noiseToldAt: Ms = 0;
  /** Overs told already, and when. */
  #oversTold = 0;
  #clippingTold: Ms = Number.NEGATIVE_INFINITY;
  #stoppedAt: Ms | undefined;
  #ended = false;

  constructor(options: CaptureStreamOptions) {
    super(options.plan, options.name, options.emit);
    this.#options = options;
    const { preferred, ptimeMs, formats, audioLevel } = options.plan;
    this.#level = audioLevel?.sent === true ? new LevelExtension(audioLevel) : undefined;
    this.payloadFormat = preferred?.label ?? formats[0]?.label ?? 'unknown';
    this.format = preferred?.codec.format;
    const { ticks, packetMs, samples, channels } = packetShape(preferred, ptimeMs);
    this.#current = preferred;
    this.#ticks = ticks;
    this.#packet = new Float32Array(samples);
    this.#packetMs = packetMs;
    const { voiceDetection, gainTarget } = options;
    if (voiceDetection !== undefined) requireDetection(voiceDetection);
    this.#meter = new LevelMeter(channels);
    this.#agc = gainTarget === undefined ? undefined : new GainControl(gainTarget, this.#packetMs);
    this.#gate = this.#newGate(false);
    this.#preRoll = new PreRoll(this.#gate.preRoll, this.#packet.length);
    this.#encoder = preferred?.codec.createEncoder(options.encoding);
    this.#ticker = this.#newTicker();
  }

  #newTicker(): Ticker {
    const { clock } = this.#options;
    const onTick = (tick: Tick): void => this.#onTick(tick);
    return new Ticker({ clock, intervalMs: this.#packetMs, catchUpMs: CATCH_UP_MS, onTick });
  }

  override useFormat(name: string): void {
    const { plan, gainTarget, encoding, sender, clock } = this.#options;
    const next = formatNamed(plan.formats, name);
    if (next === this.#current) return;
    if (next.clockRate !== this.#current?.clockRate) {
      throw new InvalidStreamError(
        `${next.label} has another clock rate than ${this.payloadFormat}, which a source keeps (RFC 7160 §3): join anew with it`,
      );
    }
    const goesOn = this.#ticker.running ? Math.max(clock.now(), this.#due + this.#packetMs) : undefined;
    this.#ticker.stop();
    this.#skip(0);
    this.#encoder?.dispose?.();
    const { ticks, packetMs, samples, channels } = packetShape(next, next.ptimeMs);
    this.#current = next;
    this.payloadFormat = next.label;
    this.format = next.codec.format;
    this.#ticks = ticks;
    this.#packet = new Float32Array(samples);
    this.#packetMs = packetMs;
    this.#meter = new LevelMeter(channels);
    this.#agc = gainTarget === undefined ? undefined : new GainControl(gainTarget, packetMs);
    this.#encoder = next.codec.createEncoder(encoding);
    this.#ticker = this.#newTicker();
    sender.usePayloadType(next.payloadType);
    this.terminalsChanged();
    if (goesOn !== undefined) this.#ticker.start(goesOn);
  }

  get levelDbfs(): number {
    return this.muted ? Number.NEGATIVE_INFINITY : this.voice.levelDbfs(this.#options.clock.now());
  }
  /** Milliseconds of audio in one packet. */
  get packetMs(): Ms {
    return this.#packetMs;
  }

  override get meter(): LevelReading {
    return this.#meter.read(this.#options.clock.now());
  }
  get voiceDetection(): VoiceDetection {
    return this.#gate.detection;
  }
  /** Gain that automatic gain control has come to, dB; 0 without. */
  get automaticGainDb(): number {
    return this.#agc?.gainDb ?? 0;
  }

  #newGate(live: boolean): VoiceGate {
    const { plan, voiceDetection } = this.#options;
    const encoding = this.#current?.encoding ?? '';
    const gate = new VoiceGate(voiceDetection ?? usualDetection(encoding, live), this.#packetMs);
    const noise = plan.formats.find(
      (it) => it.kind === 'comfortNoise' && it.clockRate === this.#current?.clockRate,
    );
    this.#noiseType = gate.preRoll > 0 ? noise?.payloadType : undefined;
    return gate;
  }

  #onTick({ skipped, due }: Tick): void {
    this.#due = due;
    const { onVoice, clock, talk } = this.#options;
    const [source] = this.terminals;
    if (source === undefined || this.#encoder === undefined) return;
    if (skipped > 0) {
      this.#skip(skipped); // what comes now is not the continuation: a new talkspurt
    }
    const packet = this.#packet;
    const got = this.#fetch(source, packet);
    packet.fill(0, got);
    const { gain } = this;
    let peak = 0;
    let power = 0;
    for (let i = 0; i < packet.length; i++) {
      const sample = (packet[i] ?? 0) * gain;
      packet[i] = sample;
      power += sample * sample;
      if (sample > peak) peak = sample;
      else if (-sample > peak) peak = -sample;
    }
    const meanSquare = power / packet.length;
    const now = clock.now();
    this.#meter.add(packet, meanSquare, peak, this.#packetMs, now, gain);
    if (this.#meter.overs !== this.#oversTold) this.#clipping(now);
    const voice = this.#gate.decide(meanSquare, peak);
    this.#agc?.apply(packet, meanSquare, peak, voice && peak > 0);
    const open = !this.muted && talk.open;
    if (open) this.voice.add(meanSquare, this.#packetMs, now);
    onVoice(this);
    // a stream without pauses goes on where the source is late, not where it has ended
    const there = got > 0 || (this.#gate.detection === 'off' && !source.ended);
    if (!open || !there) this.#skip(1);
    else if (voice) this.#send(packet);
    else this.#keep(packet);
    if (source.ended && got < packet.length) this.#sourceEnded(source);
  }

  #send(packet: Float32Array): void {
    for (let before = this.#preRoll.shift(); before !== undefined; before = this.#preRoll.shift()) {
      this.#encodeAndSend(before);
    }
    this.#encodeAndSend(packet);
  }

  #encodeAndSend(packet: Float32Array): void {
    if (this.#encoder === undefined) return;
    const payload = this.#encoder.encode(packet);
    const worthIt = payload.length > 0; // codecs know silence too
    if (worthIt) {
      const extension = this.#level?.of(packet, this.voice.talking);
      this.#options.sender.send(payload, this.#ticks, !this.#sending, { due: this.#due, extension });
    } else this.#options.sender.skip(this.#ticks);
    this.#sending = worthIt;
  }

  /** Not sent now, but if a voice begins; in its place, where the description has it, what kind of silence it is. */
  #keep(packet: Float32Array): void {
    const begins = this.#sending;
    this.#sending = false;
    if (begins && this.#noiseType !== undefined) return this.#sendNoise(this.#noiseType);
    if (this.#preRoll.push(packet) === 0) return;
    const now = this.#options.clock.now();
    const changed = Math.abs(this.#gate.noiseDbfs - this.#noiseTold) >= NOISE_CHANGE_DB;
    const due = this.#noiseTold < 0 && (changed || now - this.#noiseToldAt >= NOISE_AGAIN_MS);
    if (this.#noiseType !== undefined && due) this.#sendNoise(this.#noiseType);
    else this.#options.sender.skip(this.#ticks);
  }

  /** RFC 3389 §4: when silence begins, and when it has changed. */
  #sendNoise(payloadType: number): void {
    const { sender, clock } = this.#options;
    this.#noiseTold = this.#gate.noiseDbfs;
    this.#noiseToldAt = clock.now();
    const level = noiseLevel(amplitude(this.#noiseTold));
    sender.send(formatComfortNoise({ level, reflection: [] }), this.#ticks, false, {
      payloadType,
      due: this.#due,
    });
  }

  /** Never sent, nor what was kept before. */
  #skip(packets: number): void {
    this.#options.sender.skip((packets + this.#preRoll.clear()) * this.#ticks);
    this.#sending = false;
  }

  #clipping(now: Ms): void {
    if (now - this.#clippingTold < CLIPPING_MS) return;
    const { overs } = this.#meter;
    this.emit({ type: 'clipping', stream: this, overs: overs - this.#oversTold });
    this.#oversTold = overs;
    this.#clippingTold = now;
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

  protected thresholdChanged(dbfs: number | undefined): void {
    this.voice.threshold = dbfs;
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
    this.#options.sender.skip(this.#preRoll.clear() * this.#ticks);
    this.#gate = this.#newGate(source.live);
    this.#preRoll = new PreRoll(this.#gate.preRoll, this.#packet.length);
    const { sampleRate, channels } = source.format;
    if (sampleRate === this.format.sampleRate && channels === this.format.channels) return;
    this.#converter = new Converter(source.format, this.format);
    this.#input = new Float32Array(Math.ceil((this.#packetMs * sampleRate) / 1000) * channels);
  }
  /** Gives back the encoder's memory, once the conference is left. */
  dispose(): void {
    this.#encoder?.dispose?.();
  }
  protected connectionChanged(): void {}
  protected activated(): void {
    const now = this.#options.clock.now();
    // RTP time went on meanwhile (RFC 3550 §5.1)
    const clockRate = this.#options.plan.preferred?.clockRate ?? 8000;
    if (this.#stoppedAt !== undefined) {
      this.#options.sender.skip(Math.round(((now - this.#stoppedAt) * clockRate) / 1000));
    }
    this.#gate.close();
    this.#sending = false;
    this.#ticker.start(now);
  }
  protected deactivated(): void {
    this.#ticker.stop();
    this.#stoppedAt = this.#options.clock.now();
    this.#skip(0);
  }
  protected flush(): void {
    this.#spare = new Float32Array(0);
  }
}

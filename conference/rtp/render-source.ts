import { DecodeError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import { noiseSynthesis, parseComfortNoise, type ReceivedRtp } from '../../src/rtp/index.ts';
import {
  type AudioFormat,
  type MixBus,
  type Mixer,
  meanSquare,
  NoiseGenerator,
  PlayoutBuffer,
  type PlayoutPolicy,
  VoiceActivity,
} from '../audio/index.ts';
import type { AudioCodec, AudioDecoder } from '../codec/index.ts';
import type { ChannelStrip } from './channel-strip.ts';
import { PacketQueue } from './packet-queue.ts';
import type { PlannedFormat } from './planned-formats.ts';

/** Decoded audio on its way to a playout buffer; shared by all, since decoding is done in one go. */
let scratch = new Float32Array(4096);

/** What is heard from one SSRC: its decoder, playout buffer and level. */
export class RenderSource {
  /** Takes the source out of the common path; undefined for most. */
  strip: ChannelStrip | undefined;
  /** What came last, `PCMU/8000`. */
  payloadFormat: string | undefined;
  readonly voice = new VoiceActivity();
  #mixer: Mixer;
  readonly #policy: PlayoutPolicy;
  readonly #now: () => Ms;
  #codec: AudioCodec | undefined;
  #decoder: AudioDecoder | undefined;
  #playout: PlayoutBuffer | undefined;
  /** Of codecs that are decoded when they are played. */
  #queue: PacketQueue | undefined;
  #noise: NoiseGenerator | undefined;
  #bus: MixBus | undefined;
  /** Counts of playout buffers given up when the format changed. */
  #late = 0;
  #decoded = 0;
  #undecodable = 0;
  #adjustments = 0;
  #concealed = 0;

  constructor(mixer: Mixer, policy: PlayoutPolicy, now: () => Ms) {
    this.#mixer = mixer;
    this.#policy = policy;
    this.#now = now;
  }

  get levelDbfs(): number {
    return this.voice.levelDbfs(this.#now());
  }

  /** Whether anything waits to be played. */
  get buffered(): boolean {
    return this.#playout?.buffered ?? false;
  }
  get decoded(): number {
    return this.#decoded + (this.#queue?.decoded ?? 0);
  }
  /** Packets of a format without a codec, or that are not of their format. */
  get undecodable(): number {
    return this.#undecodable + (this.#queue?.undecodable ?? 0);
  }
  get late(): number {
    return this.#late + (this.#playout?.late ?? 0);
  }
  get adjustments(): number {
    return this.#adjustments + (this.#playout?.adjustments ?? 0);
  }

  /** See {@link SubstreamStats} for these four. */
  get delayMs(): Ms {
    return this.#playout?.delayMs ?? 0;
  }
  get targetMs(): Ms {
    return this.#playout?.targetMs ?? 0;
  }
  get concealedMs(): Ms {
    return this.#concealed + (this.#playout?.concealedMs ?? 0);
  }
  get driftPpm(): number | undefined {
    return this.#playout?.driftPpm;
  }

  /** @param play whether anybody listens; if not, only the level is kept */
  receive(packet: ReceivedRtp, format: PlannedFormat | undefined, nextDue: Ms, play: boolean): void {
    if (format === undefined || typeof format.codec === 'string') {
      this.#other(packet, format);
      return;
    }
    if (format.codec !== this.#codec) this.#use(format, format.codec);
    const { bytes, payloadStart, payloadEnd } = packet;
    const decoder = this.#decoder;
    const playout = this.#playout;
    if (decoder === undefined || playout === undefined) return;
    const { channels, sampleRate } = format.codec.format;
    const ratio = sampleRate / format.clockRate;
    let frames = decoder.frames(bytes, payloadStart, payloadEnd);
    if (frames > 0 && play && this.#queue !== undefined) {
      const timestamp = packet.timestamp * ratio;
      const sequence = packet.extendedSequence;
      const late = playout.late;
      const place = playout.place(timestamp, frames, packet.arrival, nextDue, sequence);
      if (place !== undefined && !this.#queue.push(place, frames, sequence, bytes, payloadStart, payloadEnd))
        playout.late++;
      if (playout.late !== late) packet.source.noteDiscarded(sequence);
      return;
    }
    const samples = frames * channels;
    if (samples > scratch.length) scratch = new Float32Array(samples);
    frames = decoder.decode(bytes, payloadStart, payloadEnd, scratch);
    if (frames === 0) {
      this.#undecodable++;
      return;
    }
    this.#decoded++;
    this.voice.add(meanSquare(scratch, samples), (frames * 1000) / sampleRate, packet.arrival);
    if (!play) return;
    const { timestamp, arrival, extendedSequence } = packet;
    const late = playout.late;
    playout.write(timestamp * ratio, scratch, frames, arrival, nextDue, extendedSequence);
    if (playout.late !== late) packet.source.noteDiscarded(extendedSequence);
  }

  /** What is not sound: background noise, events, or a format that nothing here decodes. */
  #other(packet: ReceivedRtp, format: PlannedFormat | undefined): void {
    if (format?.kind !== 'comfortNoise' && format?.kind !== 'telephoneEvent') {
      this.#undecodable++;
      this.payloadFormat = format?.label ?? `payload type ${packet.payloadType}`;
      return;
    }
    this.#playout?.pass(packet.extendedSequence);
    if (format.kind !== 'comfortNoise' || this.#codec === undefined) return;
    try {
      const noise = parseComfortNoise(packet.payload());
      this.#noise ??= new NoiseGenerator(this.#codec.format);
      this.#noise.model = noiseSynthesis(noise);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#undecodable++;
    }
  }

  /** Adds the current block to the mix. */
  mix(): void {
    if (this.#bus !== undefined) this.mixInto(this.#bus, true);
  }

  /** Of what is decoded now; undefined while nothing was. */
  get format(): AudioFormat | undefined {
    return this.#codec?.format;
  }
  /** As {@link mix}, into a bus of {@link format}. @param keep false to let the time pass only */
  mixInto(bus: MixBus, keep: boolean): void {
    if (this.#playout === undefined) return;
    if (this.#playout.mixInto(bus.sum, bus.frames, bus.contributors > 0, keep)) {
      bus.contributors++;
      this.#noise?.fadeIn();
    } else if (keep && this.#noise !== undefined && this.#playout.idle) {
      this.#noise.mixInto(bus.sum, bus.frames, bus.contributors > 0);
      bus.contributors++;
    }
  }
  /** The mix is made by this one from now on. */
  useMixer(mixer: Mixer): void {
    this.#mixer = mixer;
    if (this.#codec !== undefined) this.#bus = mixer.bus(this.#codec.format);
  }

  /** Gives back what the decoder holds; nothing is decoded afterwards. */
  dispose(): void {
    this.#decoder?.dispose?.();
  }

  /** Forgets what is buffered. */
  reset(): void {
    this.#playout?.reset();
    this.#noise = undefined;
  }

  #use(format: PlannedFormat, codec: AudioCodec): void {
    this.payloadFormat = format.label;
    this.#codec = codec;
    this.#decoder?.dispose?.();
    const decoder = codec.createDecoder();
    this.#decoder = decoder;
    this.#decoded = this.decoded;
    this.#undecodable = this.undecodable;
    this.#noise = undefined;
    this.#late = this.late;
    this.#adjustments = this.adjustments;
    this.#concealed = this.concealedMs;
    const playout = new PlayoutBuffer({
      format: codec.format,
      policy: this.#policy,
      blockMs: this.#mixer.blockMs,
    });
    this.#playout = playout;
    const { sampleRate, channels } = codec.format;
    this.#queue = codec.stateful
      ? new PacketQueue(playout, decoder, codec.format, (audio, frames) => {
          this.voice.add(meanSquare(audio, frames * channels), (frames * 1000) / sampleRate, this.#now());
        })
      : undefined;
    playout.feed = this.#queue;
    this.#bus = this.#mixer.bus(codec.format);
  }
}

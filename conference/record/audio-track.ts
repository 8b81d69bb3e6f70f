import type { Ms } from '../../src/machine.ts';
import { Converter, sameFormat } from '../audio/index.ts';
import type { AudioCodec, AudioDecoder } from '../codec/index.ts';
import type { PlannedFormat } from '../rtp/index.ts';
import type { WavSink } from '../terminal/index.ts';
import { noteGap, noteSource, type RecordedTrack } from './manifest.ts';
import type { MixTrack } from './mix-track.ts';
import type { RecordedPacket } from './packet-order.ts';
import { TrackClock } from './track-clock.ts';
import type { PacketFrom, TrackWriter } from './track-writer.ts';

export interface AudioTrackOptions {
  /** Tells the tracks of a mix apart, from 1. */
  readonly number: number;
  readonly start: Ms;
  readonly track: RecordedTrack;
  /** In the format of what comes first. */
  readonly sink: WavSink;
  readonly mix: MixTrack | undefined;
}

/** Decoded audio on its way to a file; shared by all tracks. */
let scratch = new Float32Array(8192);

/** What one participant says, decoded, each sample where the sender's timestamps put it. */
export class AudioTrack implements TrackWriter {
  readonly #options: AudioTrackOptions;
  #from: PacketFrom | undefined;
  #codec: AudioCodec | undefined;
  #decoder: AudioDecoder | undefined;
  #clock: TrackClock | undefined;
  #converter: Converter | undefined;
  #clockRate = 0;
  #moves = 0;

  constructor(options: AudioTrackOptions) {
    this.#options = options;
  }

  take(packet: RecordedPacket, lost: number, format: PlannedFormat | undefined, from: PacketFrom): void {
    const { track } = this.#options;
    track.packets++;
    if (format === undefined || typeof format.codec === 'string') {
      track.packetsLost += lost;
      return;
    }
    if (format.codec !== this.#codec || from !== this.#from) this.#use(format, format.codec, from);
    const decoder = this.#decoder;
    const clock = this.#clock;
    if (decoder === undefined || clock === undefined) return;
    const { payload } = packet;
    const { channels } = format.codec.format;
    const room = decoder.frames(payload, 0, payload.length) * channels;
    if (room > scratch.length) scratch = new Float32Array(room);
    const frames = decoder.decode(payload, 0, payload.length, scratch);
    const frame = clock.place(packet.timestamp, packet.arrival);
    if (frames > 0) this.#put(frame, frames, format.codec, lost);
  }

  #use(format: PlannedFormat, codec: AudioCodec, from: PacketFrom): void {
    const { start, sink, track } = this.#options;
    const { sampleRate } = codec.format;
    const goesOn =
      from === this.#from &&
      sampleRate === this.#codec?.format.sampleRate &&
      format.clockRate === this.#clockRate;
    this.#from = from;
    this.#codec = codec;
    this.#clockRate = format.clockRate;
    this.#decoder?.dispose?.();
    this.#decoder = codec.createDecoder();
    if (!goesOn || this.#clock === undefined) {
      this.#clock = new TrackClock(start, format.clockRate, sampleRate);
      this.#moves = 0;
    }
    this.#converter = sameFormat(codec.format, sink.format)
      ? undefined
      : new Converter(codec.format, sink.format);
    const { ssrc, address } = from;
    noteSource(track, {
      ssrc,
      payloadFormat: format.label,
      from: round(sink.frames / sink.format.sampleRate),
      address: address ?? null,
    });
  }

  /** @param frame where it belongs, in frames of the codec */
  #put(frame: number, frames: number, codec: AudioCodec, lost: number): void {
    const { sink, mix, number } = this.#options;
    const { channels, sampleRate } = codec.format;
    const samples = scratch.subarray(0, frames * channels);
    mix?.add(number, codec.format, frame, samples, frames);
    const converter = this.#converter;
    const delay = converter?.latencyFrames ?? 0;
    const place = Math.max(0, Math.round(((frame - delay) * sink.format.sampleRate) / sampleRate));
    const written = sink.frames;
    const moved = this.#clock !== undefined && this.#clock.moves !== this.#moves;
    this.#moves = this.#clock?.moves ?? 0;
    // A converter gives now a frame more, now one less: that is no gap.
    const slack = converter === undefined ? 0 : Math.ceil(sink.format.sampleRate / 200);
    const follows = Math.abs(place - written) <= slack && !moved;
    // what the filter still holds belongs before the gap
    if (converter !== undefined && !follows && place >= written + slack)
      sink.write(converter.process(new Float32Array(delay * channels)));
    const converted = converter?.process(samples) ?? samples;
    if (follows) return sink.write(converted);
    if (place >= written) {
      this.#gap(written, place - written, lost, moved);
      sink.skip(place - sink.frames);
      sink.write(converted);
    } else {
      // Timestamps went back, or the clocks were brought together: what has been written stays.
      const late = (written - place) * sink.format.channels;
      if (moved) this.#gap(written, 0, lost, true);
      if (late < converted.length) sink.write(converted.subarray(late));
    }
  }

  #gap(frame: number, frames: number, packets: number, moved: boolean): void {
    if (packets === 0 && !moved) return; // silence that was not sent
    const { track, sink } = this.#options;
    const { sampleRate } = sink.format;
    noteGap(track, {
      from: round(frame / sampleRate),
      seconds: round(frames / sampleRate),
      frame,
      frames,
      packets,
      reason: packets > 0 ? 'lost' : 'clock',
    });
  }

  get seconds(): number {
    const { sink } = this.#options;
    return sink.frames / sink.format.sampleRate;
  }
  flush(): void {}

  /** Silence to the end, so that all tracks are of one length. */
  async finish(seconds: number): Promise<void> {
    const { sink } = this.#options;
    sink.skip(Math.round(seconds * sink.format.sampleRate) - sink.frames);
    this.#decoder?.dispose?.();
    await sink.close();
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

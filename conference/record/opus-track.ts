import type { Ms } from '../../src/machine.ts';
import { formatOpusHead, formatOpusTags, OPUS_GRANULE_RATE, OggWriter } from '../../src/ogg/index.ts';
import { opusFrames } from '../codec/index.ts';
import type { PlannedFormat } from '../rtp/index.ts';
import type { AppendFile } from './append-file.ts';
import { noteGap, noteSource, type RecordedTrack } from './manifest.ts';
import type { RecordedPacket } from './packet-order.ts';
import { TrackClock } from './track-clock.ts';
import type { PacketFrom, TrackWriter } from './track-writer.ts';

export interface OpusTrackOptions {
  readonly start: Ms;
  readonly track: RecordedTrack;
  readonly file: AppendFile;
  readonly serial: number;
  readonly program: string;
  readonly title: string;
}

/** Silence before the first packet of a recording, for decoders to settle in: it is not played (RFC 7845 §4.2). */
const PRE_SKIP = 3840;
/** Packets without audio, which decoders make up for, of 20 and of 2.5 ms: CELT, mono (RFC 6716 §3.1, RFC 7845 §4.1). */
const FILL: readonly (readonly [frames: number, packet: Uint8Array])[] = [
  [960, Uint8Array.of(31 << 3)],
  [120, Uint8Array.of(28 << 3)],
];

/** What one participant says, as it was coded, in an Ogg file. Where nothing came there are packets that say so. */
export class OpusTrack implements TrackWriter {
  readonly #options: OpusTrackOptions;
  readonly #pages: OggWriter;
  #from: PacketFrom | undefined;
  #clock: TrackClock | undefined;
  /** Frames written, those before the start included. */
  #granule = 0;
  #begun = false;

  constructor(options: OpusTrackOptions) {
    this.#options = options;
    this.#pages = new OggWriter(options.serial);
  }

  take(packet: RecordedPacket, lost: number, format: PlannedFormat | undefined, from: PacketFrom): void {
    const { track, start } = this.#options;
    track.packets++;
    const frames =
      format?.encoding.toLowerCase() === 'opus' ? opusFrames(packet.payload, 0, packet.payload.length) : 0;
    if (format === undefined || frames === 0) {
      track.packetsLost += lost;
      return;
    }
    if (!this.#begun) this.#begin(((packet.payload[0] ?? 0) & 4) === 0 ? 1 : 2);
    if (from !== this.#from || this.#clock === undefined) {
      this.#from = from;
      this.#clock = new TrackClock(start, OPUS_GRANULE_RATE, OPUS_GRANULE_RATE);
      const { ssrc, address = null } = from;
      noteSource(track, { ssrc, payloadFormat: format.label, from: this.seconds, address });
    }
    const moves = this.#clock.moves;
    const place = PRE_SKIP + this.#clock.place(packet.timestamp, packet.arrival);
    const written = this.#granule;
    // Less than this is no gap: nothing can be put into it, and what is missing is made up for at the next.
    if (place - written >= 120) {
      this.#fill(place);
      const reason = this.#clock.moves > moves ? 'clock' : 'lost';
      if (lost > 0 || reason === 'clock') this.#gap(written, this.#granule - written, lost, reason);
    } else if (written - place >= frames) return; // its place has been taken
    this.#put(packet.payload, frames);
  }

  #begin(channels: number): void {
    this.#begun = true;
    const { track, program, title, file } = this.#options;
    track.channels = channels;
    track.sampleRate = OPUS_GRANULE_RATE;
    const head = formatOpusHead({ channels, preSkip: PRE_SKIP, inputRate: OPUS_GRANULE_RATE });
    // Each of the two has a page of its own (RFC 7845 §3).
    for (const packet of [head, formatOpusTags(program, [`TITLE=${title}`])]) {
      for (const page of this.#pages.add(packet, 0)) file.append(page);
      this.flush();
    }
    this.#fill(PRE_SKIP);
  }

  #fill(until: number): void {
    for (const [frames, packet] of FILL) while (until - this.#granule >= frames) this.#put(packet, frames);
  }

  #put(packet: Uint8Array, frames: number): void {
    this.#granule += frames;
    for (const page of this.#pages.add(packet, this.#granule)) this.#options.file.append(page);
  }

  #gap(from: number, frames: number, packets: number, reason: 'lost' | 'clock'): void {
    const frame = from - PRE_SKIP;
    noteGap(this.#options.track, {
      from: frame / OPUS_GRANULE_RATE,
      seconds: frames / OPUS_GRANULE_RATE,
      frame,
      frames,
      packets,
      reason,
    });
  }

  get seconds(): number {
    return Math.max(0, this.#granule - PRE_SKIP) / OPUS_GRANULE_RATE;
  }

  flush(): void {
    const page = this.#pages.flush();
    if (page !== undefined) this.#options.file.append(page);
    this.#options.file.flush();
  }

  async finish(seconds: number): Promise<void> {
    if (!this.#begun) this.#begin(1);
    this.#fill(PRE_SKIP + Math.round(seconds * OPUS_GRANULE_RATE));
    const last = this.#pages.flush(true);
    if (last !== undefined) this.#options.file.append(last);
    await this.#options.file.close();
  }
}

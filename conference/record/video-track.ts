import type { Ms } from '../../src/machine.ts';
import type { Depacketizer } from '../../src/video/index.ts';
import type { PlannedFormat } from '../rtp/index.ts';
import type { AppendFile } from './append-file.ts';
import { noteGap, noteSource, type RecordedTrack } from './manifest.ts';
import type { RecordedPacket } from './packet-order.ts';
import { TrackClock } from './track-clock.ts';
import type { PacketFrom, TrackWriter } from './track-writer.ts';

export interface VideoTrackOptions {
  readonly start: Ms;
  readonly track: RecordedTrack;
  readonly file: AppendFile;
  readonly payloadType: number;
  readonly depacketizer: Depacketizer;
}

/** Pictures of one participant, as they were coded. The file begins with the first of them; `recording.json` says when. */
export class VideoTrack implements TrackWriter {
  readonly #options: VideoTrackOptions;
  #from: PacketFrom | undefined;
  #clock: TrackClock | undefined;
  #rate = 90_000;
  #first = 0;
  #last = 0;

  constructor(options: VideoTrackOptions) {
    this.#options = options;
    if (options.depacketizer.header.length > 0) options.file.append(options.depacketizer.header);
  }

  take(packet: RecordedPacket, lost: number, format: PlannedFormat | undefined, from: PacketFrom): void {
    const { track, payloadType, depacketizer, file, start } = this.#options;
    track.packets++;
    if (format === undefined || packet.payloadType !== payloadType) {
      track.packetsLost += lost;
      return;
    }
    const begins = this.#clock === undefined;
    const changed = from !== this.#from;
    if (this.#clock === undefined || changed) {
      this.#from = from;
      this.#rate = format.clockRate;
      this.#clock = new TrackClock(start, format.clockRate, format.clockRate);
    }
    const before = this.#last;
    this.#last = this.#clock.place(packet.timestamp, packet.arrival);
    if (begins) this.#first = this.#last;
    if (changed) {
      const { ssrc, address = null } = from;
      noteSource(track, { ssrc, payloadFormat: format.label, from: this.#last / this.#rate, address });
    }
    if (lost > 0) {
      const frames = Math.max(0, this.#last - before);
      const seconds = frames / this.#rate;
      noteGap(track, {
        from: before / this.#rate,
        seconds,
        frame: before,
        frames,
        packets: lost,
        reason: 'lost',
      });
    }
    const ticks = this.#last - this.#first;
    for (const part of depacketizer.take(packet.payload, ticks, packet.marker, lost > 0)) file.append(part);
    track.pictures = depacketizer.frames ?? null;
  }

  /** From the first picture on. */
  get seconds(): number {
    return (this.#last - this.#first) / this.#rate;
  }
  flush(): void {
    this.#options.file.flush();
  }
  finish(): Promise<void> {
    return this.#options.file.close();
  }
}

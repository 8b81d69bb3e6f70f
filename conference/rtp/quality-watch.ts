import { InvalidValueError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import { Rate, receptionMatrix, ReceptionWatch } from '../quality/index.ts';
import type {
  CallQuality,
  ConferenceEvent,
  MediaStream,
  ReceptionMatrix,
  StreamQuality,
} from '../types/index.ts';
import type { Medium } from './medium.ts';
import type { ParticipantList } from './participants.ts';

/** Looks at the matrix. */
const RECEPTION_MS: Ms = 5000;
const INTERVALS = { least: 1000, most: 60_000, step: 1000, default: 1000 } as const;

/** Time in microseconds that the process has spent computing, and milliseconds gone by while it did. */
export interface Processor {
  readonly usedMicroseconds: () => number;
  readonly elapsedMs: () => number;
}

const PROCESS: Processor = {
  usedMicroseconds: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  elapsedMs: () => performance.now(),
};

export interface QualityWatchOptions {
  readonly media: readonly Medium[];
  /** Those that there are now. */
  readonly streams: () => readonly MediaStream[];
  readonly people: Pick<ParticipantList, 'matrixView'>;
  readonly local: { readonly displayName: string };
  readonly now: () => Ms;
  readonly emit: (event: ConferenceEvent) => void;
  readonly processor?: Processor;
}

/** Bit rates and processor load of a call and its streams (QUA-01, QUA-02), and news from the matrix. */
export class QualityWatch implements CallQuality {
  readonly intervalRange = INTERVALS;
  readonly #options: QualityWatchOptions;
  readonly #processor: Processor;
  readonly #watch = new ReceptionWatch();
  readonly #input = new Rate();
  readonly #output = new Rate();
  readonly #all = new Rate();
  readonly #cpu = new Rate(1e-4); // microseconds in a second to percent
  readonly #streams = new WeakMap<MediaStream, StreamMeter>();
  #intervalMs: number = INTERVALS.default;
  #last: Ms | undefined;
  #lastElapsed: number;
  #nextReception: Ms | undefined;

  constructor(options: QualityWatchOptions) {
    this.#options = options;
    this.#processor = options.processor ?? PROCESS;
    this.#lastElapsed = this.#processor.elapsedMs();
    this.#cpu.take(this.#processor.usedMicroseconds(), 0);
  }

  get intervalMs(): number {
    return this.#intervalMs;
  }
  set intervalMs(ms: number) {
    const { least, most, step } = INTERVALS;
    if (!(ms >= least && ms <= most && ms % step === 0)) {
      throw new InvalidValueError(`interval ${ms} ms is not whole seconds from ${least} to ${most} ms`);
    }
    this.#intervalMs = ms;
  }
  get inputBitsPerSecond(): CallQuality['inputBitsPerSecond'] {
    return this.#input.figures;
  }
  get outputBitsPerSecond(): CallQuality['outputBitsPerSecond'] {
    return this.#output.figures;
  }
  get conferenceBitsPerSecond(): CallQuality['conferenceBitsPerSecond'] {
    return this.#all.figures;
  }
  get cpuPercent(): CallQuality['cpuPercent'] {
    return this.#cpu.figures;
  }
  get streams(): readonly StreamQuality[] {
    return this.#options.streams().map((stream) => this.#meterOf(stream).quality(stream));
  }

  /** Who hears whom how well. */
  get reception(): readonly ReceptionMatrix[] {
    const { media, people, local, now } = this.#options;
    return media.map((medium) =>
      receptionMatrix({
        medium,
        now: now(),
        ownName: local.displayName,
        listening: medium.render !== undefined,
        ...people.matrixView(medium),
      }),
    );
  }

  /** As often as one likes; it looks when its time has come. */
  upkeep(now: Ms): void {
    if (this.#last === undefined || now - this.#last >= this.#intervalMs) this.#measure(now);
    this.#nextReception ??= now + RECEPTION_MS;
    if (now < this.#nextReception) return;
    this.#nextReception = now + RECEPTION_MS;
    for (const news of this.#watch.look(this.reception, now)) {
      this.#options.emit({ type: 'reception', ...news });
    }
  }

  #measure(now: Ms): void {
    const elapsed = this.#last === undefined ? 0 : now - this.#last;
    this.#last = now;
    let [received, sent] = [0, 0];
    for (const medium of this.#options.media) {
      received += medium.receivedBits;
      sent += sentBits(medium);
    }
    this.#input.take(received, elapsed);
    this.#output.take(sent, elapsed);
    this.#all.take(received + sent, elapsed);
    for (const stream of this.#options.streams()) {
      const medium = this.#options.media.find(({ index }) => index === stream.medium);
      if (medium !== undefined) this.#meterOf(stream).measure(stream, medium, elapsed);
    }
    const real = this.#processor.elapsedMs();
    if (real - this.#lastElapsed < INTERVALS.least / 2) return; // simulated time: it would say nothing
    this.#cpu.take(this.#processor.usedMicroseconds(), real - this.#lastElapsed);
    this.#lastElapsed = real;
  }

  #meterOf(stream: MediaStream): StreamMeter {
    let meter = this.#streams.get(stream);
    if (meter === undefined) {
      meter = new StreamMeter();
      this.#streams.set(stream, meter);
    }
    return meter;
  }
}

/** RTP, UDP and IP headers included. */
function sentBits({ session, plan }: Medium): number {
  const { own, stats } = session;
  const header = plan.group.includes(':') ? 48 : 28;
  const rtp = own.octetsSent + own.packetsSent * (12 + header);
  return (rtp + stats.rtcpOctetsSent + stats.rtcpSent * header) * 8;
}

/** What passes through one stream. */
class StreamMeter {
  readonly #bits = new Rate(8);
  readonly #packets = new Rate();
  #sources = 0;
  #least: number | undefined;

  measure({ direction }: MediaStream, { session }: Medium, elapsedMs: number): void {
    let [octets, packets, sources] = [0, 0, 0];
    if (direction === 'capture') {
      octets = session.own.octetsSent;
      packets = session.own.packetsSent;
      sources = 1;
    } else {
      for (const source of session.sources.values()) {
        octets += source.octetsReceived;
        packets += source.packetsReceived;
        if (source.isSender) sources++;
      }
    }
    this.#bits.take(octets, elapsedMs);
    this.#packets.take(packets, elapsedMs);
    this.#sources = sources;
    const interval = this.#interval;
    if (interval !== undefined && !(interval >= (this.#least ?? Infinity))) this.#least = interval;
  }

  get #interval(): number | undefined {
    const { current } = this.#packets.figures;
    return current === 0 ? undefined : (1000 * this.#sources) / current;
  }

  quality(stream: MediaStream): StreamQuality {
    const packetIntervalMs = { average: this.#interval, least: this.#least };
    return { stream, bitsPerSecond: this.#bits.figures, packetIntervalMs };
  }
}

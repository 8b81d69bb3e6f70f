import { EncodeError, StateError } from '../errors.ts';
import { timestampAdd, timestampDelta } from './sequence.ts';
import { formatTelephoneEvents, MAX_EVENT_DURATION } from './telephone-event.ts';

/** What the RTP packet of an event needs besides sequence number, payload type and SSRC. */
export interface EventPacket {
  readonly marker: boolean;
  /** When the event, or this segment of it, began. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** RFC 4733 §2.5.1.4: the last report is sent three times in all. */
const LAST_REPORTS = 3;

interface Repeat {
  readonly packet: EventPacket;
  left: number;
}

/**
 * Reports one event after another (RFC 4733 §2.5.1). Time is the RTP clock: the caller presses, calls {@link report} once in
 * every packet interval, and sends what it gets, until {@link busy} is false again.
 *
 * Events longer than 65535 ticks go on in segments without a marker; the last report of each segment, and of the event, is
 * sent three times in all, one in each interval.
 */
export class TelephoneEventSender {
  #event = 0;
  #volume = 0;
  /** Start of the segment under way; undefined when no key is down. */
  #segment: number | undefined;
  #marker = false;
  #repeats: Repeat[] = [];

  /** Whether there is something left to report. */
  get busy(): boolean {
    return this.#segment !== undefined || this.#repeats.length > 0;
  }

  /**
   * Begins an event at RTP time `timestamp`. The first packet comes with the next {@link report}, when it has lasted.
   *
   * @param volume dBm0 with its sign dropped, 0 to 63; RFC 4733 §3.2 wants digits between 0 and 36
   * @throws {StateError} while another event lasts
   * @throws {EncodeError} for an event that is not 0 to 255 or a volume that is not 0 to 63
   */
  press(event: number, timestamp: number, volume = 10): void {
    if (this.#segment !== undefined)
      throw new StateError(`event ${this.#event} still lasts: release it first`);
    formatTelephoneEvents([{ event, volume, end: false, duration: 0 }]);
    this.#repeats = []; // the timestamp of the next event tells that the one before it is over
    this.#event = event;
    this.#volume = volume;
    this.#segment = timestamp >>> 0;
    this.#marker = true;
  }

  /** The packets for an interval that ends at RTP time `timestamp`, in the order in which to send them. */
  report(timestamp: number): EventPacket[] {
    const packets = this.#repetitions();
    const duration = this.#passSegments(timestamp, packets);
    if (duration > 0) packets.push(this.#packet({ duration, end: false }));
    return packets;
  }

  /**
   * Ends the event at RTP time `timestamp`. The packets tell it for the first time; the repetitions come with {@link report}.
   *
   * @throws {StateError} when no event lasts
   */
  release(timestamp: number): EventPacket[] {
    if (this.#segment === undefined) throw new StateError('no event lasts: press first');
    const packets = this.#repetitions();
    const duration = Math.max(1, this.#passSegments(timestamp, packets)); // 0 would mean forever
    const last = this.#packet({ duration, end: true });
    packets.push(last);
    this.#repeatLater(last);
    this.#segment = undefined;
    return packets;
  }

  /** Ends the segments that are full at `timestamp`, and gives what the one under way has lasted. */
  #passSegments(timestamp: number, packets: EventPacket[]): number {
    if (this.#segment === undefined) return 0;
    let duration = timestampDelta(this.#segment, timestamp);
    while (duration > MAX_EVENT_DURATION) {
      const full = this.#packet({ duration: MAX_EVENT_DURATION, end: false });
      packets.push(full);
      this.#repeatLater(full);
      this.#segment = timestampAdd(this.#segment, MAX_EVENT_DURATION);
      duration -= MAX_EVENT_DURATION;
    }
    return duration;
  }

  #packet({ duration, end }: { duration: number; end: boolean }): EventPacket {
    const marker = this.#marker;
    this.#marker = false; // of the first packet only, not of later segments
    const payload = formatTelephoneEvents([{ event: this.#event, volume: this.#volume, end, duration }]);
    return { marker, timestamp: this.#segment ?? 0, payload };
  }

  #repeatLater({ timestamp, payload }: EventPacket): void {
    this.#repeats.push({ packet: { marker: false, timestamp, payload }, left: LAST_REPORTS - 1 });
  }

  #repetitions(): EventPacket[] {
    const packets = this.#repeats.map(({ packet }) => packet);
    for (const repeat of this.#repeats) repeat.left--;
    this.#repeats = this.#repeats.filter(({ left }) => left > 0);
    return packets;
  }
}

/** A whole event whose duration is known beforehand, for {@link telephoneEventPackets}. */
export interface TimedEvent {
  readonly event: number;
  /** RTP time of its beginning. */
  readonly timestamp: number;
  /** Ticks of the RTP clock, at least 1. */
  readonly duration: number;
  /** Ticks between two packets: 50 ms are usual (RFC 4733 §2.5.1.2); 400 at 8000 Hz. */
  readonly interval: number;
  /** dBm0 with its sign dropped, 0 to 63; 10 when left out. */
  readonly volume?: number;
}

/**
 * All packets of an event, each with the ticks after its beginning at which to send it: the first with the marker, updates,
 * the end three times.
 *
 * @throws {EncodeError} when a field is out of range, or interval or duration are not whole numbers above 0
 */
export function telephoneEventPackets(wanted: TimedEvent): (EventPacket & { readonly at: number })[] {
  const { event, timestamp, duration, interval, volume } = wanted;
  for (const [field, value] of Object.entries({ duration, interval })) {
    if (!Number.isInteger(value) || value < 1 || value > 0x7fff_ffff) {
      throw new EncodeError('telephone-event', field, `${value} is not a whole number of ticks above 0`);
    }
  }
  const sender = new TelephoneEventSender();
  sender.press(event, timestamp, volume);
  const series: (EventPacket & { at: number })[] = [];
  const add = (at: number, packets: readonly EventPacket[]): void => {
    for (const packet of packets) series.push({ ...packet, at });
  };
  let at = interval;
  for (; at < duration; at += interval) add(at, sender.report(timestampAdd(timestamp, at)));
  add(duration, sender.release(timestampAdd(timestamp, duration)));
  for (at = duration + interval; sender.busy; at += interval) {
    add(at, sender.report(timestampAdd(timestamp, at)));
  }
  return series;
}

import type { Ms } from '../machine.ts';
import { sequenceDelta, timestampAdd, timestampDelta } from './sequence.ts';
import {
  digitOfEvent,
  MAX_EVENT_DURATION,
  parseTelephoneEvents,
  type TelephoneEvent,
} from './telephone-event.ts';

/** What became of a key, or of another event. */
export interface KeyPress {
  readonly type: 'pressed' | 'released';
  readonly event: number;
  /** `0` to `9`, `*`, `#`, `A` to `D`, or undefined for other events. */
  readonly digit: string | undefined;
  /** RTP time at which it began, as far as that was heard. */
  readonly timestamp: number;
  /** Ticks of the RTP clock that it has lasted, all segments together. */
  readonly duration: number;
  /** dBm0 with its sign dropped. */
  readonly volume: number;
  /** The packet that says so was lost: for `pressed` the one with the marker, for `released` all with the E bit. */
  readonly inferred: boolean;
}

/** The fields of an RTP packet that matter here; a `ReceivedRtp` or an `RtpPacket` will do. */
export interface EventCarrier {
  readonly marker: boolean;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** An event under way, or the last one of its kind, which its repetitions are known by. */
interface Track {
  readonly event: number;
  readonly timestamp: number;
  segment: number;
  segmentDuration: number;
  volume: number;
  sequenceNumber: number;
  /** `silent`: reported as released because nothing came any more; `over`: because the sender said so. */
  state: 'down' | 'silent' | 'over';
  /** When silence counts as release; undefined for states, which hold until they are changed. */
  silentAt: Ms | undefined;
  lastHeard: Ms;
}

/** Packets of an event come every 50 ms as a rule; three of them may be lost, and jitter may hold up the next. */
const SILENCE_MS = 300;
/** Repetitions of the end come within 200 ms; after this a sender that restarts its clock is believed. */
const FORGET_MS = 5000;
const LAST_DIGIT = 15;

/**
 * Makes key presses of the telephone-event packets of one source (one SSRC), RFC 4733 §2.5.2. Packets may be lost, doubled
 * and out of order. Only one digit can be down at a time; events that are no digits stand each for themselves.
 *
 * It holds at most one event for each code. Take what happened with {@link pollEvent}.
 */
export class TelephoneEventReceiver {
  readonly #tracks = new Map<number, Track>();
  readonly #events: KeyPress[] = [];
  readonly #silenceMs: number;
  /** Reports that were left out: late ones, and digits that claim to last forever (RFC 4733 §2.3.5). */
  ignored = 0;

  /** @param silenceMs after so long without a packet a key counts as released; default 300 */
  constructor(silenceMs: Ms = SILENCE_MS) {
    this.#silenceMs = silenceMs;
  }

  /** @throws {DecodeError} when the payload is no series of event blocks */
  handlePacket({ marker, sequenceNumber, timestamp, payload }: EventCarrier, now: Ms): void {
    this.handleTimeout(now);
    let start = timestamp;
    for (const [place, report] of parseTelephoneEvents(payload).entries()) {
      // Events after the first in a packet begin where the one before ends: nothing of them can have been missed.
      this.#take(report, { start, sequenceNumber, begins: marker || place > 0 }, now);
      start = timestampAdd(start, report.duration);
    }
  }

  /** Releases keys that nothing was heard of for too long, and forgets what ended long ago. */
  handleTimeout(now: Ms): void {
    for (const [kind, track] of this.#tracks) {
      if (track.state === 'down') {
        if (track.silentAt !== undefined && now >= track.silentAt) this.#release(track, true);
      } else if (now >= track.lastHeard + FORGET_MS) {
        this.#tracks.delete(kind);
      }
    }
  }

  /** When to call {@link handleTimeout} next, or undefined for never. */
  pollTimeout(): Ms | undefined {
    const due = [...this.#tracks.values()].flatMap(({ state, silentAt, lastHeard }) =>
      state === 'down' ? (silentAt ?? []) : [lastHeard + FORGET_MS],
    );
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** The next thing that happened, or undefined. */
  pollEvent(): KeyPress | undefined {
    return this.#events.shift();
  }

  #take(
    report: TelephoneEvent,
    at: { start: number; sequenceNumber: number; begins: boolean },
    now: Ms,
  ): void {
    const kind = report.event <= LAST_DIGIT ? 0 : report.event;
    if (kind === 0 && report.duration === 0) {
      this.ignored++;
      return;
    }
    const known = this.#tracks.get(kind);
    if (known === undefined) return this.#press(kind, report, at, now);
    const ahead = timestampDelta(known.segment, at.start);
    const same = known.event === report.event;
    if (ahead < 0) {
      this.ignored++; // an earlier event or segment, said again or late
    } else if (same && (ahead === 0 || (!at.begins && known.state !== 'over' && continues(known, ahead)))) {
      this.#update(known, report, at, now);
    } else if (ahead > 0 || sequenceDelta(known.sequenceNumber, at.sequenceNumber) > 0) {
      if (known.state === 'down') this.#release(known, true);
      this.#press(kind, report, at, now);
    } else {
      this.ignored++;
    }
  }

  #press(
    kind: number,
    { event, end, volume, duration }: TelephoneEvent,
    { start, sequenceNumber, begins }: { start: number; sequenceNumber: number; begins: boolean },
    now: Ms,
  ): void {
    const track: Track = {
      event,
      timestamp: start,
      segment: start,
      segmentDuration: duration,
      volume,
      sequenceNumber,
      state: 'down',
      silentAt: duration === 0 ? undefined : now + this.#silenceMs,
      lastHeard: now,
    };
    this.#tracks.set(kind, track);
    this.#tell('pressed', track, !begins);
    if (end) this.#release(track, false);
  }

  #update(
    track: Track,
    { end, volume, duration }: TelephoneEvent,
    { start, sequenceNumber }: { start: number; sequenceNumber: number },
    now: Ms,
  ): void {
    track.lastHeard = now;
    if (sequenceDelta(track.sequenceNumber, sequenceNumber) > 0) track.sequenceNumber = sequenceNumber;
    if (track.state === 'over') return; // the end once more, or an update that came after it
    if (track.segment !== start) track.segmentDuration = 0;
    track.segment = start;
    track.segmentDuration = end ? duration : Math.max(track.segmentDuration, duration);
    track.volume = volume;
    track.silentAt = duration === 0 ? undefined : now + this.#silenceMs;
    if (end && track.state === 'down') this.#release(track, false);
    else if (end) track.state = 'over';
  }

  #release(track: Track, inferred: boolean): void {
    track.state = inferred ? 'silent' : 'over';
    this.#tell('released', track, inferred);
  }

  #tell(type: KeyPress['type'], track: Track, inferred: boolean): void {
    const { event, timestamp, segment, segmentDuration, volume } = track;
    const duration = timestampDelta(timestamp, segment) + segmentDuration;
    this.#events.push({ type, event, digit: digitOfEvent(event), timestamp, duration, volume, inferred });
  }
}

/**
 * Whether a packet without marker, `ahead` ticks after the segment known, belongs to the same event: it follows without a
 * gap, or after segments of full length that were lost (RFC 4733 §2.5.1.3). Some senders move the timestamp of one event
 * along; then it begins within what was reported.
 */
function continues(track: Track, ahead: number): boolean {
  return ahead <= track.segmentDuration || ahead % MAX_EVENT_DURATION === 0;
}

import { DecodeError, EncodeError } from '../errors.ts';
import { WireReader, WireWriter } from '../wire/index.ts';

/** One event as a packet reports it (RFC 4733 §2.3). */
export interface TelephoneEvent {
  /** 0 to 255; 0 to 15 are the DTMF digits. */
  readonly event: number;
  /** The E bit: the event is over, and `duration` is final. */
  readonly end: boolean;
  /** dBm0 with its sign dropped, 0 (loudest) to 63. Means something for tones only. */
  readonly volume: number;
  /** Ticks of the RTP clock since the timestamp, 1 to 65535; 0 is "until told otherwise", for states only. */
  readonly duration: number;
}

/** A tone described by its frequencies (RFC 4733 §4). */
export interface TelephoneTone {
  /** Hz, 0 to 511 in steps of 1, or to 170⅓ in thirds; 0 is no modulation. */
  readonly modulation: number;
  /** dBm0 with its sign dropped, 0 to 63. */
  readonly volume: number;
  /** Ticks of the RTP clock, 0 to 65535. */
  readonly duration: number;
  /** Hz, each 0 to 4095, sounded together. */
  readonly frequencies: readonly number[];
}

/** The highest duration that one packet can tell; longer events go on in a new segment (RFC 4733 §2.5.1.3). */
export const MAX_EVENT_DURATION = 0xffff;
/** What a peer is taken to understand when its `a=fmtp` says nothing: the DTMF digits (RFC 4733 §2.4.1). */
export const DTMF_EVENTS: readonly number[] = Array.from({ length: 16 }, (_, event) => event);

const DIGITS = '0123456789*#ABCD';
const WHAT = 'telephone-event';

/** The character on the key, or undefined for events that are no DTMF digit (RFC 4733 §3.2, Table 3). */
export function digitOfEvent(event: number): string | undefined {
  return DIGITS[event];
}

/** The event of a key, `0` to `9`, `*`, `#`, `A` to `D` in either case, or undefined (RFC 4733 §3.2, Table 3). */
export function eventOfDigit(digit: string): number | undefined {
  const event = digit.length === 1 ? DIGITS.indexOf(digit.toUpperCase()) : -1;
  return event < 0 ? undefined : event;
}

/**
 * Reads the events of a payload: one, or several that follow each other without a pause, each beginning where the one
 * before it ends (RFC 4733 §2.5.1.5).
 *
 * @throws {DecodeError} when the payload is empty or not made of blocks of 4 bytes
 */
export function parseTelephoneEvents(payload: Uint8Array): TelephoneEvent[] {
  if (payload.length === 0 || payload.length % 4 !== 0) {
    throw new DecodeError(WHAT, `${payload.length} bytes are no blocks of 4`, { rule: 'RFC 4733 §2.3' });
  }
  const r = new WireReader(WHAT, payload);
  const events: TelephoneEvent[] = [];
  while (r.remaining > 0) {
    const event = r.u8();
    const flags = r.u8(); // the R bit, 0x40, is ignored on receipt (RFC 4733 §2.3.3)
    events.push({ event, end: (flags & 0x80) !== 0, volume: flags & 0x3f, duration: r.u16() });
  }
  return events;
}

/** @throws {EncodeError} when there is no event or a field is out of range */
export function formatTelephoneEvents(events: readonly TelephoneEvent[]): Uint8Array {
  if (events.length === 0) throw new EncodeError(WHAT, 'events', 'are none: a packet carries at least one');
  const w = new WireWriter(events.length * 4);
  for (const { event, end, volume, duration } of events) {
    w.u8(checked('event', event, 255))
      .u8((end ? 0x80 : 0) | checked('volume', volume, 63))
      .u16(checked('duration', duration, MAX_EVENT_DURATION));
  }
  return w.finish();
}

/**
 * Reads a payload of `audio/tone` (RFC 4733 §4).
 *
 * @throws {DecodeError} when it is shorter than 4 bytes or ends within a frequency
 */
export function parseTelephoneTone(payload: Uint8Array): TelephoneTone {
  const r = new WireReader('tone', payload);
  const head = r.u16(); // modulation (9), T (1), volume (6)
  const duration = r.u16();
  const frequencies: number[] = [];
  while (r.remaining > 0) frequencies.push(r.u16() & 0x0fff); // four bits are reserved
  return {
    modulation: (head & 0x40) === 0 ? head >>> 7 : (head >>> 7) / 3,
    volume: head & 0x3f,
    duration,
    frequencies,
  };
}

/** Fractions of modulation are written as thirds. @throws {EncodeError} when a field is out of range */
export function formatTelephoneTone({
  modulation,
  volume,
  duration,
  frequencies,
}: TelephoneTone): Uint8Array {
  const whole = Number.isInteger(modulation);
  const steps = checked('modulation', whole ? modulation : Math.round(modulation * 3), 511);
  const w = new WireWriter(4 + 2 * frequencies.length)
    .u16((steps << 7) | (whole ? 0 : 0x40) | checked('volume', volume, 63))
    .u16(checked('duration', duration, MAX_EVENT_DURATION));
  for (const frequency of frequencies) w.u16(checked('frequency', frequency, 0x0fff));
  return w.finish();
}

/**
 * The events that an `a=fmtp` of telephone-event names, such as `0-15,66,70`: ascending, each once. Spaces around the commas
 * and the parameter's name (`events=`) are taken, too.
 *
 * @throws {DecodeError} when the list is empty, an event is not 0 to 255, or a range runs backwards
 * @see RFC 4733 §2.4.1
 */
export function parseEventList(text: string): number[] {
  const events = new Set<number>();
  for (const part of text.replace(/^\s*events\s*=/i, '').split(',')) {
    const [, first, last] = /^\s*(\d{1,3})(?:-(\d{1,3}))?\s*$/.exec(part) ?? [];
    const from = Number(first);
    const to = Number(last ?? first);
    if (first === undefined || from > to || to > 255) {
      const problem = `${JSON.stringify(part.trim())} is no event or range of events from 0 to 255`;
      throw new DecodeError(WHAT, problem, { rule: 'RFC 4733 §2.4.1' });
    }
    for (let event = from; event <= to; event++) events.add(event);
  }
  return [...events].sort((a, b) => a - b);
}

/** The shortest list for `a=fmtp`, with runs as ranges. @throws {EncodeError} when an event is not 0 to 255, or there is none */
export function formatEventList(events: Iterable<number>): string {
  const sorted = [...new Set(events)].sort((a, b) => a - b);
  if (sorted.length === 0) throw new EncodeError(WHAT, 'events', 'are none: leave the parameter out');
  const runs: [from: number, to: number][] = [];
  for (const event of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] + 1 === checked('event', event, 255)) run[1] = event;
    else runs.push([checked('event', event, 255), event]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

function checked(field: string, value: number, highest: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= highest) return value;
  throw new EncodeError(WHAT, field, `${value} is not a whole number from 0 to ${highest}`);
}

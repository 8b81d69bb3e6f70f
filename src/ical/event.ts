import { contentLine, escapeText, type Parameters } from './content-line.ts';
import { formatLocal, formatUtc } from './date-time.ts';
import { formatRecurrence, type Recurrence } from './recurrence.ts';
import type { CalendarZone } from './time-zone.ts';

/** Somebody with an e-mail address. */
export interface CalendarPerson {
  readonly email: string;
  readonly name?: string | undefined;
}

/** A way into a conference (RFC 7986 §5.11). */
export interface ConferenceAccess {
  readonly uri: string;
  /** `AUDIO`, `VIDEO`, … (RFC 7986 §6.3). */
  readonly features: readonly string[];
  readonly label?: string | undefined;
}

/** A `VEVENT` (RFC 5545 §3.6.1). Times are milliseconds since 1970. */
export interface CalendarEvent {
  /** The same for every version of the event. */
  readonly uid: string;
  /** When this text was made. */
  readonly stampMs: number;
  readonly lastModifiedMs?: number | undefined;
  /** Raised with every change; 0 to 2 147 483 647. */
  readonly sequence: number;
  readonly startMs: number;
  /** Undefined for an event that says nothing of its end. */
  readonly endMs: number | undefined;
  readonly recurrence?: Recurrence;
  /** Clocks that the series goes by, when they are not those of UTC: start and end are what they show then. */
  readonly zone?: CalendarZone;
  readonly summary: string;
  readonly description?: string | undefined;
  readonly url?: string | undefined;
  readonly conferences?: readonly ConferenceAccess[];
  readonly organizer?: CalendarPerson | undefined;
  readonly attendees?: readonly CalendarPerson[];
}

/** @throws {EncodeError} when an address or a link has control characters */
export function formatEvent(event: CalendarEvent): string {
  const { zone, endMs, recurrence, lastModifiedMs, description, url, organizer } = event;
  const when = (name: string, ms: number): string =>
    zone === undefined
      ? contentLine(name, formatUtc(ms))
      : contentLine(name, formatLocal(ms), { TZID: zone.id });
  return [
    contentLine('BEGIN', 'VEVENT'),
    contentLine('UID', escapeText(event.uid)),
    contentLine('DTSTAMP', formatUtc(event.stampMs)),
    ...(lastModifiedMs === undefined ? [] : [contentLine('LAST-MODIFIED', formatUtc(lastModifiedMs))]),
    contentLine('SEQUENCE', String(event.sequence)),
    when('DTSTART', event.startMs),
    ...(endMs === undefined ? [] : [when('DTEND', endMs)]),
    ...(recurrence === undefined ? [] : [contentLine('RRULE', formatRecurrence(recurrence))]),
    contentLine('SUMMARY', escapeText(event.summary)),
    ...(description === undefined ? [] : [contentLine('DESCRIPTION', escapeText(description))]),
    ...(url === undefined ? [] : [contentLine('URL', url)]),
    ...(event.conferences ?? []).map(formatAccess),
    ...(organizer === undefined ? [] : [formatPerson('ORGANIZER', organizer)]),
    ...(event.attendees ?? []).map((person) =>
      formatPerson('ATTENDEE', person, { PARTSTAT: 'NEEDS-ACTION', RSVP: 'TRUE' }),
    ),
    contentLine('END', 'VEVENT'),
  ].join('');
}

function formatAccess({ uri, features, label }: ConferenceAccess): string {
  return contentLine('CONFERENCE', uri, { VALUE: 'URI', FEATURE: features, LABEL: label });
}

function formatPerson(property: string, { email, name }: CalendarPerson, more: Parameters = {}): string {
  return contentLine(property, `mailto:${email}`, { CN: name, ...more });
}

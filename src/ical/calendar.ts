import { contentLine, escapeText } from './content-line.ts';
import { type CalendarEvent, formatEvent } from './event.ts';
import { formatZone } from './time-zone.ts';

/** An iCalendar object (RFC 5545 §3.4). */
export interface Calendar {
  /** The program that makes it, as in `-//Example//Program 1.0//EN`. */
  readonly productId: string;
  /** What the calendar as a whole is called (RFC 7986 §5.1). */
  readonly name?: string;
  /** What a mail with it asks for (RFC 5546): `REQUEST` invites. Undefined where it only tells. */
  readonly method?: 'REQUEST' | 'PUBLISH';
  readonly events: readonly CalendarEvent[];
}

/**
 * A calendar as text: UTF-8, lines ending in CR LF, none longer than 75 octets. RFC 5545 wants at least one event in
 * it; readers take it without.
 *
 * @throws {EncodeError} when a value cannot stand in a calendar
 */
export function serializeCalendar({ productId, name, method, events }: Calendar): string {
  const zones = new Map(events.flatMap(({ zone }) => (zone === undefined ? [] : [[zone.id, zone] as const])));
  return [
    contentLine('BEGIN', 'VCALENDAR'),
    contentLine('VERSION', '2.0'),
    contentLine('PRODID', escapeText(productId)),
    ...(method === undefined ? [] : [contentLine('METHOD', method)]),
    ...(name === undefined ? [] : [contentLine('NAME', escapeText(name))]),
    ...Array.from(zones.values(), formatZone),
    ...events.map(formatEvent),
    contentLine('END', 'VCALENDAR'),
  ].join('');
}

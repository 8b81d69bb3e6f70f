/** Calendars for other programs to read (RFC 5545, RFC 7986): written, never read. */
export { type Calendar, serializeCalendar } from './calendar.ts';
export { contentLine, escapeText } from './content-line.ts';
export { formatLocal, formatOffset, formatUtc, type Weekday, weekdayOf } from './date-time.ts';
export type { CalendarEvent, CalendarPerson, ConferenceAccess } from './event.ts';
export { formatRecurrence, type Recurrence } from './recurrence.ts';
export { type CalendarZone, type ClockChange, formatZone } from './time-zone.ts';

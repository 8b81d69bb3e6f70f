import { calendarEvents, type Conference, type Directory } from '../directory/index.ts';
import { type CalendarEvent, type CalendarPerson, serializeCalendar } from '../src/ical/index.ts';
import { instructionsFor, waysIn } from './invitation.ts';
import { packageVersion } from './version.ts';

/** A conference and the directory that it is in. */
export interface CalendarItem {
  readonly conference: Conference;
  readonly directory: Directory;
}

/** Events for conferences; none for one that is always open or has no session description. */
export function eventsOf(
  { conference, directory }: CalendarItem,
  now: Date,
  attendees: readonly CalendarPerson[] = [],
): CalendarEvent[] {
  const instructions = instructionsFor(conference, directory);
  const { link } = waysIn(conference, directory);
  return calendarEvents(conference, { now, instructions, link, attendees });
}

/** A calendar of these events as text. */
export function calendarOf(events: readonly CalendarEvent[], method?: 'REQUEST'): string {
  return serializeCalendar({
    productId: `-//Rendezvous//Rendezvous ${packageVersion()}//EN`,
    events,
    ...(method === undefined ? {} : { method }),
  });
}

import {
  type CalendarEvent,
  type CalendarPerson,
  type CalendarZone,
  type Recurrence,
  type Weekday,
  weekdayOf,
} from '../src/ical/index.ts';
import {
  ntpSecondsToUnixMs,
  type RepeatTime,
  type ScheduleEntry,
  type ZoneAdjustment,
} from '../src/sdp/index.ts';
import type { Conference } from './conference.ts';

const DAY = 86_400;
const WEEK = 7 * DAY;
/** SEQUENCE is a number of 31 bits (RFC 5545 §3.3.8). */
const MAX_SEQUENCE = 0x7fff_ffffn;
/** Versions from here to there are taken for times: 1990 to 2100, in seconds since 1900. */
const [FIRST_VERSION_TIME, LAST_VERSION_TIME] = [2_840_140_800, 6_311_433_600];

/** What a calendar says of a conference that its description does not. */
export interface CalendarContext {
  readonly now: Date;
  /** How to take part, for people; stands behind the description. */
  readonly instructions?: string | undefined;
  /** Where programs find the conference, such as the LDAP URL of its entry. */
  readonly link?: string | undefined;
  readonly attendees?: readonly CalendarPerson[];
}

/**
 * A conference as events of a calendar: one for each of its times that has a beginning, with its repeats. None for a
 * conference that is always open.
 */
export function calendarEvents(conference: Conference, context: CalendarContext): CalendarEvent[] {
  const { sdp } = conference;
  if (sdp === undefined) return [];
  const shared = sharedParts(conference, context);
  return sdp.times
    .entries()
    .flatMap(eventTimes)
    .map((time, i) => ({
      ...shared,
      ...time,
      uid: i === 0 ? shared.uid : `${i + 1}-${shared.uid}`,
    }));
}

type EventTimes = Pick<CalendarEvent, 'startMs' | 'endMs' | 'recurrence' | 'zone'>;

/** One for a `t=` alone, else one or more for each `r=` below it. */
function eventTimes({ start, stop, repeats, zones }: ScheduleEntry): EventTimes[] {
  if (start === 0) return [];
  if (repeats.length === 0) {
    return [{ startMs: ntpSecondsToUnixMs(start), endMs: stop === 0 ? undefined : ntpSecondsToUnixMs(stop) }];
  }
  const zone = zoneOf(start, zones);
  return repeats.flatMap((repeat) =>
    runsOf(start, repeat).map(({ first, weekdays, weekStart }) => {
      const recurrence: Recurrence = {
        intervalSeconds: repeat.intervalSeconds,
        ...(weekdays === undefined ? {} : { weekdays }),
        ...(weekStart === undefined ? {} : { weekStart }),
        ...(stop === 0 ? {} : { untilMs: ntpSecondsToUnixMs(stop - 1) }),
      };
      const startMs = ntpSecondsToUnixMs(first);
      const endMs = startMs + repeat.durationSeconds * 1000;
      return { startMs, endMs, recurrence, ...(zone === undefined ? {} : { zone }) };
    }),
  );
}

interface Run {
  readonly first: number;
  readonly weekdays?: readonly Weekday[];
  readonly weekStart?: Weekday;
}

/** Days of the week where the offsets are such; else a series for each offset. */
function runsOf(start: number, { intervalSeconds, offsetsSeconds }: RepeatTime): Run[] {
  const offsets = offsetsSeconds.toSorted((a, b) => a - b);
  const [least = 0] = offsets;
  const first = start + least;
  const inOneWeek = offsets.every((offset) => (offset - least) % DAY === 0 && offset - least < WEEK);
  if (offsets.length < 2 || !inOneWeek || intervalSeconds % WEEK !== 0) {
    return offsets.map((offset) => ({ first: start + offset }));
  }
  const dayAt = (offset: number): Weekday => weekdayOf(ntpSecondsToUnixMs(start + offset));
  const weekdays = offsets.map(dayAt);
  return [intervalSeconds === WEEK ? { first, weekdays } : { first, weekdays, weekStart: dayAt(least) }];
}

/**
 * Clocks that show the original schedule: an adjustment of an hour less is an hour of summer time. A time of day that is
 * skipped counts by the clocks before the change, and the first of two that are the same (RFC 5545 §3.3.5): so where
 * clocks go forward, the change stands before the hour that goes.
 */
function zoneOf(start: number, zones: readonly ZoneAdjustment[]): CalendarZone | undefined {
  if (zones.length === 0) return undefined;
  let before = 0;
  const changes = zones
    .toSorted((a, b) => a.time - b.time)
    .flatMap(({ time, offsetSeconds }) => {
      const change = {
        shownMs: ntpSecondsToUnixMs(time + Math.min(0, offsetSeconds - before)),
        offsetSeconds: 0 - offsetSeconds,
      };
      const isNone = offsetSeconds === before;
      before = offsetSeconds;
      return isNone ? [] : [change];
    });
  const pairs = zones.map(({ time, offsetSeconds }) => `${time}/${offsetSeconds}`);
  return { id: `Series-${start}-${pairs.length}-${checksum(pairs.join())}`, changes };
}

/** Tells zones of one calendar apart: the same adjustments are the same zone. */
function checksum(text: string): string {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) >>> 0;
  return sum.toString(36);
}

function sharedParts(conference: Conference, context: CalendarContext) {
  const { sdp, name, description, url } = conference;
  const { now, instructions, link, attendees = [] } = context;
  const version = Number(sdp?.sessionVersion);
  const isTime = version >= FIRST_VERSION_TIME && version < LAST_VERSION_TIME;
  const [email] = sdp?.emails ?? [];
  const features = new Set((sdp?.media.toArray() ?? []).map(({ kind }) => kind.toUpperCase()));
  const known = ['AUDIO', 'VIDEO'].filter((feature) => features.has(feature));
  return {
    uid: uidOf(conference),
    stampMs: now.getTime(),
    lastModifiedMs: isTime ? ntpSecondsToUnixMs(version) : undefined,
    sequence: sequenceOf(sdp?.sessionId, sdp?.sessionVersion),
    summary: name,
    description: [description, instructions].filter((text) => text !== undefined).join('\n\n') || undefined,
    url: url ?? link,
    conferences: link === undefined ? [] : [{ uri: link, features: known, label: name }],
    organizer: email === undefined ? undefined : { email: email.address, name: email.name },
    attendees,
  };
}

/** Names the session whatever its version (RFC 8866 §5.2); a description without `o=` has only its name. */
function uidOf({ sdp, name }: Conference): string {
  const origin = sdp?.origin;
  if (origin === undefined) return `${encodeURIComponent(name)}@rendezvous.invalid`;
  const { username, sessionId, address } = origin;
  return `${sessionId}-${username}@${address}`;
}

/** How far the version has come since the session was made; both are usually seconds since 1900. */
function sequenceOf(sessionId: string | undefined, version: string | undefined): number {
  if (version === undefined || !/^\d{1,30}$/.test(version)) return 0;
  const raised = BigInt(version) - BigInt(/^\d{1,30}$/.test(sessionId ?? '') ? (sessionId ?? 0) : 0);
  const sequence = raised >= 0n && raised <= MAX_SEQUENCE ? raised : BigInt(version) % (MAX_SEQUENCE + 1n);
  return Number(sequence);
}

import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { calendarEvents, type Conference, createConference, setRepeat } from '../../directory/index.ts';
import { serializeCalendar } from '../../src/ical/index.ts';

/** Every occurrence in 2026 and 2027 as python3-icalendar and python3-recurring-ical-events find it. */
const PYTHON = `
import json, sys
from datetime import datetime, timezone
from icalendar import Calendar
import recurring_ical_events
calendar = Calendar.from_ical(sys.stdin.buffer.read())
utc = lambda at: at.astimezone(timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
def plain(event):
    return {name: str(event.get(name)) for name in ('UID', 'SUMMARY', 'DESCRIPTION', 'URL', 'SEQUENCE', 'ORGANIZER', 'CONFERENCE') if event.get(name) is not None}
found = recurring_ical_events.of(calendar).between(datetime(2026, 1, 1, tzinfo=timezone.utc), datetime(2028, 1, 1, tzinfo=timezone.utc))
print(json.dumps({
    'events': [plain(event) for event in calendar.walk('VEVENT')],
    'times': sorted([utc(e['DTSTART'].dt), utc(e['DTEND'].dt)] for e in found),
    'errors': [str(error) for part in calendar.walk() for error in part.errors],
}))
`;

interface Read {
  readonly events: readonly Readonly<Record<string, string>>[];
  readonly times: readonly (readonly [start: string, end: string])[];
  readonly errors: readonly string[];
}

const NOW = new Date('2026-01-02T03:04:05Z');

function readBack(conference: Conference, link?: string): Read {
  const events = calendarEvents(conference, { now: NOW, link, instructions: 'Join: rendezvous join x' });
  const text = serializeCalendar({ productId: '-//Example//Test//EN', events });
  return JSON.parse(execFileSync('/usr/bin/python3', ['-c', PYTHON], { input: text, encoding: 'utf8' }));
}

function series(start: string, init: Omit<Parameters<typeof setRepeat>[1], 'start'>): Conference {
  const conference = createConference({
    name: 'Series',
    now: NOW,
    machine: 'host.example',
    originator: 'alice',
  });
  setRepeat(conference, { ...init, start: new Date(start) });
  return conference;
}

const iso = (date: Date | null | undefined): string => date?.toISOString().replace('.000Z', 'Z') ?? '';

/** What the description itself says of 2026 and 2027. */
function described(conference: Conference): string[][] {
  const end = new Date('2028-01-01T00:00Z');
  return conference
    .occurrences(new Date('2026-01-01T00:00Z'))
    .take(2000)
    .filter(({ start }) => start !== undefined && start < end)
    .map(({ start, stop }) => [iso(start), iso(stop)])
    .toArray();
}

const HOUR = 3600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

describe('another program reads our calendars', () => {
  test('a conference that takes place once, with all its texts', () => {
    const conference = createConference({
      name: 'Überblick; Teil 1, 2\\3',
      description: `lang: ${'ä,;'.repeat(60)}`,
      originator: 'alice',
      machine: 'host.example',
      url: 'http://example.org/?a=1,2',
      emails: [{ address: 'ann@example.org', name: 'Smith, Ann "A"' }],
      startTime: new Date('2026-02-03T10:00Z'),
      stopTime: new Date('2026-02-03T11:30Z'),
      now: NOW,
    });
    const link = 'ldap://ldap.example.org/uid=%C3%9Cberblick,ou=Dynamic,o=Intranet';
    const { events, times, errors } = readBack(conference, link);
    expect(errors).toEqual([]);
    expect(times).toEqual([['2026-02-03T10:00:00Z', '2026-02-03T11:30:00Z']]);
    expect(events).toEqual([
      {
        UID: `${conference.sdp?.sessionId}-alice@host.example`,
        SUMMARY: conference.name,
        DESCRIPTION: `${conference.description}\n\nJoin: rendezvous join x`,
        URL: 'http://example.org/?a=1,2',
        SEQUENCE: '0',
        ORGANIZER: 'mailto:ann@example.org',
        CONFERENCE: link,
      },
    ]);
  });

  test('a change has the same UID and a higher SEQUENCE', () => {
    const conference = createConference({
      name: 'A',
      now: NOW,
      machine: 'host.example',
      originator: 'alice',
    });
    const [before] = readBack(conference).events;
    conference.description = 'changed';
    conference.sdp?.commit(Number(conference.sdp.sessionVersion) + 60);
    const [after] = readBack(conference).events;
    expect(after?.['UID']).toBe(before?.['UID']);
    expect([before?.['SEQUENCE'], after?.['SEQUENCE']]).toEqual(['0', '60']);
  });

  test('a conference that is always open is no event', () => {
    const conference = createConference({ name: 'A', now: NOW, stopTime: null });
    conference.setTimes(undefined, null);
    expect(calendarEvents(conference, { now: NOW })).toEqual([]);
  });

  test.each([
    {
      name: 'weekly in UTC',
      conference: () =>
        series('2026-01-05T09:00Z', {
          durationSeconds: HOUR,
          intervalSeconds: WEEK,
          until: new Date('2026-03-01T00:00Z'),
          zone: 'UTC',
        }),
      count: 8,
    },
    {
      name: 'without end',
      conference: () =>
        series('2026-01-05T09:00Z', {
          durationSeconds: HOUR,
          intervalSeconds: WEEK,
          until: null,
          zone: 'UTC',
        }),
      count: 104,
    },
    {
      name: 'Monday and Wednesday of every second week',
      conference: () =>
        series('2026-01-05T23:00Z', {
          durationSeconds: HOUR,
          intervalSeconds: 2 * WEEK,
          offsetsSeconds: [0, 2 * DAY],
          until: new Date('2026-06-01T00:00Z'),
          zone: 'UTC',
        }),
      count: 22,
    },
    {
      name: 'twice a day',
      conference: () =>
        series('2026-01-05T09:00Z', {
          durationSeconds: HOUR,
          intervalSeconds: DAY,
          offsetsSeconds: [0, 8 * HOUR],
          until: new Date('2026-01-15T00:00Z'),
          zone: 'UTC',
        }),
      count: 20,
    },
    {
      name: 'every 36 hours',
      conference: () =>
        series('2026-01-05T09:00Z', {
          durationSeconds: HOUR,
          intervalSeconds: 36 * HOUR,
          until: new Date('2026-02-01T00:00Z'),
          zone: 'UTC',
        }),
      count: 18,
    },
    {
      name: 'daily at 09:00 in Berlin, across both changes',
      conference: () =>
        series('2026-03-01T08:00Z', {
          durationSeconds: HOUR,
          intervalSeconds: DAY,
          until: new Date('2026-12-01T00:00Z'),
          zone: 'Europe/Berlin',
        }),
      count: 275,
    },
    {
      name: 'daily at 02:30 in Berlin, an hour that is skipped and comes twice',
      conference: () =>
        series('2026-03-27T01:30Z', {
          durationSeconds: HOUR / 2,
          intervalSeconds: DAY,
          until: new Date('2026-11-01T00:00Z'),
          zone: 'Europe/Berlin',
        }),
      count: 219,
    },
    {
      name: 'Tuesdays and Fridays at 20:30 in New York, without end',
      conference: () =>
        series('2026-02-04T01:30Z', {
          durationSeconds: HOUR,
          intervalSeconds: WEEK,
          offsetsSeconds: [0, 3 * DAY],
          until: null,
          zone: 'America/New_York',
        }),
      count: 200,
    },
  ])('[SDP-14] $name', ({ conference: make, count }) => {
    const conference = make();
    const { times, errors } = readBack(conference);
    expect(errors).toEqual([]);
    expect(times).toEqual(described(conference));
    expect(times.length).toBeGreaterThanOrEqual(count - 4);
  });

  test('[SDP-14] z= behind all t= lines counts for every repeat, as RFC 4566 had it', () => {
    const start = Date.parse('2026-03-27T08:00Z') / 1000 + 2_208_988_800;
    const sdp = [
      'v=0',
      `o=- 1 1 IN IP4 host.example`,
      's=Two series',
      `t=${start} ${start + 4 * DAY}`,
      'r=1d 1h 0',
      `t=${start + 10 * HOUR} 0`,
      'r=7d 30m 0 1d',
      `t=${start + 5 * HOUR} ${start + 6 * HOUR}`,
      `z=${Date.parse('2026-03-29T01:00Z') / 1000 + 2_208_988_800} -1h`,
      '',
    ].join('\r\n');
    const conference = createConference({ name: 'Two series', sdp });
    const { events, times, errors } = readBack(conference);
    expect(errors).toEqual([]);
    expect(new Set(events.map((event) => event['UID'])).size).toBe(3);
    expect(times).toEqual(described(conference).toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)));
  });
});

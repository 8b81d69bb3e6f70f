import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  contentLine,
  escapeText,
  formatLocal,
  formatOffset,
  formatRecurrence,
  formatUtc,
  formatZone,
  serializeCalendar,
  weekdayOf,
} from '../../src/ical/index.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

describe('content lines', () => {
  const octets = (text: string): number => new TextEncoder().encode(text).length;
  const unfolded = (text: string): string => text.replaceAll('\r\n ', '').replace(/\r\n$/, '');

  test('RFC 5545 §3.1: folded at 75 octets, and no character is taken apart', () => {
    const value = `${'x'.repeat(66)}üü😀${'y'.repeat(100)}`;
    const lines = contentLine('SUMMARY', value).split('\r\n');
    expect(lines.map(octets)).toEqual([74, 75, 35, 0]);
    expect(lines[0]).toBe(`SUMMARY:${'x'.repeat(66)}`);
    expect(lines[1]).toMatch(/^ üü😀y/);
  });

  test('any text comes back, in pieces that are never too long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const line = contentLine('DESCRIPTION', escapeText(text));
        expect(unfolded(line)).toBe(`DESCRIPTION:${escapeText(text)}`);
        for (const piece of line.split('\r\n')) expect(octets(piece)).toBeLessThanOrEqual(75);
      }),
    );
  });

  test.each([
    ['a;b,c\\d', String.raw`a\;b\,c\\d`],
    ['one\ntwo\r\nthree\rfour', String.raw`one\ntwo\nthree\nfour`],
    ['bell\u0007 and tab\t', 'bell and tab\t'],
    ['"quoted": yes', '"quoted": yes'],
  ])('RFC 5545 §3.3.11: the text %j', (text, want) => expect(escapeText(text)).toBe(want));

  test.each([
    ['Ann', 'ORGANIZER;CN=Ann:mailto:a@example.org\r\n'],
    ['Smith, Ann', 'ORGANIZER;CN="Smith, Ann":mailto:a@example.org\r\n'],
    ['Ann "A" ^1', "ORGANIZER;CN=Ann ^'A^' ^^1:mailto:a@example.org\r\n"], // RFC 6868 §3.1
    [undefined, 'ORGANIZER:mailto:a@example.org\r\n'],
  ])('the parameter %j', (name, want) => {
    expect(contentLine('ORGANIZER', 'mailto:a@example.org', { CN: name })).toBe(want);
  });

  test('a value cannot break out of its line', () => {
    expect(() => contentLine('URL', 'http://x/\r\nATTENDEE:mailto:y')).toThrow(/URL.*control characters/);
  });
});

describe('dates', () => {
  test.each([
    [0, '19700101T000000Z', 'TH'],
    [Date.UTC(2000, 1, 29, 23, 59, 59), '20000229T235959Z', 'TU'],
    [Date.UTC(2100, 2, 1), '21000301T000000Z', 'MO'],
    [-1000, '19691231T235959Z', 'WE'],
    [Date.UTC(1900, 0, 1), '19000101T000000Z', 'MO'],
  ])('%d', (ms, text, weekday) => {
    expect(formatUtc(ms)).toBe(text);
    expect(weekdayOf(ms)).toBe(weekday);
  });

  test('every moment as the system has it', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          const want = date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
          expect(formatLocal(date.getTime())).toBe(want);
          expect(weekdayOf(date.getTime())).toBe(date.toUTCString().slice(0, 2).toUpperCase());
        },
      ),
    );
  });

  test.each([
    [0, '+0000'],
    [HOUR, '+0100'],
    [-12_600, '-0330'],
    [20_700, '+0545'],
    [-17_762, '-045602'],
  ])('an offset of %d s is %s', (seconds, want) => expect(formatOffset(seconds)).toBe(want));
});

test.each([
  [{ intervalSeconds: 7 * DAY }, 'FREQ=WEEKLY'],
  [
    { intervalSeconds: 14 * DAY, weekdays: ['MO', 'WE'], weekStart: 'MO' },
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=MO',
  ],
  [
    { intervalSeconds: 3 * DAY, untilMs: Date.UTC(2026, 0, 1) },
    'FREQ=DAILY;UNTIL=20260101T000000Z;INTERVAL=3',
  ],
  [{ intervalSeconds: 12 * HOUR }, 'FREQ=HOURLY;INTERVAL=12'],
  [{ intervalSeconds: 90 * 60 }, 'FREQ=MINUTELY;INTERVAL=90'],
  [{ intervalSeconds: 61 }, 'FREQ=SECONDLY;INTERVAL=61'],
] as const)('the series %o', (recurrence, want) => expect(formatRecurrence(recurrence)).toBe(want));

test.each([
  { intervalSeconds: 0 },
  { intervalSeconds: 1.5 },
  { intervalSeconds: DAY, weekdays: ['MO'] },
] as const)('no series: %o', (recurrence) => expect(() => formatRecurrence(recurrence)).toThrow(/RRULE/));

test('a zone: summer time is daylight, and each change begins where the clocks stood', () => {
  const changes = [
    { shownMs: Date.UTC(2026, 2, 29, 0), offsetSeconds: HOUR },
    { shownMs: Date.UTC(2026, 9, 25, 1), offsetSeconds: 0 },
  ];
  expect(
    formatZone({ id: 'Series-1', changes })
      .split('\r\n')
      .filter((line) => !/^(BEGIN|END):/.test(line)),
  ).toEqual([
    'TZID:Series-1',
    'DTSTART:19700101T000000',
    'TZOFFSETFROM:+0000',
    'TZOFFSETTO:+0000',
    'DTSTART:20260329T000000',
    'TZOFFSETFROM:+0000',
    'TZOFFSETTO:+0100',
    'DTSTART:20261025T010000',
    'TZOFFSETFROM:+0100',
    'TZOFFSETTO:+0000',
    '',
  ]);
});

test('a calendar with everything', () => {
  const text = serializeCalendar({
    productId: '-//Example//Test//EN',
    method: 'REQUEST',
    name: 'All, of it',
    events: [
      {
        uid: '1@example.org',
        stampMs: 0,
        lastModifiedMs: 1000,
        sequence: 3,
        startMs: Date.UTC(2026, 0, 5, 9),
        endMs: Date.UTC(2026, 0, 5, 10),
        recurrence: { intervalSeconds: DAY },
        summary: 'Talk; one',
        description: 'a\nb',
        url: 'http://example.org/a,b',
        conferences: [{ uri: 'ldap://h/uid=a', features: ['AUDIO', 'VIDEO'], label: 'Talk, one' }],
        organizer: { email: 'a@example.org', name: 'Ann' },
        attendees: [{ email: 'b@example.org' }],
      },
    ],
  });
  expect(text.replaceAll('\r\n ', '').split('\r\n')).toEqual([
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Example//Test//EN',
    'METHOD:REQUEST',
    String.raw`NAME:All\, of it`,
    'BEGIN:VEVENT',
    'UID:1@example.org',
    'DTSTAMP:19700101T000000Z',
    'LAST-MODIFIED:19700101T000001Z',
    'SEQUENCE:3',
    'DTSTART:20260105T090000Z',
    'DTEND:20260105T100000Z',
    'RRULE:FREQ=DAILY',
    String.raw`SUMMARY:Talk\; one`,
    String.raw`DESCRIPTION:a\nb`,
    'URL:http://example.org/a,b',
    'CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL="Talk, one":ldap://h/uid=a',
    'ORGANIZER;CN=Ann:mailto:a@example.org',
    'ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:b@example.org',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ]);
});

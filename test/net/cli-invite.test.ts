import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { waysIn } from '../../cli/invitation.ts';
import { createConference, type Directory } from '../../directory/index.ts';
import { cliOnData } from '../cli/data-dir.ts';

const NOW = new Date('2026-03-20T12:00:00Z');

const { cli, ok, path } = cliOnData({ now: NOW, env: { NO_COLOR: '1' } });

const unfolded = (text: string): string[] => text.replaceAll('\r\n ', '').split('\r\n');
const LECTURE = ['create', 'Lecture: 1', '--start', '2026-03-23T10:00Z', '--duration', '90m'];

describe('calendars', () => {
  test('[APP-05] show --ical: one conference, with the way in', async () => {
    await ok([...LECTURE, '--description', 'Chapter 3; the end', '--email', 'Ann <ann@example.org>']);
    const { out } = await ok(['show', 'Lecture: 1', '--ical']);
    const lines = unfolded(out);
    expect(lines).toEqual(
      expect.arrayContaining([
        'BEGIN:VCALENDAR',
        'SEQUENCE:0',
        'DTSTART:20260323T100000Z',
        'DTEND:20260323T113000Z',
        'SUMMARY:Lecture: 1',
        'ORGANIZER;CN=Ann:mailto:ann@example.org',
        'DTSTAMP:20260320T120000Z',
      ]),
    );
    expect(lines).toContain(
      String.raw`DESCRIPTION:Chapter 3\; the end\n\nJoin with the session description in Lecture-1.sdp: rendezvous join Lecture-1.sdp`,
    );
    await ok(['edit', 'Lecture: 1', '--description', 'Chapter 4'], { now: new Date('2026-03-20T12:00:10Z') });
    const changed = unfolded((await ok(['show', 'Lecture: 1', '--ical'])).out);
    expect(changed).toContain('SEQUENCE:1');
    expect(changed).toContain(lines.find((line) => line.startsWith('UID:')));
  });

  test('list --ical: all that fit; what is always open is left out', async () => {
    await ok(LECTURE);
    await ok(['create', 'Paging', '--permanent']);
    await ok([
      'create',
      'Round',
      '--start',
      '2026-03-24T09:00',
      '--zone',
      'Europe/Berlin',
      '--repeat',
      'weekly',
    ]);
    const lines = unfolded((await ok(['list', '--ical'])).out);
    expect(lines.filter((line) => line.startsWith('SUMMARY:'))).toEqual([
      'SUMMARY:Lecture: 1',
      'SUMMARY:Round',
    ]);
    expect(lines.filter((line) => line.startsWith('RRULE:'))).toEqual(['RRULE:FREQ=WEEKLY']);
    expect(lines).toContain('BEGIN:VTIMEZONE');
    const one = unfolded((await ok(['list', 'lec*', '--ical'])).out);
    expect(one.filter((line) => line === 'BEGIN:VEVENT')).toHaveLength(1);
    const none = await cli(['show', 'Paging', '--ical']);
    expect([none.code, none.out]).toEqual([1, '']);
    expect(none.err).toContain('"Paging" has no beginning: there is nothing to put into a calendar');
  });
});

describe('invite', () => {
  beforeEach(async () => {
    await ok([
      ...LECTURE,
      '--description',
      'Chapter 3',
      '--originator',
      'ann',
      '--url',
      'http://example.org/l',
    ]);
    const alice = ['user', 'publish', 'alice', '--phone', 'desk.example.org', '--address', '10.70.41.96'];
    await ok([...alice, '--email', 'alice@example.org', '--given-name', 'Alice', '--surname', 'Smith']);
    await ok(['user', 'publish', 'bob', '--phone', 'hall.example.org']);
  });

  test('[APP-05] prints what to send, and to whom', async () => {
    const { out, err } = await ok(['invite', 'lecture: 1', 'alice']);
    expect(out.split('\n')).toEqual([
      'You are invited to the conference "Lecture: 1".',
      '',
      expect.stringMatching(/^When: in 2 d 22 h \(2026-03-23 /),
      '      2026-03-23T10:00:00.000Z to 2026-03-23T11:30:00.000Z',
      'What: Chapter 3',
      'From: ann',
      'More: http://example.org/l',
      '',
      'Join with the session description in Lecture-1.sdp: rendezvous join Lecture-1.sdp',
      '',
    ]);
    expect(err).toContain(
      'Send it to alice@example.org, or open: mailto:alice@example.org?subject=Lecture%3A%201&body=',
    );
    expect(err).toContain('Or call: desk.example.org, 10.70.41.96');
    expect((await ok(['invite', 'lecture: 1', 'bob'])).err).toContain('"bob" has no e-mail address');
    expect((await ok(['invite', 'lecture: 1'])).err).toBe('');
  });

  test('[APP-05] as JSON, as a file to send along, and as a request for a calendar', async () => {
    const file = path('lecture.sdp');
    const json = JSON.parse((await ok(['invite', 'Lecture: 1', 'alice', '--json', '--sdp', file])).out);
    const sdp = (await ok(['show', 'Lecture: 1', '--sdp'])).out;
    expect(readFileSync(file, 'utf8')).toBe(sdp);
    expect(json).toMatchObject({
      conference: 'Lecture: 1',
      join: 'rendezvous join Lecture-1.sdp',
      link: null,
      sdp,
      user: { name: 'alice' },
      call: [
        { type: 'domain', address: 'desk.example.org' },
        { type: 'ip', address: '10.70.41.96' },
      ],
    });
    expect(decodeURIComponent(new URL(json.mailto).searchParams.get('body') ?? '')).toContain(
      'You are invited',
    );
    const told = await ok(['invite', 'Lecture: 1', 'alice', '--ical']);
    expect(told.err).toContain('the calendar asks for no answer');
    expect(told.out).not.toContain('METHOD');
    await ok(['edit', 'Lecture: 1', '--email', 'ann@example.org']);
    const asked = unfolded(
      (await ok(['invite', 'Lecture: 1', '"Smith, Alice" <alice@example.org>', '--ical'])).out,
    );
    expect(asked).toContain('METHOD:REQUEST');
    expect(asked).toContain(
      'ATTENDEE;CN="Smith, Alice";PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:alice@example.org',
    );
  });

  test('who or what is not there', async () => {
    const noUser = await cli(['invite', 'Lecture: 1', 'alise']);
    expect([noUser.code, noUser.err]).toEqual([3, expect.stringContaining('Did you mean "alice"?')]);
    expect((await cli(['invite', 'Lectures', 'alice'])).code).toBe(3);
  });
});

describe('ways in', () => {
  const conference = createConference({ name: 'Round, 1?', machine: 'host.example' });
  Object.defineProperty(conference, 'dn', { value: 'uid=Round\\, 1?,ou=Dynamic,o=Intranet' });
  const at = (url: string) => {
    const directory: Pick<Directory, 'url'> = { url };
    return waysIn(conference, directory);
  };
  test.each([
    ['ldap://ldap.example.org', 'ldap://ldap.example.org/uid=Round%5C,%201%3F,ou=Dynamic,o=Intranet'],
    [
      'ldaps://ldap.example.org:1636/ou=x',
      'ldaps://ldap.example.org:1636/uid=Round%5C,%201%3F,ou=Dynamic,o=Intranet',
    ],
    ['ldap://[2001:db8::1]:1389', 'ldap://[2001:db8::1]:1389/uid=Round%5C,%201%3F,ou=Dynamic,o=Intranet'],
    ['ldap://127.0.0.1:1389', undefined],
    ['ldap://localhost', undefined],
    ['ldapi://%2Frun%2Fslapd', undefined],
    ['embedded:/home/ann', undefined],
  ])('%s', (url, link) => {
    expect(at(url).link).toBe(link);
    expect(at(url).joinByDirectory === undefined).toBe(link === undefined);
  });
  test('the commands can be pasted into a shell', () => {
    expect(at('ldap://ldap.example.org/ou=a,dc=b').joinByDirectory).toBe(
      "rendezvous join 'Round, 1?' --directory 'ldap://ldap.example.org/ou=a,dc=b'",
    );
    expect(at('embedded:x').joinByFile).toBe('rendezvous join Round-1.sdp');
  });
});

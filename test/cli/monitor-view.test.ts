import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  FINDING_CODES,
  FINDING_KINDS,
  type ConferenceFigures,
  type Finding,
  type FindingCode,
} from '../../conference/monitor/index.ts';
import { conferenceJson, eventJson } from '../../cli/monitor/json.ts';
import { monitorMetrics } from '../../cli/monitor/metrics.ts';
import { drawTable } from '../../cli/monitor/screen.ts';
import { parseDscp } from '../../cli/monitor/settings.ts';
import { MONITOR_SHAPES } from '../../cli/monitor/shapes.ts';
import { eventFields } from '../../cli/monitor/wording.ts';
import { EMPTY_TABLE, pressTable, shownConferences, type TableState } from '../../cli/monitor/state.ts';
import { Monitored, WALL } from '../support/monitored.ts';

const PCMU =
  'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=Test\r\nc=IN IP4 239.255.3.4/15\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\n';

function finding(code: FindingCode): Finding {
  const { severity, title } = FINDING_KINDS[code];
  const about = { medium: 0, ssrc: undefined, message: `about ${code}`, tryThis: 'do it' };
  return { code, severity, title, ...about, since: WALL, last: WALL };
}

function figures(name: string, ...codes: FindingCode[]): ConferenceFigures {
  const findings = codes.map(finding);
  const rates = { packetsPerSecond: 0, bitsPerSecond: 0, sending: 0, talking: 0, lossShare: 0 };
  const severity = findings[0]?.severity;
  return { key: name, name, state: 'silent', since: WALL, severity, media: [], findings, ...rates };
}

const ALL = [figures('Well'), figures('Bad', 'loss'), figures('Broken', 'payloadType'), figures('Also well')];
const state: TableState = { ...EMPTY_TABLE, figures: ALL };
const key = (name: string): { name: string; sequence: string } => ({ name, sequence: name });
const after = (...keys: string[]): TableState =>
  keys.reduce((it, name) => pressTable(it, key(name), 10).state, state);
const drawn = (it: TableState, columns = 80, rows = 12) =>
  drawTable(it, {
    wall: WALL + 60_000,
    size: { columns, rows },
    paint: (_, text) => text,
    inverse: (text) => text,
    matrix: () => [],
    remark: '',
  });
const picture = (it: TableState, columns = 80): readonly string[] => drawn(it, columns).lines;

describe('the live table', () => {
  test('has the worst first, then by name', () => {
    expect(shownConferences(state).map(({ name }) => name)).toEqual(['Broken', 'Bad', 'Also well', 'Well']);
    expect(picture(state)).toHaveLength(12);
    expect(picture(state)[0]).toMatch(/^ 4 conferences, 0 alive, 1 with errors, 1 with warnings/);
    expect(picture(state)[2]).toMatch(/^✗ {2}Broken .*silent 1 min .*payload type not described *$/);
  });

  test('keeps the cursor on a conference while the order changes', () => {
    const moved = after('down');
    expect(moved.selected).toBe('Bad');
    const better = { ...moved, figures: [figures('Bad'), ...ALL.filter(({ name }) => name !== 'Bad')] };
    expect(pressTable(better, key('return'), 10).state).toMatchObject({ selected: 'Bad', view: 'details' });
  });

  test('searches names and findings, and shows trouble only', () => {
    const typed = after('/', ...'payload'.split(''));
    expect(shownConferences(typed).map(({ name }) => name)).toEqual(['Broken']);
    expect(picture(typed).at(-1)).toBe('Search: payload');
    expect(shownConferences(after('t')).map(({ name }) => name)).toEqual(['Broken', 'Bad']);
    expect(shownConferences(after('t', 'escape'))).toHaveLength(4);
  });

  test('goes into the details and out, and ends', () => {
    const details = after('return');
    expect(picture(details).join('\n')).toMatch(
      /✗ about payloadType\.\n {4}do it\n {4}payloadType, for 1 min/,
    );
    const { lastScroll } = drawn(details, 80, 4); // room for two lines of the details
    expect(lastScroll).toBe(2);
    const end = pressTable(details, key('end'), 10, lastScroll).state;
    const up = pressTable(end, key('up'), 10, lastScroll).state;
    expect(drawn(up, 80, 4).lines[2]).toBe(picture(details)[3]); // the first key back moves already
    expect(after('return', 'm').view).toBe('matrix');
    expect(after('return', 'm', 'escape').view).toBe('table');
    expect(pressTable(state, key('q'), 10).wish).toBe('quit');
    expect(pressTable(state, { name: 'c', ctrl: true }, 10).wish).toBe('interrupt');
    expect(picture({ ...EMPTY_TABLE }).join()).toContain('no conferences to watch yet');
  });
});

test.each([
  ['46', 46],
  ['EF', 46],
  ['af41', 34],
  ['CS5', 40],
  ['BE', 0],
])('DSCP %s', (text, value) => {
  expect(parseDscp(text)).toBe(value);
});
test.each(['64', 'AF51', 'AF', 'x', ''])('no DSCP: "%s"', (text) => {
  expect(() => parseDscp(text)).toThrow(/is no DSCP/);
});

/** Names of the fields that are documented under a title that begins so. */
const documented = (title: string): readonly string[] =>
  MONITOR_SHAPES.find((it) => it.title.startsWith(title))?.fields.map(([name]) => name) ?? [];

test('every finding is explained to operators, with its severity', () => {
  const guide = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const section = guide.split(/^## /m).find((it) => it.startsWith('Watching a network all day\n')) ?? '';
  const rows = [...section.matchAll(/^\| `(\w+)` \| (\w+)/gm)].map(
    ([, code, severity]) => `${code} ${severity}`,
  );
  expect(rows.toSorted()).toEqual(
    FINDING_CODES.map((code) => `${code} ${FINDING_KINDS[code].severity}`).toSorted(),
  );
});

test('a line of a sender has its name, if any, and its address once', () => {
  const lineOf = (rtcp: boolean): string | undefined => {
    const watched = new Monitored(PCMU);
    watched.send({ rtcp });
    const event = watched.run(5).events.find(({ type }) => type === 'senderAppeared');
    return event === undefined ? undefined : eventFields(event, 'now').at(-1);
  };
  expect([lineOf(false), lineOf(true)]).toEqual([
    '10.0.0.1:5004 00001234 PCMU/8000',
    'c4660 10.0.0.1:5004 00001234 PCMU/8000',
  ]);
});

test('JSON has the fields that are documented, and Prometheus gets every sender once', () => {
  const watched = new Monitored(PCMU);
  watched.send({ payloadType: 8 });
  watched.send({ ssrc: 7, address: '10.0.0.2' });
  const [it] = watched.run(30).monitor.figures(watched.now, watched.wall);
  if (it === undefined) throw new Error('nothing is watched');
  const json = JSON.parse(JSON.stringify(conferenceJson(it)));
  const without =
    (name: string): ((field: string) => boolean) =>
    (field) =>
      field !== name;
  expect(Object.keys(json).toSorted()).toEqual(documented('A `snapshot`').toSorted());
  expect(Object.keys(json.media[0]).toSorted()).toEqual(
    documented('A medium').filter(without('matrix')).toSorted(),
  );
  expect(Object.keys(json.media[0].senders[0]).toSorted()).toEqual(documented('A sender').toSorted());
  expect(Object.keys(json.findings[0]).toSorted()).toEqual(documented('A finding').toSorted());
  const types = new Set(
    watched.events.map((event) => JSON.parse(JSON.stringify(eventJson(event, 'now'))).type),
  );
  expect([...types]).toEqual(['conference-added', 'state', 'sender-appeared', 'finding-raised']);

  const metrics = monitorMetrics([it, { ...it, key: 'again' }]);
  expect(metrics).toContain('rendezvous_monitor_conferences 2\n');
  expect(metrics).toContain(
    'rendezvous_monitor_finding{conference="test",code="payloadType",severity="error"} 1\n',
  );
  expect(metrics).toMatch(
    /rendezvous_monitor_sender_packets_total\{conference="test",medium="0",sender="c7"\} 15\d\d\n/,
  );
  expect(metrics).toContain('conference="test (again)"');
  const samples = metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const names = samples.map((line) => line.replace(/ [^ ]*$/, ''));
  expect(new Set(names).size).toBe(names.length);
});

import { expect, test } from 'vitest';
import { mediumJson } from '../../cli/join/medium-json.ts';
import { say } from '../../cli/join/wording.ts';
import { detailLines } from '../../cli/monitor/details.ts';
import { conferencePairs } from '../../cli/view/conference.ts';
import { Conference } from '../../directory/index.ts';
import { Monitored } from '../support/monitored.ts';
import { Room } from '../support/room.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { runCli } from './host.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const CLOCKS = [
  'm=audio 5004 RTP/AVP 0',
  'a=ts-refclk:ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0',
  'a=mediaclk:direct=0',
];
const TEXT = 'ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0, samples direct=0';

const HEAD = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=x', 'c=IN IP4 239.1.1.1/15', 't=0 0'];

test('monitor tells them among its details', () => {
  const { figures, wall } = new Monitored([...HEAD, ...CLOCKS, ''].join('\r\n'));
  const lines = detailLines(figures, wall, 120, (_style, text) => text);
  expect(lines.find((line) => line.startsWith('audio '))).toContain(`clock ${TEXT}`);
});

test('show tells the clocks of a medium, and nothing where there are none', () => {
  const pairs = (media: readonly string[]) => {
    const blob = new TextEncoder().encode([...HEAD, ...media, ''].join('\r\n'));
    return conferencePairs(new Conference({ name: 'x', blob }), NOW).filter(([label]) => label === 'Clock');
  };
  expect(pairs(CLOCKS)).toEqual([['Clock', TEXT]]);
  expect(pairs(CLOCKS.slice(0, 1))).toEqual([]);
});

test('join tells them first, in words and in JSON', async () => {
  const { call } = await new Room(new FakeClock(), CLOCKS).join('anna');
  const [transport] = call.transports;
  if (transport === undefined) throw new Error('no transport');
  const medium = mediumJson(transport);
  expect(medium).toMatchObject({
    referenceClocks: ['ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0'],
    mediaClock: 'direct=0',
  });
  const joined = { type: 'joined', name: 'x', cname: 'a', sending: null, receiving: [], stop: null } as const;
  expect(say({ ...joined, media: [medium] }, NOW).lines).toContain(`  clock ${TEXT}`);
  const without = { ...medium, referenceClocks: [], mediaClock: null };
  expect(say({ ...joined, media: [without] }, NOW).lines.join()).not.toMatch(/clock/);
});

test('a clock that nobody else can have is wrong usage', async () => {
  const { code, err } = await runCli(['join', '--clock', 'local', 'studio.sdp']);
  expect(code).toBe(2);
  expect(err).toMatch(/--clock: "local" is no clock that others can have: write traceable, gps/);
});

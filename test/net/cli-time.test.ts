import { beforeEach, describe, expect, test } from 'vitest';
import type { RunOptions } from '../cli/host.ts';
import { cliOnData } from '../cli/data-dir.ts';

const NOW = new Date('2026-03-20T12:00:00Z');

const { cli, ...data } = cliOnData({ now: NOW, env: { NO_COLOR: '1' } });
/** What it prints. */
const ok = async (args: readonly string[], options?: RunOptions): Promise<string> =>
  (await data.ok(args, options)).out;

const names = (out: string): string[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[0] ?? '');
const timeLines = async (name: string): Promise<string[]> =>
  (await ok(['show', name, '--sdp'])).split('\r\n').filter((line) => /^[trz]=/.test(line));
/** Seconds since 1900. */
const ntp = (iso: string): number => Date.parse(iso) / 1000 + 2_208_988_800;

const BERLIN = ['--zone', 'Europe/Berlin'];

describe('a series', () => {
  test('[SDP-14] keeps its time of day in its zone: t=, r= and z=', async () => {
    const round = ['create', 'Round', '--start', '2026-03-23T09:00', '--duration', '45m', ...BERLIN];
    await ok([...round, '--repeat', 'weekly', '--until', '2026-11-30']);
    expect(await timeLines('Round')).toEqual([
      `t=${ntp('2026-03-23T08:00Z')} ${ntp('2026-11-30T23:00Z')}`,
      'r=7d 45m 0',
      `z=${ntp('2026-03-29T01:00Z')} -1h ${ntp('2026-10-25T01:00Z')} 0`,
    ]);
    const shown = await ok(['show', 'Round'], { columns: 100 });
    expect(shown).toMatch(/^When +in 2 d 20 h .*, repeatedly$/m);
    expect(shown).toMatch(/^Repeats +every 7 d, for 45 min each, until 2026-1[12]-/m);
    expect(shown.match(/^Then /gm)).toHaveLength(3);
    expect(await ok(['show', 'Round'], { now: new Date('2026-03-30T07:30Z') })).toContain(
      'nextStart\t2026-03-30T07:00:00.000Z\nnextStop\t2026-03-30T07:45:00.000Z\n',
    );
  });

  test('JSON has the series for programs', async () => {
    const round = ['create', 'Round', '--start', '2026-03-23T09:00', '--duration', '45m', ...BERLIN];
    await ok([...round, '--repeat', 'weekly', '--until', '2026-04-05']);
    expect(JSON.parse(await ok(['show', 'Round', '--json'])).times).toEqual([
      {
        start: '2026-03-23T08:00:00.000Z',
        stop: '2026-04-05T22:00:00.000Z',
        repeats: [{ intervalSeconds: 604_800, durationSeconds: 2700, offsetsSeconds: [0] }],
        adjustments: [{ from: '2026-03-29T01:00:00.000Z', offsetSeconds: -3600 }],
      },
    ]);
  });

  test('[SDP-14] on days of the week it begins on the first of them', async () => {
    const stand = ['create', 'Stand', '--start', '2026-03-21T10:00', '--duration', '15m'];
    await ok([...stand, '--zone', 'America/New_York', '--repeat', 'mon,wed,fri', '--until', 'never']);
    const [t = '', r, z = ''] = await timeLines('Stand');
    expect([t, r]).toEqual([`t=${ntp('2026-03-23T14:00Z')} 0`, 'r=7d 15m 0 2d 4d']);
    // without end: the changes of the next ten years
    expect(z.split(' ').slice(0, 4)).toEqual([
      `z=${ntp('2026-11-01T06:00Z')}`,
      '1h',
      String(ntp('2027-03-14T07:00Z')),
      '0',
    ]);
    expect(z.split(' ')).toHaveLength(2 * 20);
  });

  test('an occurrence under way at the end of the series is not cut off', async () => {
    const late = ['create', 'Late', '--start', '2026-03-23T23:30Z', '--duration', '1h', '--zone', 'UTC'];
    await ok([...late, '--repeat', 'daily', '--until', '2026-03-24']);
    expect(await timeLines('Late')).toEqual([
      `t=${ntp('2026-03-23T23:30Z')} ${ntp('2026-03-25T00:30Z')}`,
      'r=1d 1h 0',
    ]);
  });

  test('[SDP-14] edit makes one, changes it and ends it', async () => {
    await ok(['create', 'Talk', '--start', '2026-03-23T09:00', '--duration', '30m', ...BERLIN]);
    await ok(['edit', 'Talk', '--repeat', 'daily', '--until', '2026-03-25', ...BERLIN]);
    const start = ntp('2026-03-23T08:00Z');
    expect(await timeLines('Talk')).toEqual([`t=${start} ${ntp('2026-03-25T23:00Z')}`, 'r=1d 30m 0']);
    const refused = await cli(['edit', 'Talk', '--start', '2026-03-24T09:00']);
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringContaining('"Talk" repeats: say how often'),
    ]);
    await ok(['edit', 'Talk', '--repeat', 'weekly', '--duration', '1h', ...BERLIN]);
    expect((await timeLines('Talk')).slice(0, 2)).toEqual([`t=${start} 0`, 'r=7d 1h 0']);
    await ok(['edit', 'Talk', '--description', 'the rest stays']);
    expect((await timeLines('Talk'))[1]).toBe('r=7d 1h 0');
    await ok(['edit', 'Talk', '--repeat', 'never']);
    expect(await timeLines('Talk')).toEqual([`t=${start} ${start + 3600}`]);
  });

  test.each([
    [['--repeat', 'sometimes'], /"sometimes" is not how often/],
    [['--repeat', 'daily', '--zone', 'Europe/Atlantis'], /There is no time zone "Europe\/Atlantis"/],
    [['--repeat', 'daily', '--duration', '25h'], /over before the next one begins/],
    [['--repeat', 'daily', '--stop', 'never'], /needs a start, and a duration or a stop/],
    [['--repeat', 'daily', '--start', '+2d', '--until', 'today'], /ends before its first occurrence/],
    [['--until', 'friday'], /--until ends a series: give --repeat too/],
    [['--repeat', 'never', '--until', 'friday'], /has no --until/],
    [['--repeat', 'daily', '--permanent'], /cannot be used with/],
  ])('%j is wrong usage', async (options, why) => {
    const { code, err } = await cli(['create', 'Wrong', ...options]);
    expect(err).toMatch(why);
    expect(code).toBe(2);
  });
});

test('[APP-03] create with name, description, start, end, and who may do what', async () => {
  const times = ['--start', '2026-03-23T10:00Z', '--stop', '2026-03-23T11:00Z'];
  await ok(['create', 'Board', '--description', 'Budget', ...times, '--acl', 'everyone:read,owner:all']);
  expect(JSON.parse(await ok(['show', 'Board', '--json']))).toMatchObject({
    name: 'Board',
    description: 'Budget',
    startTime: '2026-03-23T10:00:00.000Z',
    stopTime: '2026-03-23T11:00:00.000Z',
  });
  expect(await ok(['show', 'Board', '--sddl'])).toMatch(/^D:.*;;;WD\)/);
});

describe('list by time', () => {
  beforeEach(async () => {
    await ok(['create', 'Now', '--start', '2026-03-20T11:00Z', '--stop', '2026-03-20T13:00Z']);
    await ok(['create', 'Later', '--start', '2026-03-20T15:00Z', '--duration', '1h']);
    await ok(['create', 'Past', '--start', '2026-03-19T11:00Z', '--duration', '1h']);
    await ok(['create', 'Always', '--permanent']);
    const series = ['create', 'Series', '--start', '2026-03-13T11:30Z', '--duration', '1h', '--zone', 'UTC'];
    await ok([...series, '--repeat', 'weekly']);
  });

  test.each([
    [['--active'], ['Always', 'Now', 'Series']],
    [['--upcoming'], ['Later', 'Series']],
    [
      ['--on', '2026-03-27'],
      ['Always', 'Series'],
    ],
    [
      ['--on', '2026-03-19'],
      ['Always', 'Past'],
    ],
    [
      ['--on', '2026-03-20', '--upcoming'],
      ['Later', 'Series'],
    ],
    [['--on', '2026-03-26'], ['Always']],
  ])('%j', async (options, want) => {
    expect(names(await ok(['list', ...options])).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(want);
  });

  test('what takes place now comes first, then what comes next', async () => {
    expect(names(await ok(['list']))).toEqual(['Always', 'Past', 'Now', 'Series', 'Later']);
    const [line = ''] = (await ok(['list', 'Series', '--long'])).split('\n');
    expect(line.split('\t').at(-3)).toBe('2026-03-20T11:30:00.000Z');
    const then = await ok(['list', 'Series', '--long', '--on', '2026-03-27']);
    expect(then.split('\n')[0]?.split('\t').at(-3)).toBe('2026-03-27T11:30:00.000Z');
    const refused = await cli(['list', '--on', 'someday']);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('"someday" is not a time')]);
  });
});

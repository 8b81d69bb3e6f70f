import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ConferenceJson } from '../../directory/index.ts';
import type { Ran, RunOptions } from '../cli/host.ts';
import { cliOnData } from '../cli/data-dir.ts';

const NOON = new Date('2026-11-21T12:00:00Z');
const HOUR = 3_600_000;

const { cli, ok, path } = cliOnData({ now: NOON });

async function shown(name: string, options: RunOptions = {}): Promise<ConferenceJson> {
  const { out } = await ok(['show', name, '--json'], options);
  return JSON.parse(out);
}

const sdpOf = async (name: string): Promise<string> => (await ok(['show', name, '--sdp'])).out;
const names = (ran: Ran): string[] =>
  ran.out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0] ?? '');

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(path(name), content);
  return path(name);
}

/** What others send: LF only, fields nobody knows, Latin-1 bytes, a media port count. */
const FOREIGN = Buffer.from(
  [
    'v=0',
    'o=mixer 3980000000 7 IN IP4 192.0.2.7',
    's=Studio',
    'i=caf\xe9',
    't=0 0',
    'x=nobody knows this',
    'a=charset:ISO-8859-1',
    'm=audio 5004/2 RTP/AVP 97',
    'c=IN IP4 239.1.2.3/32',
    'a=rtpmap:97 L24/48000/2',
    'a=x-odd: kept  as it is ',
    '',
  ].join('\n'),
  'latin1',
);

describe('create --source', () => {
  test.each([
    { sources: '10.0.0.7', group: /^232\./, type: 'IP4' },
    { sources: 'fd00::7', group: /^ff35:/, type: 'IP6' },
  ])(
    '$sources: a source-specific group, its filter, and where to report',
    async ({ sources, group, type }) => {
      await ok(['create', 'Lecture', '--source', sources]);
      const { media } = await shown('Lecture');
      const address = media[0]?.address ?? '';
      expect(address).toMatch(group);
      const sdp = await sdpOf('Lecture');
      expect(sdp).toContain(`a=source-filter: incl IN ${type} ${address} ${sources}\r\n`);
      expect(sdp).toContain('a=rtcp-unicast:reflection\r\n');
    },
  );

  test.each([
    { change: ['--group', '232.9.9.9:6000'] },
    { change: ['--group', '232.9.9.9', '--media', 'audio:PCMA'] },
  ])('edit $change takes the filter along', async ({ change }) => {
    await ok(['create', 'Lecture', '--source', '10.0.0.7']);
    await ok(['edit', 'Lecture', ...change]);
    expect((await shown('Lecture')).media).toMatchObject([{ address: '232.9.9.9', sources: ['10.0.0.7'] }]);
    const sdp = await sdpOf('Lecture');
    expect(sdp).toContain('a=source-filter: incl IN IP4 232.9.9.9 10.0.0.7\r\n');
    expect(sdp).toContain('a=rtcp-unicast:reflection\r\n');
    expect(sdp.match(/source-filter/g)).toHaveLength(1);
  });

  test.each([
    { options: ['--source', '239.1.1.1'], problem: /239\.1\.1\.1 is a group/ },
    { options: ['--source', '10.0.0.7', '--group', 'ff15::1'], problem: /different families/ },
    { options: ['--source', '10.0.0.7,fd00::7'], problem: /one family/ },
  ])('$options is wrong usage', async ({ options, problem }) => {
    const ran = await cli(['create', 'Lecture', ...options]);
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(problem);
  });
});

describe('create', () => {
  test('[DEF-04] [DEF-08] [CNF-16] [APP-03] without options: half an hour of PCMU from now, scope site', async () => {
    await ok(['create', 'Morning round']);
    const conference = await shown('Morning round');
    expect(conference).toMatchObject({
      name: 'Morning round',
      startTime: '2026-11-21T12:00:00.000Z',
      stopTime: '2026-11-21T12:30:00.000Z',
      advertisingScope: 'site',
      media: [{ kind: 'audio', protocol: 'RTP/AVP', formats: ['0'], ttl: 15 }],
    });
    const [{ address, port } = { address: '', port: 1 }] = conference.media;
    expect(address).toMatch(/^239\.255\./);
    expect(port % 2).toBe(0);
    expect(conference.sdp).toContain('s=Morning round\r\n');
  });

  test('[CNF-02] [CNF-06] [CNF-08] [CNF-12] [SDP-10] [SDP-11] every option is in the description', async () => {
    const { out } = await ok([
      'create',
      'Lecture',
      '--start',
      '2026-11-22T14:00:00Z',
      '--duration',
      '90m',
      '--originator',
      'ann',
      '--description',
      'Chapter 3',
      '--url',
      'http://example.org/',
      '--scope',
      'region',
      '--email',
      'Ann <ann@example.org>',
      '--email',
      'bob@example.org',
      '--phone',
      '+44 171 380 7777',
      '--media',
      'audio:L16/44100/2',
      '--media',
      'video:H264',
      '--ttl',
      '600',
    ]);
    expect(out).toMatch(
      /^Lecture\t\S+\tregion\t2026-11-22T14:00:00.000Z\t2026-11-22T15:30:00.000Z\taudio L16/,
    );
    const sdp = await sdpOf('Lecture');
    for (const line of [
      'i=Chapter 3',
      'u=http://example.org/',
      'e=ann@example.org (Ann)',
      'e=bob@example.org',
      'p=+44 171 380 7777',
      'a=rtpmap:10 L16/44100/2',
      'a=rtpmap:96 H264/90000',
    ]) {
      expect(sdp).toContain(`\r\n${line}\r\n`);
    }
    expect(sdp).toMatch(/\r\no=ann \d+ \d+ IN IP4 \S+\r\n/);
    const { media, ttlSeconds } = await shown('Lecture');
    expect(new Set(media.map(({ address }) => address)).size).toBe(2); // each medium has a group of its own
    expect(ttlSeconds).toBe(600);
  });

  test.each([
    { scope: 'local', ttl: 1, range: /^239\.255\./ },
    { scope: 'site', ttl: 15, range: /^239\.255\./ },
    { scope: 'region', ttl: 63, range: /^239\.19[2-5]\./ },
    { scope: 'world', ttl: 127, range: /^224\.2\./ },
  ])('[CNF-04] [CNF-05] [DEF-08] scope $scope has TTL $ttl', async ({ scope, ttl, range }) => {
    await ok(['create', 'A', '--scope', scope]);
    const { media, advertisingScope } = await shown('A');
    expect({ advertisingScope, ttl: media[0]?.ttl }).toEqual({ advertisingScope: scope, ttl });
    expect(media[0]?.address).toMatch(range);
  });

  test.each([
    { name: 'permanent', args: ['--permanent'], start: null },
    { name: 'without end', args: ['--stop', 'never'], start: '2026-11-21T12:00:00.000Z' },
  ])('[CNF-14] [CNF-15] $name', async ({ args, start }) => {
    await ok(['create', 'A', ...args]);
    const { startTime, stopTime, ttlSeconds } = await shown('A');
    expect({ startTime, stopTime }).toEqual({ startTime: start, stopTime: null });
    expect(ttlSeconds).toBeGreaterThan(300 * 24 * 3600); // the entry does not go before the conference does
  });

  test('the entry lasts longer than the conference', async () => {
    await ok(['create', 'A', '--start', '+24h', '--duration', '2h']);
    const { stopTime, expiresAt } = await shown('A');
    expect(Date.parse(expiresAt ?? '')).toBeGreaterThan(Date.parse(stopTime ?? ''));
  });

  test('the group drawn is nobody else’s', async () => {
    await ok(['create', 'A'], { random: () => 0.5 });
    const stuck = await cli(['create', 'B'], { random: () => 0.5 });
    expect(stuck.code).toBe(1);
    expect(stuck.err).toMatch(/nothing free in IPv4 Local Scope/i);
    let draws = 0;
    await ok(['create', 'B'], { random: () => (draws++ < 4 ? 0.5 : 0.25) });
    expect((await shown('B')).media[0]?.address).not.toBe((await shown('A')).media[0]?.address);
  });

  test('[APP-02] a description from a file is published byte for byte', async () => {
    await ok(['create', 'Studio', '--sdp', file('studio.sdp', FOREIGN)]);
    expect((await ok(['show', 'Studio', '--sdp'])).bytes).toEqual(FOREIGN);
  });

  test('a description from standard input, with what the options say changed and nothing else', async () => {
    const text = FOREIGN.toString('latin1').replace('caf\xe9', 'cafe');
    await ok(['create', 'Hall', '--sdp', '-', '--email', 'a@example.org'], { stdin: text });
    const changed = text.replace('s=Studio', 's=Hall').replace('t=0 0\n', 'e=a@example.org\nt=0 0\n');
    expect((await sdpOf('Hall')).replace(/^o=.*$/m, '')).toBe(changed.replace(/^o=.*$/m, ''));
  });

  test('one that is over already is told to be', async () => {
    const { err } = await ok(['create', 'Late', '--start', '2026-11-20T10:00Z']);
    expect(err).toContain('"Late" is over already');
  });

  test('another name, and company on the group, are told', async () => {
    const path = file('studio.sdp', FOREIGN);
    await ok(['create', 'Studio', '--sdp', path]);
    const { err } = await ok(['create', 'Second', '--sdp', path]);
    expect(err).toContain('its session name (s=) was "Studio" and is "Second" now');
    expect(err).toContain('"Studio" uses 239.1.2.3:5004 too');
    const bare = file('bare.sdp', 'v=0\r\ns=Bare\r\nt=0 0\r\n');
    const other = await cli(['create', 'Other', '--sdp', bare]);
    expect([other.code, other.out]).toEqual([1, '']);
    expect(other.err).toContain('under its own name: Bare');
    await ok(['create', 'Bare', '--sdp', bare]);
    expect(await sdpOf('Bare')).toBe('v=0\r\ns=Bare\r\nt=0 0\r\n');
  });

  test('what RFC 8866 has against a description is told, with its line', async () => {
    const odd = FOREIGN.toString('latin1').replace('5004/2', '5005');
    const { code, err } = await cli(['create', 'Odd', '--sdp', file('odd.sdp', odd)]);
    expect(code).toBe(0);
    expect(err).toMatch(/odd\.sdp, line 8: .*odd/);
  });
});

describe('edit', () => {
  test('[CNF-03] [CNF-07] [CNF-09] [SDP-04] one field changes its line and raises the version', async () => {
    await ok(['create', 'Studio', '--sdp', file('studio.sdp', FOREIGN)]);
    await ok(['edit', 'Studio', '--url', 'http://example.org/']);
    const { bytes } = await ok(['show', 'Studio', '--sdp']);
    const [before, after] = [FOREIGN, bytes].map((it) => it.toString('latin1').split('\n'));
    expect(after?.filter((line) => before?.includes(line) !== true)).toEqual([
      expect.stringMatching(/^o=mixer 3980000000 \d+ IN IP4 192\.0\.2\.7$/),
      'u=http://example.org/',
    ]);
    const version = (lines: readonly string[] = []): number => Number(lines[1]?.split(' ')[2]);
    expect(version(after)).toBeGreaterThan(version(before));
  });

  test('an empty text removes its line', async () => {
    await ok([
      'create',
      'A',
      '--description',
      'x',
      '--url',
      'http://example.org/',
      '--email',
      'a@example.org',
    ]);
    await ok(['edit', 'A', '--description', '', '--url', '', '--email', '']);
    expect(await sdpOf('A')).not.toMatch(/^[iue]=/m);
  });

  test('[CNF-12] [CNF-13] a new start moves the conference and keeps its length', async () => {
    await ok(['create', 'A', '--duration', '45m']);
    await ok(['edit', 'A', '--start', '2026-11-22T09:00:00Z']);
    const { startTime, stopTime, expiresAt } = await shown('A');
    expect([startTime, stopTime]).toEqual(['2026-11-22T09:00:00.000Z', '2026-11-22T09:45:00.000Z']);
    expect(Date.parse(expiresAt ?? '')).toBeGreaterThan(Date.parse('2026-11-22T09:45:00Z'));
  });

  test.each([
    {
      name: 'one that runs lasts so much longer from now',
      later: HOUR / 4,
      want: '2026-11-21T12:25:00.000Z',
    },
    { name: 'one that is to come counts from its start', later: -HOUR, want: '2026-11-21T12:10:00.000Z' },
  ])('--stop +10m: $name', async ({ later, want }) => {
    await ok(['create', 'A', '--start', NOON.toISOString()], {
      now: new Date(NOON.getTime() + Math.min(0, later)),
    });
    const now = new Date(NOON.getTime() + later);
    await ok(['edit', 'A', '--stop', '+10m'], { now });
    expect((await shown('A', { now })).stopTime).toBe(want);
  });

  test('[CNF-05] a scope gives the groups its TTL', async () => {
    await ok(['create', 'A', '--scope', 'site']);
    const before = await shown('A');
    await ok(['edit', 'A', '--scope', 'local']);
    const after = await shown('A');
    expect(after.media).toEqual([{ ...before.media[0], ttl: 1 }]);
  });

  test('a group and port', async () => {
    await ok(['create', 'A']);
    await ok(['edit', 'A', '--group', '239.255.10.2:6000']);
    expect((await shown('A')).media).toMatchObject([{ address: '239.255.10.2', port: 6000, ttl: 15 }]);
    expect(await sdpOf('A')).not.toMatch(/^c=(?!IN IP4 239\.255\.10\.2\/15\r?$)/m);
  });

  test('new media keep the places of the old ones', async () => {
    await ok(['create', 'A']);
    const before = await shown('A');
    await ok(['edit', 'A', '--media', 'audio:PCMA,PCMU', '--media', 'audio:L16/44100']);
    const { media } = await shown('A');
    expect(media).toMatchObject([
      { address: before.media[0]?.address, port: before.media[0]?.port, formats: ['8', '0'] },
      { formats: ['11'], ttl: 15 },
    ]);
    expect(media[1]?.address).not.toBe(media[0]?.address);
  });

  test('[OBJ-03] a new name is a new entry, and the old one is gone', async () => {
    await ok(['create', 'Old', '--description', 'the same']);
    await ok(['edit', 'Old', '--rename', 'New']);
    expect(await shown('New')).toMatchObject({ name: 'New', description: 'the same' });
    expect(await sdpOf('New')).toContain('s=New\r\n');
    expect((await cli(['show', 'Old'])).code).toBe(3);
  });

  test('[APP-02] a whole description in place of the old one is a newer version of it', async () => {
    await ok(['create', 'Studio', '--sdp', file('studio.sdp', FOREIGN)]);
    const path = file('new.sdp', FOREIGN.toString('latin1').replace('239.1.2.3', '239.1.2.4'));
    await ok(['edit', 'Studio', '--sdp', path]);
    const sdp = await sdpOf('Studio');
    expect(sdp).toContain('239.1.2.4');
    expect(Number(/^o=mixer \d+ (\d+)/m.exec(sdp)?.[1])).toBeGreaterThan(7);
  });

  test('nothing to change is wrong usage', async () => {
    await ok(['create', 'A']);
    const { code, err } = await cli(['edit', 'A', '--json']);
    expect([code, err]).toEqual([2, expect.stringContaining('Nothing to change')]);
  });
});

describe('list', () => {
  beforeEach(async () => {
    await ok(['create', 'Lecture', '--description', 'Chapter 3', '--scope', 'world']);
    await ok(['create', 'Late lecture', '--start', '2026-11-21T18:00:00Z']);
    await ok(['create', 'Paging', '--permanent', '--originator', 'porter']);
  });

  test.each([
    { name: 'all, by start', args: [], want: ['Paging', 'Lecture', 'Late lecture'] },
    { name: 'the beginning of a name', args: ['lec*'], want: ['Lecture'] },
    { name: 'a part of a name', args: ['*LECTURE'], want: ['Lecture', 'Late lecture'] },
    { name: 'a whole name', args: ['paging'], want: ['Paging'] },
    { name: 'those that take place', args: ['--active'], want: ['Paging', 'Lecture'] },
    { name: 'a scope', args: ['--scope', 'world'], want: ['Lecture'] },
    { name: 'an LDAP filter', args: ['--filter', '(!(cn=lec*))'], want: ['Paging', 'Late lecture'] },
    { name: 'nothing', args: ['nobody*'], want: [] },
  ])('[DIR-13] [APP-02] $name', async ({ args, want }) => {
    expect(names(await ok(['list', ...args]))).toEqual(want);
    const found: ConferenceJson[] = JSON.parse((await ok(['list', ...args, '--json'])).out);
    expect(found.map(({ name }) => name)).toEqual(want);
    const lines = (await ok(['list', ...args, '--ndjson'])).out.split('\n').slice(0, -1);
    const streamed = lines.map((line): ConferenceJson => JSON.parse(line));
    expect(streamed.map(({ name }) => name).sort()).toEqual([...want].sort());
  });

  test('in a pipe: fields between tabs, RFC 3339 times, no header', async () => {
    const [paging = '', lecture = ''] = (await ok(['list', '--long'])).out.split('\n');
    expect(paging.split('\t')).toEqual([
      'Paging',
      expect.stringMatching(/^239\.255\.[\d.]+:\d+$/),
      'site',
      '',
      '',
      'audio PCMU/8000',
      'porter',
      '',
      '',
      'no',
      expect.stringMatching(/^20\d\d-.*Z$/),
      expect.stringMatching(/^uid=Paging,/),
      '', // always open: it does not start
      '', // nor did a gateway copy it
      'embedded',
    ]);
    expect(lecture.split('\t').slice(3, 5)).toEqual(['2026-11-21T12:00:00.000Z', '2026-11-21T12:30:00.000Z']);
  });

  test('on a terminal: a table as wide as it', async () => {
    const { out } = await ok(['list', '--no-color'], { columns: 60 });
    const lines = out.split('\n').slice(0, -1);
    expect(lines[0]).toMatch(/^NAME +GROUP +SCOPE +WHEN +MEDIA$/);
    expect(lines).toHaveLength(4);
    expect(lines.filter((line) => line.length > 60)).toEqual([]);
  });

  test('--long on a terminal too narrow for the table: one below the other, nothing cut', async () => {
    const description = 'What there is to say about it is longer than many terminals are wide';
    await ok(['create', 'Wide', '--description', description]);
    const { out } = await ok(['list', 'wide', '--long', '--no-color'], { columns: 60 });
    expect(out).toMatch(new RegExp(`^Name +Wide\nDescription +${description}\n`));
    expect((await ok(['list', 'wide', '--long', '--no-color'], { columns: 300 })).out).toMatch(
      /^NAME +GROUP/,
    );
  });

  test('nothing at all says what to do, and not on standard output', async () => {
    await ok(['delete', 'Lecture', 'Late lecture', 'Paging']);
    const { out, err } = await ok(['list']);
    expect([out, err]).toEqual(['', 'No conferences. Create one: rendezvous create NAME\n']);
  });
});

describe('show', () => {
  test('the fields of the JSON are these', async () => {
    await ok(['create', 'A']);
    const fields =
      'kind name protocol originator advertisingScope url description isEncrypted startTime stopTime times media sdp ' +
      'sdpProblem blobBase64 origin dn acl sddl ttlSeconds expiresAt attributes directory leases';
    expect(Object.keys(await shown('A'))).toEqual(fields.split(' '));
    const { out } = await ok(['show', 'A', '--ndjson']);
    expect(JSON.parse(out)).toEqual(await shown('A'));
    expect(out.trimEnd()).not.toContain('\n');
  });

  test('in a pipe: name of the field, tab, value; times as RFC 3339', async () => {
    await ok([
      'create',
      'A',
      '--description',
      'Chapter\t3',
      '--group',
      '239.255.1.2:5004',
      '--originator',
      'ann',
    ]);
    const { out } = await ok(['show', 'A']);
    expect(
      out
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split('\t')),
    ).toEqual([
      ['name', 'A'],
      ['description', 'Chapter 3'],
      ['startTime', '2026-11-21T12:00:00.000Z'],
      ['stopTime', '2026-11-21T12:30:00.000Z'],
      ['medium', 'audio', 'PCMU/8000', '239.255.1.2:5004', '15'],
      ['advertisingScope', 'site'],
      ['originator', 'ann'],
      ['isEncrypted', 'no'],
      ['dn', 'uid=A,ou=Dynamic,o=Intranet'],
      ['expiresAt', '2026-11-21T13:00:00.000Z'],
      ['directory', 'embedded'],
    ]);
  });

  test('for people: label and value, local time', async () => {
    await ok(['create', 'A', '--description', 'Chapter 3']);
    const { out } = await ok(['show', 'A', '--no-color'], { columns: 100 });
    expect(out).toMatch(/^Name +A$/m);
    expect(out).toMatch(/^Description +Chapter 3$/m);
    expect(out).toMatch(/^When +now, until today \d\d:30$/m);
    expect(out).toMatch(/^Medium +audio PCMU\/8000 on 239\.255\.[\d.]+:\d+, TTL 15$/m);
  });

  test('escape sequences from the directory do not reach the terminal', async () => {
    const evil = FOREIGN.toString('latin1').replace('caf\xe9', '\x1b]0;owned\x07\x1b[2J\u009b31m');
    await ok(['create', 'Studio', '--sdp', file('evil.sdp', Buffer.from(evil, 'latin1'))]);
    for (const args of [
      ['show', 'Studio'],
      ['list', '--long'],
    ]) {
      const { out } = await ok([...args, '--no-color'], { columns: 200 });
      expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    }
  });

  test('[CNF-01] a blob that is no SDP is told to be none', async () => {
    await ok(['create', 'Studio', '--sdp', file('studio.sdp', FOREIGN)]);
    expect((await shown('Studio')).protocol).toBe('IP Conference');
  });
});

describe('delete', () => {
  test('[DIR-12] all that are there, and then tells which was not', async () => {
    await ok(['create', 'A']);
    await ok(['create', 'B']);
    const { code, err } = await cli(['delete', 'A', 'nobody', 'B']);
    expect(code).toBe(3);
    expect(err).toContain('There is no conference "nobody"');
    expect((await ok(['list', '--json'])).out).toBe('[]\n');
  });

  test('--quiet says nothing when all went well', async () => {
    await ok(['create', 'A']);
    const { out, err } = await ok(['delete', 'A', '--quiet']);
    expect(out + err).toBe('');
  });
});

test('[OBJ-06] [OBJ-07] who may do what is given as a list or as SDDL, and shown as either', async () => {
  await ok(['create', 'Council', '--acl', 'authenticated:read,uid=ann,o=Example:read+write,owner:all']);
  const { acl, sddl } = await shown('Council');
  expect(acl).toMatch(/^authenticated:read,S-1-1380210225-[\d-]+:read\+write,owner:all$/);
  expect(sddl).toMatch(/^D:\(A;;GR;;;AU\)\(A;;GRGW;;;S-1-1380210225-[\d-]+\)\(A;;GA;;;OW\)$/);
  await ok(['edit', 'Council', '--sddl', 'D:(A;;GR;;;WD)(A;;GA;;;OW)']);
  expect((await ok(['show', 'Council', '--sddl'])).out).toBe('D:(A;;GR;;;WD)(A;;GA;;;OW)\n');
  expect((await ok(['show', 'Council'])).out).toContain('\nacl\teveryone:read,owner:all\n');
  await ok(['edit', 'Council', '--rename', 'Assembly', '--acl', 'owner:all']);
  expect((await shown('Assembly')).acl).toBe('owner:all');
  await ok(['create', 'Lecture']);
  expect((await cli(['show', 'Lecture', '--sddl'])).err).toContain('does not say who may do what');
});

describe('errors', () => {
  test.each([
    {
      name: 'no such conference',
      args: ['show', 'Nobody'],
      code: 3,
      err: /There is no conference "Nobody" on .*rendezvous list/,
    },
    { name: 'a near miss', args: ['show', 'Lectrue'], code: 3, err: /Did you mean "Lecture"\?/ },
    {
      name: 'a name that is taken',
      args: ['create', 'Lecture'],
      code: 1,
      err: /already.*rendezvous edit Lecture/,
    },
    {
      name: 'no such file',
      args: ['create', 'A', '--sdp', 'no/such.sdp'],
      code: 3,
      err: /no\/such\.sdp: there is no such file/,
    },
    {
      name: 'no such time',
      args: ['create', 'A', '--start', 'soonish'],
      code: 2,
      err: /"soonish" is not a time: write it like/,
    },
    {
      name: 'a stop before the start',
      args: ['create', 'A', '--stop', '2020-01-01T00:00'],
      code: 2,
      err: /not after the start/,
    },
    { name: 'a duration without a unit', args: ['create', 'A', '--duration', '30'], code: 2, err: /30m/ },
    {
      name: 'no such medium',
      args: ['create', 'A', '--media', 'smell:ROSE/1'],
      code: 2,
      err: /begin with one of audio/,
    },
    {
      name: 'no multicast group',
      args: ['create', 'A', '--group', '10.1.2.3:5004'],
      code: 2,
      err: /not a multicast address/,
    },
    {
      name: 'an odd port',
      args: ['create', 'A', '--group', '239.255.1.1:5005'],
      code: 2,
      err: /must be even/,
    },
    {
      name: 'a reserved group',
      args: ['create', 'A', '--group', '224.0.0.5:5004'],
      code: 2,
      err: /link-local/,
    },
    {
      name: 'more groups than media',
      args: ['create', 'A', '--group', '239.255.1.1', '--group', '239.255.1.2'],
      code: 2,
      err: /2 groups for 1 media/,
    },
    { name: 'a short time to live', args: ['create', 'A', '--ttl', '20'], code: 2, err: /300/ },
    {
      name: 'an originator of two words',
      args: ['create', 'A', '--originator', 'Ann Lee'],
      code: 2,
      err: /Ann Lee/,
    },
    { name: 'a name with a line break', args: ['create', 'A\nB'], code: 2, err: /control characters/ },
    {
      name: 'options that exclude each other',
      args: ['create', 'A', '--permanent', '--start', 'now'],
      code: 2,
      err: /cannot be used with/,
    },
    {
      name: 'no such scope',
      args: ['create', 'A', '--scope', 'galaxy'],
      code: 2,
      err: /local, site, region, world/,
    },
    {
      name: 'a password of nobody',
      args: ['list', '--directory', 'ldap://127.0.0.1:9', '--password-file', 'x'],
      code: 2,
      err: /give --bind-dn or --user too/,
    },
    {
      name: 'rights that are none',
      args: ['create', 'x', '--acl', 'everyone:reed'],
      code: 2,
      err: /rights are all, read, join, write/,
    },
    {
      name: 'SDDL that is none',
      args: ['edit', 'Lecture', '--sddl', 'D:(A)'],
      code: 2,
      err: /SDDL: has an ACE/,
    },
    { name: 'no such help', args: ['help', 'lst'], code: 2, err: /Did you mean list\?/ },
    { name: 'no such command', args: ['lst'], code: 2, err: /Did you mean list\?/ },
    { name: 'no such option', args: ['list', '--jsn'], code: 2, err: /Did you mean --json\?/ },
    { name: 'a filter that is none', args: ['list', '--filter', '(cn='], code: 2, err: /filter/i },
    { name: 'no server in the URL', args: ['list', '--directory', 'ldap://'], code: 2, err: /server/i },
    {
      name: 'nobody at the URL',
      args: ['list', '--directory', 'ldap://127.0.0.1:9'],
      code: 5,
      err: /127\.0\.0\.1/,
    },
    {
      name: 'a password without a terminal',
      args: ['list', '--bind-dn', 'cn=a', '--directory', 'ldap://127.0.0.1:1'],
      code: 2,
      err: /--password-file/,
    },
  ])('$name: exit $code', async ({ args, code, err }) => {
    await ok(['create', 'Lecture']);
    const ran = await cli(args);
    expect(ran.err).toMatch(err);
    expect(ran.code).toBe(code);
    expect(ran.out).toBe('');
    expect(ran.err).not.toMatch(/\n {4}at /); // no stack without --verbose
  });
});

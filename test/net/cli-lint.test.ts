import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { cliOnData } from '../cli/data-dir.ts';
import { quirksFolder } from '../sdp/quirks.ts';

const { cli, ok, path } = cliOnData({ now: new Date('2026-11-21T12:00:00Z') });
const quirk = (name: string): string => fileURLToPath(new URL(`${name}.sdp`, quirksFolder));
const CLOCK = ['--clock-id', '00:1d:c1:ff:fe:12:00:a3'];
const rows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));

describe('lint', () => {
  test('a file: who refuses it, why, and what to do', async () => {
    const ran = await cli(['lint', quirk('dante-source-filter'), '--for', 'dante,aes67']);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('rendezvous: Refused by Dante');
    expect(rows(ran.out)).toEqual([
      ['aes67', 'accepts'],
      [
        'dante',
        'refuses',
        'source-filter',
        '8',
        'Dante Controller does not show sources with a source filter',
        'remove the a=source-filter line from what is announced to Dante',
        'seen',
        'bondagit/aes67-linux-daemon#94',
      ],
    ]);
  });

  test('succeeds when those who were asked take it, warnings or not', async () => {
    const { out, err } = await ok(['lint', quirk('dante-source-filter'), '--for', 'aes67,GStreamer']);
    expect(rows(out).map(([receiver, verdict]) => [receiver, verdict])).toEqual([
      ['aes67', 'accepts'],
      ['gstreamer', 'warns'],
    ]);
    expect(err).toContain('Nobody refuses it.');
  });

  test('standard input', async () => {
    const stdin =
      'v=0\no=- 1 1 IN IP4 192.0.2.1\ns=x\nc=IN IP4 239.1.1.1/15\nt=0 0\nm=audio 5004 RTP/AVP 0\n';
    const { out } = await ok(['lint', '-', '--for', 'rendezvous'], { stdin });
    expect(out).toBe('rendezvous\taccepts\n');
  });

  test('as JSON', async () => {
    const ran = await cli(['lint', quirk('am824'), '--for', 'dante,ffmpeg', '--json']);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out)).toMatchObject({
      name: quirk('am824'),
      directory: null,
      ok: false,
      problem: null,
      verdicts: [
        { receiver: 'dante', title: 'Dante', verdict: 'refuses' },
        { receiver: 'ffmpeg', title: 'ffmpeg', verdict: 'refuses' },
      ],
      findings: [
        { receiver: 'dante', rule: 'encoding', line: 7, text: 'a=rtpmap:97 AM824/48000/2', basis: 'manual' },
        { receiver: 'dante', rule: 'group-prefix', severity: 'warns' },
        { receiver: 'ffmpeg', rule: 'encoding', severity: 'refuses', basis: 'code' },
      ],
    });
  });

  test('on a terminal: a line for each receiver, then line by line', async () => {
    const ran = await cli(['lint', quirk('dante-source-filter')], { columns: 90, env: { NO_COLOR: '1' } });
    expect(ran.out).toMatch(/^ ✗ Dante {7}refuses {3}1 thing, line 8$/m);
    expect(ran.out).toMatch(/^ ✓ AES67 {7}accepts$/m);
    expect(ran.out).toContain('line 8  a=source-filter: incl IN IP4 239.69.0.9 10.0.0.9\n');
    expect(ran.out).toContain('    refuses   Dante\n    do        remove the a=source-filter line');
    for (const line of ran.out.split('\n')) expect(line).not.toMatch(/\s$/);
  });

  test('never lets a description write to the terminal', async () => {
    writeFileSync(
      path('evil.sdp'),
      'v=0\no=\u001b[31m x\ns=\u001b]0;x\u0007\nt=0 0\nm=audio 5004 RTP/AVP 0\n',
    );
    const ran = await cli(['lint', path('evil.sdp')], { columns: 80, env: { NO_COLOR: '1' } });
    expect(ran.out).not.toContain('\u001b');
    expect(ran.code).toBe(1);
  });

  test('a conference by name, and all of them', async () => {
    await ok(['create', 'Talk']);
    await ok(['create', 'Music', '--media', 'audio:L16/44100/2']);
    await ok(['lint', 'Talk', '--for', 'rendezvous,ffmpeg']);
    const all = await cli(['lint', '--all', '--for', 'rendezvous,pipewire,dante']);
    expect(rows(all.out)).toEqual([
      ['Music', 'refuses', 'accepts', 'accepts', 'embedded'],
      ['Talk', 'refuses', 'accepts', 'accepts', 'embedded'],
    ]);
    expect(all.err).toContain('2 of 2 are refused by somebody who was asked');
    expect(all.code).toBe(1);
    const table = await cli(['lint', '--all'], { columns: 100, env: { NO_COLOR: '1' } });
    expect(table.out).toMatch(/^NAME +SDP +AES67 +2110 +DANTE +RAVENNA +PIPEWIRE +FFMPEG +GST +VLC +HERE$/m);
    expect(table.out).toMatch(/^Talk +✓ +✗/m);
    expect(table.err).toContain('✗ refuses');
    const json: unknown = JSON.parse((await cli(['lint', '--all', '--json'])).out);
    expect(json).toMatchObject([{ name: 'Music', directory: 'embedded' }, { name: 'Talk' }]);
  });

  test('nothing there is no failure', async () => {
    expect((await ok(['lint', '--all'])).err).toContain('No conferences');
  });

  test.each([
    [['lint'], 2, 'Lint what?'],
    [['lint', 'x', '--all'], 2, 'not both'],
    [['lint', 'x', '--for', 'dnate'], 2, 'Did you mean dante?'],
    [['lint', 'x', '--for', ''], 2, '--for names nobody'],
    [['lint', 'nowhere.sdp'], 3, 'nowhere.sdp'],
    [['lint', 'Nobody'], 3, 'There is no conference "Nobody"'],
  ])('%j', async (args, code, message) => {
    const ran = await cli(args);
    expect(ran.err).toContain(message);
    expect(ran.code).toBe(code);
  });
});

describe('create --profile', () => {
  test.each([
    ['dante', CLOCK, 'dante,aes67,ffmpeg,gstreamer,pipewire'],
    ['ravenna', CLOCK, 'ravenna,aes67,ffmpeg,gstreamer,pipewire'],
    ['aes67', ['--clock-id', 'traceable'], 'aes67,ffmpeg,gstreamer,pipewire'],
    ['paging', [], 'rendezvous,ffmpeg,gstreamer,vlc,pipewire'],
  ])('%s is what such equipment takes', async (profile, more, receivers) => {
    const { err } = await ok(['create', 'Stage', '--profile', profile, ...more]);
    expect(err).not.toContain('warning:');
    const { out } = await ok(['lint', 'Stage', '--for', receivers]);
    expect(rows(out).filter(([, verdict]) => verdict !== 'accepts')).toEqual([]);
  });

  test('dante: a group that new devices take, the clock in its own words, and no source filter', async () => {
    const { err } = await ok(['create', 'Stage', '--profile', 'dante', ...CLOCK]);
    const { out } = await ok(['show', 'Stage', '--sdp']);
    expect(out).toMatch(/^c=IN IP4 239\.69\.\d+\.\d+\/15\r$/m);
    expect(out).toMatch(/^m=audio 5004 RTP\/AVP 96\r$/m);
    expect(out).toMatch(/^o=\S+ \d+ \d+ IN IP4 [\d.]+\r$/m);
    expect(out).toContain('a=ts-refclk:ptp=IEEE1588-2008:00-1D-C1-FF-FE-12-00-A3:0\r\n');
    expect(out).not.toContain('source-filter');
    expect(err).toContain('true only while the sender does: nothing here runs PTP');
    expect(err).toContain('what other equipment sends; "rendezvous join" hears it');
    const odd = await ok(['create', 'Odd', '--profile', 'dante', '--media', 'audio:AM824/48000/2', ...CLOCK]);
    expect(odd.err).toContain('it can be neither sent nor played from here');
    await ok([
      'create',
      'Other',
      '--profile',
      'dante',
      ...CLOCK,
      '--dante-prefix',
      '44',
      '--ptp-domain',
      '3',
    ]);
    const other = (await ok(['show', 'Other', '--sdp'])).out;
    expect(other).toMatch(/^c=IN IP4 239\.44\./m);
    expect(other).toContain('A3:3\r\n');
  });

  test('other options go on to count, and are told what they do to it', async () => {
    const { err } = await ok([
      'create',
      'Stage',
      '--profile',
      'dante',
      ...CLOCK,
      '--group',
      '239.69.7.7:6000',
      '--source',
      '10.0.0.7',
    ]);
    expect(err).toContain('warning: Dante refuses "Stage": the port is 6000, not 5004');
    expect(err).toContain('Dante Controller does not show sources with a source filter');
  });

  test.each([
    [['--profile', 'dante'], 'needs --clock-id'],
    [['--profile', 'dante', '--clock-id', '00:1d:c1:12:00:a3'], 'that is a MAC address'],
    [['--profile', 'aes67', ...CLOCK, '--ptp-domain', '300'], 'is not a number from 0 to 127'],
    [['--profile', 'aes67', ...CLOCK, '--dante-prefix', '70'], 'is for --profile dante'],
    [['--profile', 'paging', ...CLOCK], 'names no PTP clock'],
    [['--profile', 'paging', '--sdp', 'x.sdp'], 'x.sdp'],
    [['--clock-id', 'x'], 'give --profile too'],
    [['--profile', 'livewire'], 'Allowed choices'],
  ])('%j is wrong at once', async (options, message) => {
    const ran = await cli(['create', 'Stage', ...options]);
    expect(ran.err).toContain(message);
    expect([2, 3]).toContain(ran.code);
    expect((await cli(['list'])).out).toBe('');
  });
});

describe('the key of a description in a file', () => {
  const KEYED = [
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.1',
    's=Board',
    'k=clear:sEcReT',
    'c=IN IP4 239.1.1.1/15',
    't=0 0',
    'm=audio 5004 RTP/SAVP 0',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:sEcReTVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR',
    'a=crypto:sEcReT sEcReT',
    'a=key-mgmt:mikey sEcReT',
    '',
  ].join('\r\n');
  const board = (): string => {
    writeFileSync(path('board.sdp'), KEYED);
    return path('board.sdp');
  };

  test('is not in what lint says of it', async () => {
    for (const more of [[], ['--json']]) {
      const ran = await cli(['lint', board(), ...more]);
      expect(ran.out).toContain('crypto');
      expect(ran.out + ran.err).not.toContain('sEcReT');
    }
  });

  test('is announced to nobody, nor is a conference that has one', async () => {
    const ran = await cli(['announce', board(), '--for', '1s']);
    expect([ran.code, ran.err]).toEqual([
      1,
      expect.stringContaining('is encrypted, and whatever is announced'),
    ]);
    for (const args of [['--encrypted'], ['--sdp', board()]]) {
      const created = await cli(['create', 'Board', ...args, '--announce']);
      expect([created.code, created.err]).toEqual([2, expect.stringContaining('leave out --announce')]);
      expect(created.err).not.toContain('sEcReT');
    }
    expect((await ok(['list'])).out).toBe('');
  });
});

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { readRecording } from '../../cli/demo/recording.ts';
import { strongestTone } from '../../cli/demo/measure.ts';
import { JOIN_EVENTS } from '../../cli/join/events.ts';
import { type Ended, Home, PROGRAM, type Running } from './cli-program.ts';
import { drawGroup } from './loopback.ts';

interface Line {
  readonly type: string;
  readonly time: string;
  readonly [field: string]: unknown;
}

const home = new Home();
afterAll(() => home[Symbol.dispose]());

const HERE = ['--interface', 'lo', '--loopback', 'selective'];
let files = 0;

/** A description in a file of its own, of a group that nobody else uses. */
function describeSession(
  times = 't=0 0',
  media = 'RTP/AVP 0',
): { file: string; sdp: string; group: string; port: number } {
  const { group, port } = drawGroup();
  const sdp = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Round\r\nc=IN IP4 ${group}/1\r\n${times}\r\nm=audio ${port} ${media}\r\n`;
  const file = join(home.path, `session-${files++}.sdp`);
  writeFileSync(file, sdp);
  return { file, sdp, group, port };
}

const takePart = (file: string, ...args: string[]): Running => home.start(['join', file, ...HERE, ...args]);

function linesOf({ out }: Pick<Ended, 'out'>): Line[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Line => JSON.parse(line));
}

/** Seconds since 1900, as in `t=`. */
const ntp = (inSeconds: number): number => Math.round(Date.now() / 1000) + 2_208_988_800 + inSeconds;

describe('two processes', () => {
  test('[CAL-04] [PEV-03] hear each other; Ctrl-C says goodbye within two seconds', async () => {
    const { file } = describeSession();
    const heard = join(home.path, 'ann-heard.wav');
    const sdes = [
      '--email',
      'ann@example.org',
      '--phone',
      '+1 2',
      '--loc',
      'here',
      '--tool',
      'ours',
      '--note',
      'busy',
    ];
    await using ann = takePart(
      file,
      '--json',
      '--name',
      'Ann',
      ...sdes,
      '--send',
      'tone:440',
      '--receive',
      `wav:${heard}`,
    );
    await using bob = takePart(file, '--json', '--name', 'Bob', '--send', 'tone:660', '--receive', 'null');
    await Promise.all([
      ann.printed(/"type":"verdict","time":"[^"]*","outcome":"hearing","participants":1,"hearing":1/),
      bob.printed(/"type":"participant-updated".*"name":"Ann"/),
      ann.printed(/"type":"participant-updated".*"name":"Bob"/),
    ]);
    const asked = performance.now();
    bob.child.kill('SIGINT');
    const left = await bob.end;
    expect(performance.now() - asked).toBeLessThan(2000);
    expect(left.code).toBe(130);
    expect(linesOf(left).at(-1)).toMatchObject({ type: 'left', cause: 'interrupted' });
    await ann.printed(/"type":"participant-left".*"name":"Bob"/);
    ann.child.kill('SIGTERM');
    const { code, out, err } = await ann.end;
    expect([code, err]).toEqual([130, '']);

    const events = linesOf({ out });
    const documented = JOIN_EVENTS.map(([type]) => type);
    for (const { type, time, ...fields } of events) {
      expect(documented).toContain(type);
      expect(new Date(time).toISOString()).toBe(time);
      const [, names = ''] = JOIN_EVENTS.find(([it]) => it === type) ?? [];
      expect([type, ...names.split(', ')]).toEqual(expect.arrayContaining(Object.keys(fields)));
    }
    const me = linesOf(left).findLast(({ participant }) => JSON.stringify(participant)?.includes('"Ann"'));
    expect(me?.['participant']).toMatchObject({
      name: 'Ann',
      email: 'ann@example.org',
      phone: '+1 2',
      location: 'here',
      tool: 'ours',
      note: 'busy',
      address: '127.0.0.1',
    });
    const { samples, sampleRate } = await readRecording(heard);
    expect(strongestTone(samples, sampleRate)?.hz).toBeCloseTo(660, 0);
  });

  test.concurrent('[LOO-03] [LOO-04] one hears oneself with full loopback, and not with selective', async () => {
    const heardAlone = async (mode: string): Promise<number | undefined> => {
      const recording = join(home.path, `${mode}.wav`);
      const sound = ['--send', 'tone:500', '--receive', `wav:${recording}`, '--duration', '2s'];
      const place = ['--interface', 'lo', '--loopback', mode];
      const { code, err } = await home.run(['join', describeSession().file, ...place, ...sound]);
      expect([code, err]).toEqual([0, '']);
      const { samples, sampleRate } = await readRecording(recording);
      return strongestTone(samples, sampleRate)?.hz;
    };
    const [selective, full] = await Promise.all([heardAlone('selective'), heardAlone('full')]);
    expect(selective).toBeUndefined();
    expect(full).toBeCloseTo(500, 0);
  });

  test.concurrent('raw samples on standard output are what was sent, and events go elsewhere', async () => {
    const { file } = describeSession();
    await using bob = takePart(file, '--send', 'tone:1000', '--receive', 'null');
    const { bytes, err } = await takePart(file, '--listen', '--receive', 'pcm:-', '--duration', '3s').end;
    const samples = Float32Array.from(
      new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1),
      (n) => n / 32_768,
    );
    expect(samples.length / 8000).toBeGreaterThan(2.5);
    const tone = strongestTone(samples, 8000);
    expect(tone?.hz).toBeCloseTo(1000, 0);
    expect(tone?.purity).toBeGreaterThan(0.95);
    expect(err).toContain('joined "Round"');
    bob.child.kill('SIGKILL');
  });

  test('a pipe gets sentences, ending with what was counted', async () => {
    const { file, group, port } = describeSession();
    await using bob = takePart(file, '--name', 'Bob', '--send', 'tone:660', '--receive', 'null');
    const { code, out, err } = await takePart(
      file,
      '--name',
      'Ann',
      '--listen',
      '--receive',
      'null',
      '--duration',
      '4s',
    ).end;
    expect([code, err]).toEqual([0, '']);
    const told = out.replaceAll(/^\d\d:\d\d:\d\d {2}/gm, '').split('\n');
    expect(told.slice(0, 3)).toEqual([
      'joined "Round"',
      `            audio: ${group}:${port} through lo (127.0.0.1)`,
      expect.stringMatching(/^ +DSCP 46 \(EF\), TTL 1, loopback selective$/),
    ]);
    expect(told).toContain('hearing 1 participant');
    expect(out).toMatch(/[0-9a-f]{8} from 127\.0\.0\.1 is Bob, tool Rendezvous/);
    expect(told.at(-3)).toMatch(/^ +Bob: \d+ packets, 0\.0 % lost, jitter \d+\.\d ms, .*-18 dBFS$/);
    expect(told.at(-2)).toBe('left as asked after 4 s');
    bob.child.kill('SIGKILL');
  });
});

describe.concurrent('alone', () => {
  test('a verdict comes within six seconds, with reasons and what to try', async () => {
    const { file } = describeSession();
    await using ann = takePart(file, '--listen', '--receive', 'null', '--json');
    await ann.printed(/"type":"verdict".*\n/);
    const first = (type: string): Line | undefined => linesOf(ann).find((it) => it.type === type);
    const [joined, verdict] = [first('joined'), first('verdict')];
    expect(Date.parse(verdict?.time ?? '') - Date.parse(joined?.time ?? '')).toBeLessThan(6000);
    expect(verdict).toMatchObject({ outcome: 'nothing', hearing: 0 });
    expect(verdict?.['reasons']).toContainEqual(
      expect.objectContaining({ code: 'alone', tryThis: expect.stringContaining('--loopback selective') }),
    );
  });

  test('a second Ctrl-C quits at once, whatever is still to be finished', async () => {
    const { file } = describeSession();
    const stubborn = "exec:trap '' TERM PIPE INT; exec sleep 2"; // is given time to finish
    await using ann = takePart(file, '--listen', '--receive', stubborn, '--json');
    await ann.printed(/"type":"joined"/);
    ann.child.kill('SIGINT');
    await ann.printed(/"type":"statistics".*"final":true/);
    ann.child.kill('SIGINT');
    const { code, out } = await ann.end;
    expect(code).toBe(130);
    expect(out).not.toContain('"type":"left"');
  });

  test('a description on standard input', async () => {
    const { sdp } = describeSession();
    const { code, out } = await home.run(
      ['join', '-', ...HERE, '--listen', '--receive', 'null', '--json', '--duration', '300ms'],
      { stdin: sdp },
    );
    expect(code).toBe(0);
    expect(linesOf({ out }).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['joined', 'verdict', 'left']),
    );
  });

  test('[APP-04] by name in the directory; a name not there is told with the one meant', async () => {
    await home.run(['create', 'Morning round', '--scope', 'local']);
    const found = await home.run([
      'join',
      'Morning round',
      ...HERE,
      '--receive',
      'null',
      '--duration',
      '300ms',
      '--json',
    ]);
    expect([found.code, linesOf(found).find(({ type }) => type === 'joined')?.['name']]).toEqual([
      0,
      'Morning round',
    ]);
    const missed = await home.run(['join', 'Mornin raund']);
    expect(missed.code).toBe(3);
    expect(missed.err).toContain('Did you mean "Morning round"?');
  });

  test('by a name with a slash in it; what can only be a path is none', async () => {
    await home.run(['create', 'Dev/Ops', '--scope', 'local']);
    const listen = ['--receive', 'null', '--duration', '300ms', '--json'];
    const found = await home.run(['join', 'Dev/Ops', ...HERE, ...listen]);
    expect([found.code, linesOf(found).find(({ type }) => type === 'joined')?.['name']]).toEqual([
      0,
      'Dev/Ops',
    ]);
    const [mistyped, path] = await Promise.all([
      home.run(['join', 'Dev/Oops']),
      home.run(['join', 'folder/Dev.sdp']),
    ]);
    expect([mistyped.code, path.code]).toEqual([3, 3]);
    expect(mistyped.err).toContain('Did you mean "Dev/Ops"?');
    expect(path.err).toContain('There is no file folder/Dev.sdp');
  });

  test('without a sound card it listens to nothing, and says so', async () => {
    const { file } = describeSession();
    const { code, out, err } = await takePart(file, '--json', '--duration', '300ms').end;
    expect(code).toBe(0);
    if (existsSync('/dev/snd/controlC0')) return; // here there is one, and it is used
    expect(err).toContain('No sound card here');
    expect(linesOf({ out }).find(({ type }) => type === 'joined')).toMatchObject({
      sending: null,
      receiving: ['null'],
    });
  });
});

describe.concurrent('times', () => {
  test('--wait joins when it begins, and its end is told and ends it', async () => {
    const { file } = describeSession(`t=${ntp(6)} ${ntp(8)}`);
    const { code, out } = await takePart(file, '--wait', '--listen', '--receive', 'null', '--json').end;
    expect(code).toBe(0);
    const events = linesOf({ out });
    expect(events[0]).toMatchObject({ type: 'waiting', name: 'Round' });
    const at = (type: string): number => Date.parse(events.find((it) => it.type === type)?.time ?? '');
    expect(at('joined') - at('waiting')).toBeGreaterThan(800);
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['closing', 'closed']));
    expect(events.at(-1)).toMatchObject({ type: 'left', cause: 'closed' });
  });

  test('Ctrl-C while waiting ends at once, nothing having been joined', async () => {
    const { file } = describeSession(`t=${ntp(3600)} ${ntp(7200)}`);
    await using ann = takePart(file, '--wait', '--json');
    await ann.printed(/"type":"waiting"/);
    ann.child.kill('SIGINT');
    const { code, out } = await ann.end;
    expect([code, linesOf({ out }).map(({ type }) => type)]).toEqual([130, ['waiting']]);
  });

  test('without --wait it joins before the time, and says so', async () => {
    const { file } = describeSession(`t=${ntp(3600)} ${ntp(7200)}`);
    const { code, out } = await takePart(file, '--listen', '--receive', 'null', '--duration', '300ms').end;
    expect(code).toBe(0);
    expect(out).toMatch(/warning: "Round" begins .*--wait waits for it/);
    expect(out).toContain('the conference is not taking place now; likeliest first:');
  });
});

describe.concurrent('what cannot be', () => {
  interface Row {
    readonly name: string;
    /** A session in a file of its own, with these times. */
    readonly times?: string;
    readonly media?: string;
    readonly stdin?: string;
    readonly args: readonly string[];
    readonly code: number;
    readonly says: string;
  }
  test.each<Row>([
    { name: 'no such file', args: ['./nowhere.sdp'], code: 3, says: 'There is no file ./nowhere.sdp' },
    { name: 'no description', args: ['-'], code: 2, says: 'standard input is empty' },
    { name: 'a file that is none', stdin: 'hello', args: ['-'], code: 1, says: 'standard input: ' },
    {
      name: 'an unknown source',
      times: 't=0 0',
      args: ['--send', 'kazoo'],
      code: 2,
      says: '"kazoo" is not a sound',
    },
    {
      name: 'a WAV file that is not there',
      times: 't=0 0',
      args: ['--send', 'wav:no.wav'],
      code: 2,
      says: 'no.wav',
    },
    {
      name: 'a duration that is none',
      times: 't=0 0',
      args: ['--duration', 'soon'],
      code: 2,
      says: '"soon"',
    },
    {
      name: 'both --send and --listen',
      times: 't=0 0',
      args: ['--listen', '--send', 'null'],
      code: 2,
      says: '--listen',
    },
    { name: 'over, with --wait', times: 't=1 2', args: ['--wait'], code: 1, says: 'is over' },
    {
      name: 'encrypted media only',
      times: 't=0 0',
      media: 'RTP/SAVP 0',
      args: [],
      code: 1,
      says: 'Nothing in this description',
    },
  ])('$name: exit $code', async ({ times, media, args, stdin = '', code, says }) => {
    const session = times === undefined ? [] : [describeSession(times, media).file];
    const ended = await home.run(['join', ...session, ...HERE, ...args], { stdin });
    expect(ended.err).toContain(says);
    expect(ended.code).toBe(code);
  });

  test('an interface that is not there: exit 5, with those that are', async () => {
    const { file } = describeSession();
    const { code, err } = await home.run(['join', file, '--interface', 'eth77', '--receive', 'null']);
    expect(code).toBe(5);
    expect(err).toMatch(/There is no interface "eth77"\. Available: .*lo/);
  });
});

describe('on a terminal', () => {
  test('[PAR-05] the view shows, keys work, and the terminal is given back', async () => {
    const { file } = describeSession();
    await using bob = takePart(file, '--name', 'Bob', '--send', 'tone:660', '--receive', 'null');
    const args = [...HERE, '--send', 'tone:440', '--receive', 'null', '--name', 'Ann'].join(' ');
    // script is util-linux's: a terminal around a command line
    const line = `stty rows 20 cols 72; rendezvous join ${file} ${args}; echo "code $?"; stty -a`;
    await using session = home.startOther('script', ['-qec', `bash -c '${shellLine(line)}'`, '/dev/null'], {
      stdin: undefined,
      env: { TERM: 'xterm' },
    });
    const plain = stripVTControlCharacters;
    await session.printed(/Ann \(you\).*talking/, plain);
    session.type('m');
    await session.printed(/Ann \(you\).*muted/, plain);
    await session.printed(/1 Bob .*talking.*ms jitter/, plain);
    session.type('1');
    await session.printed(/1 Bob .*muted/, plain);
    session.type('?');
    await session.printed(/hold and resume/, plain);
    session.type('h');
    await session.printed(/ON HOLD/, plain);
    session.type('q');
    await session.printed(/left as asked.*code 0/s, plain);
    const { out } = await session.end;
    expect(out).toContain('\u001b[?25h');
    expect(out.lastIndexOf('\u001b[?25h')).toBeGreaterThan(out.lastIndexOf('\u001b[?25l'));
    expect(out).toMatch(/[^-]icanon/);
    expect(out).toMatch(/[^-]echo /);
    bob.child.kill('SIGKILL');
  });
});

function shellLine(line: string): string {
  const { execPath } = process;
  return `rendezvous() { "${execPath}" "${PROGRAM}" "$@"; }; ${line}`;
}

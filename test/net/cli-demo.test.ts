import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readRecording } from '../../cli/demo/recording.ts';
import { wavHeader } from '../../conference/index.ts';
import { SessionDescription } from '../../src/sdp/index.ts';
import { Home } from './cli-program.ts';

const home = new Home();
afterAll(() => home[Symbol.dispose]());

interface Result {
  readonly ok: boolean;
  readonly seconds: number;
  readonly missing: readonly string[];
  readonly sdp: string | null;
  readonly steps: readonly {
    readonly id: string;
    readonly ok: boolean;
    readonly lines: readonly string[];
    readonly data?: readonly Readonly<Record<string, unknown>>[];
  }[];
}

const ALL = [
  'directory',
  'published',
  'found',
  'joined',
  'heard',
  'recorded',
  'marked',
  'goodbye',
  'withdrawn',
];

/** Bursts with pauses between them, not alike, as words are. */
function writeWords(path: string, hz: number, pauses: readonly number[]): void {
  const rate = 8000;
  const words = pauses.flatMap((pause, i) => [
    ...Array.from(
      { length: 0.1 * rate * ((i % 3) + 1) },
      (_, n) => 0.2 * Math.sin((2 * Math.PI * hz * n) / rate),
    ),
    ...new Float32Array(Math.round(pause * rate)),
  ]);
  const samples = Int16Array.from(words, (it) => Math.round(it * 32_767));
  const header = wavHeader({ sampleRate: rate, channels: 1 }, samples.byteLength);
  writeFileSync(path, Buffer.concat([header, new Uint8Array(samples.buffer)]));
}

describe('the demonstration', () => {
  test('[QOS-01] [PEV-03] happens, without configuration, in less than 15 seconds', async () => {
    const temporary = join(home.path, 'tmp');
    mkdirSync(temporary, { recursive: true });
    const begun = performance.now();
    // what is configured here must not matter
    const env = {
      TMPDIR: temporary,
      RENDEZVOUS_DIRECTORY: 'ldap://127.0.0.1:9',
      RENDEZVOUS_DATA_DIR: '/nowhere',
    };
    const { code, out, err } = await home.run(['demo', '--json', '--keep', 'kept'], { env });
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect([code, err]).toEqual([0, '']);
    const result: Result = JSON.parse(out);
    expect(result).toMatchObject({ ok: true, missing: [] });
    expect(result.steps.map(({ id, ok }) => [id, ok])).toEqual(ALL.map((id) => [id, true]));
    const dataOf = (id: string) => result.steps.find((step) => step.id === id)?.data ?? [];
    expect(dataOf('recorded').map(({ listener, hz }) => [listener, Math.round(Number(hz))])).toEqual([
      ['Ann', 660],
      ['Bob', 440],
    ]);
    expect(dataOf('heard').map(({ packetsLost }) => packetsLost)).toEqual([0, 0]);
    expect([...new Set(dataOf('marked').map(({ dscp }) => dscp))]).toEqual([46]);

    const sdp = readFileSync(join(home.path, 'kept', 'conference.sdp'), 'utf8');
    expect(sdp).toBe(result.sdp);
    expect(SessionDescription.parse(sdp).validate()).toEqual([]);
    const { samples } = await readRecording(join(home.path, 'kept', 'ann-heard.wav'));
    expect(samples.length).toBeGreaterThan(3 * 8000);
    expect(readdirSync(temporary).filter((name) => name.startsWith('rendezvous'))).toEqual([]);
    expect(readdirSync(home.path)).not.toContain('data');
  });

  test('sends WAV files that are given, and tells people what happened', async () => {
    const [ann, bob] = [join(home.path, 'ann.wav'), join(home.path, 'bob.wav')];
    writeWords(ann, 300, [0.3, 0.1, 0.5, 0.2, 0.1, 0.4, 0.6, 0.1, 0.2, 0.3, 0.1, 0.5, 0.2]);
    writeWords(bob, 900, [0.1, 0.6, 0.2, 0.1, 0.3, 0.7, 0.1, 0.2, 0.4, 0.1, 0.1, 0.6, 0.1]);
    const { code, out, err } = await home.run(['demo', '--wav', 'ann.wav', '--wav', 'bob.wav']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/✓ Recorded +Ann recorded .* % like bob\.wav, which Bob sent/);
    expect(out).toMatch(/✓ Marked +DSCP 46 \(EF\) on 200 of 200 packets as they arrived/);
    expect(out).toContain('Everything worked, in ');
    expect(out).not.toContain('✗');
  });
});

describe('what did not happen is named', () => {
  test('a WAV file that cannot be read', async () => {
    writeFileSync(join(home.path, 'bad.wav'), 'this is no sound');
    const { code, out, err } = await home.run(['demo', '--wav', 'bad.wav']);
    expect(code).toBe(1);
    expect(out).toMatch(/✗ Sound .*bad\.wav/);
    expect(err).toMatch(/Did not happen: sound, directory, .*, withdrawn\./);
  });

  test('no temporary folder', async () => {
    const file = join(home.path, 'a-file');
    writeFileSync(file, '');
    const { code, out, err } = await home.run(['demo', '--json'], { env: { TMPDIR: file } });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ ok: false, missing: ALL, sdp: null });
    expect(err).toContain('rendezvous doctor');
  });

  test('silence in place of a tone: sent, heard, and yet not recorded', async () => {
    const silent = join(home.path, 'silent.wav');
    const samples = new Uint8Array(2 * 8000 * 7);
    writeFileSync(
      silent,
      Buffer.concat([wavHeader({ sampleRate: 8000, channels: 1 }, samples.length), samples]),
    );
    const { code, out } = await home.run(['demo', '--json', '--wav', 'silent.wav']);
    expect(code).toBe(1);
    const { missing, steps }: Result = JSON.parse(out);
    expect(missing).toEqual(['recorded']);
    expect(steps.find(({ id }) => id === 'recorded')?.lines[1]).toBe('Bob recorded silence');
  });

  test('interrupted: 130, and nothing is left behind', async () => {
    const temporary = join(home.path, 'tmp-interrupted');
    mkdirSync(temporary, { recursive: true });
    await using running = home.start(['demo'], { env: { TMPDIR: temporary } });
    await running.printed(/a=rtpmap/);
    const asked = performance.now();
    running.child.kill('SIGINT');
    const { code } = await running.end;
    expect(code).toBe(130);
    expect(performance.now() - asked).toBeLessThan(2500);
    expect(readdirSync(temporary).filter((name) => name.startsWith('rendezvous'))).toEqual([]);
  });

  test('three WAV files are wrong usage', async () => {
    const { code, err } = await home.run(['demo', '--wav', 'a', '--wav', 'b', '--wav', 'c']);
    expect([code, err]).toEqual([2, expect.stringContaining('at most twice')]);
  });
});

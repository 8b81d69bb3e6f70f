import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CONFERENCE_SHAPE } from '../../cli/json-shapes.ts';
import type { ConferenceJson } from '../../directory/index.ts';
import { type Ended, Home, PROGRAM } from './cli-program.ts';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home[Symbol.dispose]());

const done = { code: 0, signal: null };
const conferences = ({ out }: Ended): ConferenceJson[] => JSON.parse(out);
const conference = ({ out }: Ended): ConferenceJson => JSON.parse(out);

describe('the program', () => {
  test('[APP-02] [APP-03] [SDP-04] creates, lists, shows, edits and deletes, each time as a process of its own', async () => {
    const created = await home.run([
      'create',
      'Weekly',
      '--description',
      'As always',
      '--start',
      '+10m',
      '--json',
    ]);
    expect(created).toMatchObject(done);
    const before = conference(created);
    expect(before).toMatchObject({ name: 'Weekly', description: 'As always', advertisingScope: 'site' });
    expect(existsSync(join(home.path, 'data', 'rendezvous', 'directory.db'))).toBe(true);

    const listed = await home.run(['list', '--json']);
    expect(conferences(listed).map(({ name }) => name)).toEqual(['Weekly']);
    expect(Object.keys(conferences(listed)[0] ?? {})).toEqual(CONFERENCE_SHAPE.fields.map(([name]) => name));

    const edited = await home.run(['edit', 'weekly', '--description', 'As never before', '--json']);
    expect(edited).toMatchObject(done);
    const blob = await home.run(['show', 'Weekly', '--sdp']);
    const lines = (text: string | null): string[] => (text ?? '').split('\r\n');
    const changed = lines(blob.out).filter((line) => !lines(before.sdp).includes(line));
    expect(changed).toEqual([expect.stringMatching(/^o=/), 'i=As never before']);
    expect(conference(edited).sdp).toBe(blob.out);

    expect(await home.run(['delete', 'Weekly'])).toMatchObject({ ...done, out: '' });
    expect(await home.run(['show', 'Weekly'])).toMatchObject({ code: 3, out: '' });
    expect(conferences(await home.run(['list', '--json']))).toEqual([]);
  });

  test('[APP-02] publishes the bytes of a file and gives them back', async () => {
    const bytes = Buffer.from(
      'v=0\no=- 1 1 IN IP4 192.0.2.1\ns=Weekly\nt=0 0\nx=unknown\nm=audio 5004 RTP/AVP 0\nc=IN IP4 239.1.2.3/15\n',
    );
    const piped = await home.run(['create', 'Weekly', '--sdp', '-', '--quiet'], { stdin: bytes });
    expect(piped).toMatchObject(done);
    expect((await home.run(['show', 'Weekly', '--sdp'])).bytes).toEqual(bytes);
  });

  test('prints no colour into a pipe, and none when told so', async () => {
    await home.run(['create', 'Weekly']);
    const all = [await home.run(['list']), await home.run(['show', 'Weekly']), await home.run(['help'])];
    expect(all.map(({ out, err }) => out + err).join('')).not.toContain('\u001b');
    const forced = await home.run(['help'], { env: { FORCE_COLOR: '1' } });
    expect(forced.out).toContain('\u001b[');
    expect((await home.run(['help'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).out).not.toContain(
      '\u001b',
    );
  });

  test('a stack comes with --verbose only', async () => {
    const calm = await home.run(['show', 'Nobody']);
    const loud = await home.run(['show', 'Nobody', '--verbose']);
    expect(calm.err).not.toMatch(/^\s+at /m);
    expect(loud.err).toMatch(/^\s+at /m);
  });

  test('who stops reading early is no failure', async () => {
    await home.run(['create', 'Weekly', '--quiet', '--url', `http://example.org/${'x'.repeat(50_000)}`]);
    await Promise.all(
      ['A', 'B'].map((name) =>
        home.run(['create', name, '--url', `http://example.org/${'x'.repeat(90_000)}`]),
      ),
    );
    for (const command of ['list --long', 'list --json', 'list --ndjson', 'show Weekly --sdp', '--help']) {
      const { err, out } = await home.shell(`rendezvous ${command} | head -c 1; echo " \${PIPESTATUS[0]}"`);
      expect({ command, err }).toEqual({ command, err: '' });
      expect(out).toMatch(/^[\s\S] 0\n$/);
    }
  });

  test('[CNF-16] two processes at once publish into one directory and never draw the same group', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `Round ${i}`);
    const half = (from: number): string =>
      names
        .slice(from, from + 4)
        .map((name) => `rendezvous create '${name}' --quiet`)
        .join(' && ');
    const both = await Promise.all([home.shell(half(0)), home.shell(half(4))]);
    expect(both.map(({ code, err }) => [code, err])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    const found = conferences(await home.run(['list', '--json']));
    expect(found.map(({ name }) => name).sort()).toEqual(names);
    expect(new Set(found.map(({ media }) => `${media[0]?.address} ${media[0]?.port}`)).size).toBe(8);
  });
});

describe('the exit status', () => {
  test('2: wrong usage, with advice', async () => {
    const typo = await home.run(['lst']);
    expect(typo).toMatchObject({ code: 2, out: '' });
    expect(typo.err).toContain('Did you mean list?');
    expect(await home.run(['create', 'X', '--start', 'whenever'])).toMatchObject({ code: 2, out: '' });
    expect(await home.run(['create', 'X', '--ttl', '100'])).toMatchObject({ code: 2, out: '' });
    expect(await home.run(['list', '--directory', 'http://example.org'])).toMatchObject({ code: 2, out: '' });
  });

  test('3: not found, with what was probably meant', async () => {
    await home.run(['create', 'Weekly']);
    const missed = await home.run(['delete', 'Weakly']);
    expect(missed).toMatchObject({ code: 3, out: '' });
    expect(missed.err).toContain('Did you mean "Weekly"?');
    expect(await home.run(['create', 'X', '--sdp', 'absent.sdp'])).toMatchObject({ code: 3 });
  });

  test('1: what was asked for cannot be done', async () => {
    await home.run(['create', 'Weekly']);
    const twice = await home.run(['create', 'Weekly']);
    expect(twice).toMatchObject({ code: 1, out: '' });
    expect(twice.err).toMatch(/already/i);
    const nonsense = await home.run(['create', 'X', '--sdp', '-'], { stdin: 'not a description' });
    expect(nonsense).toMatchObject({ code: 1, out: '' });
    expect(nonsense.err).toMatch(/^rendezvous: Standard input is no session description: .*line 1/);
  });

  test('5: nobody there, nobody answers', async () => {
    const refused = await home.run(['list', '--directory', 'ldap://127.0.0.1:1']);
    expect(refused).toMatchObject({ code: 5, out: '' });
    expect(refused.err).toContain('127.0.0.1');
    const silent = createServer((socket) => socket.on('error', () => {}));
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const started = performance.now();
    const waited = await home.run(['list', '--timeout', '300ms', '--directory', `ldap://127.0.0.1:${port}`]);
    silent.close();
    expect(waited).toMatchObject({ code: 5, out: '' });
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

test('Ctrl-C ends at once what waits for a directory', async () => {
  const silent = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => {
    silent.listen(0, '127.0.0.1', resolve);
  });
  const address = silent.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await using waiting = home.start(['list', '--timeout', '20s', '--directory', `ldap://127.0.0.1:${port}`]);
  await once(silent, 'connection');
  const started = performance.now();
  waiting.child.kill('SIGINT');
  const { code, signal } = await waiting.end;
  silent.close();
  expect(signal ?? code).toBe('SIGINT'); // which a shell reports as 130
  expect(performance.now() - started).toBeLessThan(2000);
});

describe('where settings come from', () => {
  test('[APP-01] the configuration file of the user', async () => {
    mkdirSync(join(home.path, 'config', 'rendezvous'), { recursive: true });
    writeFileSync(
      join(home.path, 'config', 'rendezvous', 'config.toml'),
      'directory = "ldap://127.0.0.1:1"\n',
    );
    expect(await home.run(['list'])).toMatchObject({ code: 5 });
    expect(await home.run(['list', '--data-dir', join(home.path, 'here')])).toMatchObject(done);
    expect(await home.run(['list'], { env: { RENDEZVOUS_DIRECTORY: 'embedded' } })).toMatchObject(done);
  });

  test('a file that is wrong is told with its name', async () => {
    const path = join(home.path, 'own.toml');
    writeFileSync(path, 'direktory = "x"\n');
    const { code, err } = await home.run(['list'], { env: { RENDEZVOUS_CONFIG: path } });
    expect(code).toBe(2);
    expect(err).toContain(`${path}: unknown key direktory`);
  });
});

describe('the launcher', () => {
  test('an old Node is told in one sentence', async () => {
    const pretend = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`;
    const { code, out, err } = await home.startOther(process.execPath, ['--import', pretend, PROGRAM, 'list'])
      .end;
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^rendezvous: [^\n]*20\.20\.2[^\n]*24\.11[^\n]*\.\n$/);
  });

  test('is JavaScript that runs when it is called by its name', () => {
    const text = readFileSync(PROGRAM, 'utf8');
    expect(text.startsWith('#!/usr/bin/env node\n')).toBe(true);
    expect(text).not.toMatch(/\b(const|let)\b|=>|\?\.|\?\?|`/); // what the oldest Node with modules cannot read, it must not need
  });
});

describe('completion', () => {
  const offered = async (words: readonly string[]): Promise<string[]> => {
    const { out, err } = await home.run(['complete', '--', ...words]);
    expect(err).toBe('');
    return out
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(':'))
      .map((line) => line.split('\t')[0] ?? '');
  };

  test('commands, options and choices', async () => {
    expect(await offered(['cr'])).toEqual(['create']);
    expect(await offered([''])).toEqual(expect.arrayContaining(['list', 'show', 'join', 'completion']));
    expect(await offered(['list', '--'])).toEqual(expect.arrayContaining(['--long', '--filter', '--json']));
    expect(await offered(['list', '--scope', ''])).toEqual(['local', 'site', 'region', 'world']);
    expect(await offered(['completion', 'b'])).toEqual(['bash']);
  });

  test('names of conferences, but none that a shell would act on', async () => {
    expect(await offered(['show', ''])).toEqual([]);
    expect(existsSync(join(home.path, 'data'))).toBe(false); // asking makes no directory
    for (const name of ['Weekly', 'Lecture', '$(touch owned)', '`touch owned`', 'a b', "it's"]) {
      await home.run(['create', name, '--quiet']);
    }
    expect(await offered(['show', ''])).toEqual(['Lecture', 'Weekly']);
    expect(await offered(['join', 'We'])).toEqual(['Weekly']);
    expect(await offered(['show', '--directory', 'ldap://127.0.0.1:1', ''])).toEqual([]);
  });

  test.each(['bash', 'zsh', 'fish', 'powershell'])('a script for %s', async (shell) => {
    const { code, out, err } = await home.run(['completion', shell]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(shell === 'powershell' ? 'rendezvous' : 'rendezvous complete --');
  });

  test('bash completes with it', async () => {
    await home.run(['create', 'Weekly']);
    const { out, err } = await home.shell(`
      _get_comp_words_by_ref() { cur=\${COMP_WORDS[COMP_CWORD]}; words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
      compopt() { :; }
      source <(rendezvous completion bash)
      COMP_WORDS=(rendezvous show We); COMP_CWORD=2
      __rendezvous_complete
      printf '<%s>' "\${COMPREPLY[@]}"`);
    expect([out, err]).toEqual(['<Weekly>', '']);
  });
});

import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../support/daemon.ts';
import { Home, PROGRAM, type Running } from './cli-program.ts';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home[Symbol.dispose]());

const SECONDS = 60_000;
const create = async (name: string, ...more: readonly string[]): Promise<void> => {
  const group = ['--group', '239.255.77.1', '--scope', 'local'];
  const { code, err } = await home.run(['create', name, '--quiet', '--permanent', ...group, ...more]);
  expect(err).toBe('');
  expect(code).toBe(0);
};
const remove = (name: string): Promise<unknown> => home.run(['delete', name]);

describe('list --watch in a pipe', { timeout: 2 * SECONDS }, () => {
  test('tells what is there, that this is all, and what other programs do from then on', async () => {
    await create('Lecture');
    await using watch = home.start(['list', '--watch', '--ndjson']);
    await watch.printed(/"event":"added".*"name":"Lecture"[\s\S]*"event":"ready"/);
    await create('Round');
    await watch.printed(/"event":"added".*"name":"Round"/);
    await home.run(['edit', 'Round', '--description', 'Every day']);
    await watch.printed(/"event":"changed".*"description":"Every day"/);
    await remove('Lecture');
    await watch.printed(/"event":"removed".*"name":"Lecture"/);
    watch.child.kill('SIGINT');
    const { code, out, err } = await watch.end;
    expect([code, err]).toEqual([0, '']);
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).event)).toEqual([
      'added',
      'ready',
      'added',
      'changed',
      'removed',
    ]);
    expect(JSON.parse(lines[1] ?? '')).toEqual({ event: 'ready', directory: 'embedded', method: 'sync' });
  });

  test('fields between tabs, what happened in front, as many in each line', async () => {
    await create('Lecture');
    await using watch = home.start(['list', '--watch']);
    await watch.printed(/^ready\t/m);
    await remove('Lecture');
    await watch.printed(/^removed\tLecture\t/m);
    watch.child.kill('SIGTERM');
    const { out } = await watch.end;
    const counts = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').length);
    expect(new Set(counts).size).toBe(1);
  });

  test('a reader that has had enough ends it', async () => {
    await create('Lecture');
    const listed = home.shell('rendezvous list --watch --json | head -n 1', {});
    const ended = listed.then(() => true);
    // Who only waits cannot know that nobody reads any more: the next event tells.
    for (let i = 0; !(await Promise.race([ended, create(`Round ${i}`)])); i++);
    const { out, code } = await listed;
    expect([JSON.parse(out).event, code]).toEqual(['added', 0]);
  });

  test('what is asked for by time cannot be watched', async () => {
    const { code, err } = await home.run(['list', '--watch', '--active']);
    expect(code).toBe(2);
    expect(err).toContain("'-w, --watch' cannot be used with option '--active'");
  });

  test('a service that goes away is told, and what it has once it is back', async () => {
    const data = join(home.path, 'service');
    const serve = (url: string): Running =>
      home.start(['serve', '--listen', url, '--data-dir', data, '--anonymous-write', '--json']);
    const first = serve('ldap://127.0.0.1:0');
    const [, url = ''] = await first.printed(/"url":"([^"]+)"/);
    const there = ['--directory', url];
    await create('Lecture', ...there);
    await using watch = home.start(['list', '--watch', '--ndjson', ...there]);
    await watch.printed(/"event":"ready"/);
    await first[Symbol.asyncDispose]();
    await watch.printed(/"event":"interrupted".*ERR_DIRECTORY_UNAVAILABLE/);
    await using second = serve(url);
    await second.printed(/"url":"([^"]+)"/);
    await create('Round', ...there);
    await watch.printed(/"event":"added".*"name":"Round"/);
    watch.child.kill('SIGINT');
    const { out } = await watch.end;
    expect(out.match(/"name":"Lecture"/g)).toHaveLength(1);
  });

  test('[RV-02] one of two that is down at the start is told, tried again, and watched once it is there', async () => {
    await create('Lecture');
    const url = `ldap://127.0.0.1:${await freePort()}`;
    const both = ['--directory', url, '--directory', 'embedded'];
    await using watch = home.start(['list', '--watch', '--ndjson', ...both]);
    await watch.printed(/"event":"ready","directory":"embedded"/);
    const folder = ['--data-dir', join(home.path, 'late')];
    await using service = home.start(['serve', '--listen', url, ...folder, '--anonymous-write', '--json']);
    await service.printed(/"url":"([^"]+)"/);
    await watch.printed(/"event":"opened".*\n[\s\S]*"event":"ready","directory":"ldap/);
    await create('Round', '--directory', url);
    await watch.printed(/"event":"added".*"name":"Round"/);
    watch.child.kill('SIGINT');
    const { err } = await watch.end;
    expect(err).toMatch(/the directory ldap:.* is left out/);
  });
});

describe('on a terminal', { timeout: 2 * SECONDS }, () => {
  /** Starts a command on a terminal of its own, 80 by 24. */
  function onTerminal(command: string): Running {
    const call = [process.execPath, PROGRAM].map((word) => `'${word}'`).join(' ');
    const line = `stty rows 24 cols 80; ${call} ${command}; echo "<status $?>"`;
    return home.startOther('script', ['-qfec', line, '/dev/null'], {
      stdin: undefined,
      env: { TERM: 'xterm', SHELL: '/bin/sh' },
    });
  }

  test('list --watch keeps the table up to date, and leaves it there at the end', async () => {
    await create('Lecture');
    await using screen = onTerminal('list --watch');
    await screen.printed(/Lecture[\s\S]*1 conference, live/);
    await create('Round');
    await screen.printed(/Round[\s\S]*2 conferences, live/);
    screen.type('\u0003');
    const { out } = await screen.end; // the shell around it is interrupted as well
    const left = stripVTControlCharacters(out.slice(out.lastIndexOf('live')));
    expect(left).toMatch(/NAME +GROUP[\s\S]*Lecture[\s\S]*Round/);
  });

  test('browse shows what others publish without being asked', async () => {
    await create('Lecture');
    await using screen = onTerminal('browse');
    await screen.printed(/1 conference[\s\S]*> Lecture/);
    await create('Round');
    await screen.printed(/2 conferences[\s\S]*Round/);
    await remove('Lecture');
    await screen.printed(/> Round/, (out) => out.slice(out.lastIndexOf('\u001b[H')));
    screen.type('q');
    expect((await screen.end).out).toContain('<status 0>');
  });
});

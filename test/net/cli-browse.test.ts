import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Home, PROGRAM, type Running } from './cli-program.ts';

let home: Home;
beforeEach(async () => {
  home = new Home();
  for (const [name, group] of [
    ['Lecture', 1],
    ['Morning round', 2],
    ['Paging', 3],
  ]) {
    const where = ['--group', `239.255.77.${group}`, '--scope', 'local'];
    await home.run([
      'create',
      `${name}`,
      '--quiet',
      '--permanent',
      '--description',
      `About ${name}`,
      ...where,
    ]);
  }
});
afterEach(() => home[Symbol.dispose]());

const ENTERED = '\u001b[?1049h';
const LEFT = '\u001b[?1049l';

/** Starts browse on a terminal of its own, 80 by 24; behind it come its exit status and the state of the terminal. */
async function browse(...flags: readonly string[]): Promise<{ screen: Running; pid: number }> {
  const call = [process.execPath, PROGRAM, ...flags, 'browse'].map((word) => `'${word}'`).join(' ');
  const line = `stty rows 24 cols 80; sh -c 'echo "<pid $$>"; exec "$@"' sh ${call}; echo "<status $?>"; stty -a`;
  const screen = home.startOther('script', ['-qfec', line, '/dev/null'], {
    stdin: undefined,
    env: { TERM: 'xterm', SHELL: '/bin/sh' },
  });
  const [, pid] = await screen.printed(/<pid (\d+)>/);
  await screen.printed(/3 conferences/);
  return { screen, pid: Number(pid) };
}

/** What the last picture shows: from the last time the cursor went to the corner. */
const picture = (out: string): string => stripVTControlCharacters(out.slice(out.lastIndexOf('\u001b[H')));

describe('browse on a terminal', () => {
  test('[APP-02] lists, searches while one types, and gives the terminal back', async () => {
    const { screen } = await browse();
    await using _ = screen;
    await screen.printed(/> Lecture[\s\S]*Description +About Lecture/, picture);
    screen.type('\u001b[B');
    await screen.printed(/> Morning round/, picture);
    screen.type('/pag');
    await screen.printed(/1 of 3 conferences[\s\S]*> Paging[\s\S]*Search: pag/, picture);
    screen.type('\tq');
    const { out } = await screen.end;
    expect(out).toContain('<status 0>');
    expect(out).toMatch(/[^-]icanon\b/);
    expect(out).toMatch(/[^-]echo\b/);
    expect(out.lastIndexOf(LEFT)).toBeGreaterThan(out.lastIndexOf(ENTERED));
  });

  test('r reads what others have published in between', async () => {
    const { screen } = await browse();
    await using _ = screen;
    await home.run(['create', 'Another', '--quiet', '--permanent']);
    screen.type('r');
    await screen.printed(/4 conferences[\s\S]*Another[\s\S]*Up to date/, picture);
    screen.type('q');
    expect((await screen.end).out).toContain('<status 0>');
  });

  test('[APP-04] Enter joins the selected one; leaving it leads back to the list', async () => {
    mkdirSync(join(home.path, 'config', 'rendezvous'), { recursive: true });
    writeFileSync(
      join(home.path, 'config', 'rendezvous', 'config.toml'),
      '[join]\ninterface = "127.0.0.1"\nsend = "null"\nreceive = "null"\n',
    );
    const { screen } = await browse();
    await using _ = screen;
    screen.type('/pag\r');
    await screen.printed(/joined "Paging"/, stripVTControlCharacters);
    screen.type('q');
    await screen.printed(/Left "Paging"/, picture);
    screen.type('q');
    const { out } = await screen.end;
    expect(out).toContain('<status 0>');
    expect(out.lastIndexOf(LEFT)).toBeGreaterThan(out.lastIndexOf(ENTERED));
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s gives the terminal back', async (signal) => {
    const { screen, pid } = await browse();
    await using _ = screen;
    process.kill(pid, signal);
    const { out } = await screen.end;
    expect(out).toContain('<status 130>');
    expect(out).toMatch(/[^-]icanon\b/);
    expect(out.lastIndexOf(LEFT)).toBeGreaterThan(out.lastIndexOf(ENTERED));
  });

  test('Ctrl-C interrupts', async () => {
    const { screen } = await browse();
    await using _ = screen;
    screen.type('\u0003');
    expect((await screen.end).out).toContain('<status 130>');
  });
});

test('[APP-02] browse in a pipe prints what list --long prints', async () => {
  const [browsed, listed] = [await home.run(['browse']), await home.run(['list', '--long'])];
  expect(browsed.out.split('\n')).toHaveLength(4);
  const withoutExpiry = (text: string): string => text.replaceAll(/\t\d{4}-[^\t]*Z(?=\tuid=)/g, '\t');
  expect(withoutExpiry(browsed.out)).toBe(withoutExpiry(listed.out));
});

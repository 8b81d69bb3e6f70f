import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/daemon.ts';
import { Home, PROGRAM, type Running } from './cli-program.ts';
import { drawGroup } from './loopback.ts';

const home = new Home();
afterAll(() => home[Symbol.dispose]());

const HERE = ['--interface', 'lo'];
let files = 0;

function describeSession(media = 'RTP/AVP 0\r\na=ptime:20', givenPort?: number): string {
  const { group, port: drawn } = drawGroup();
  const port = givenPort ?? drawn;
  const file = join(home.path, `session-${files++}.sdp`);
  const text = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Round ${files}\r\nc=IN IP4 ${group}/1\r\nt=0 0\r\nm=audio ${port} ${media}\r\n`;
  writeFileSync(file, text);
  return file;
}

const talk = (file: string, name: string): Running =>
  home.start([
    'join',
    file,
    ...HERE,
    '--loopback',
    'selective',
    '--name',
    name,
    '--send',
    'tone:440',
    '--receive',
    'null',
  ]);
const monitor = (...args: string[]): Running => home.start(['monitor', ...args, ...HERE]);

describe.concurrent('rendezvous monitor', () => {
  test('tells who appears, what is wrong, and who goes, one object a line', async () => {
    const file = describeSession();
    const off = describeSession('RTP/AVP 0', 0);
    await using watching = monitor(file, off, '--json', '--every', '1s');
    await watching.printed(/"type":"watching".*"conferences":2/);
    await using ann = talk(file, 'Ann');
    await watching.printed(/"type":"sender-appeared".*"format":"PCMU\/8000"/);
    await watching.printed(/"type":"snapshot".*"state":"alive".*"name":"Ann".*"levelsDbfs":\[-18/);
    await watching.printed(/"type":"finding-raised".*"code":"notWatched"/);
    ann.child.kill('SIGINT');
    await watching.printed(/"type":"sender-gone".*"cause":"bye"/);
    watching.child.kill('SIGINT');
    const { code, out } = await watching.end;
    expect(code).toBe(130);
    for (const line of out.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  test('reports once with an exit status, and who hears whom; nothing of it is sent', async () => {
    const file = describeSession();
    await using _ann = talk(file, 'Ann');
    await using bob = home.start([
      'join',
      file,
      ...HERE,
      '--loopback',
      'selective',
      '--name',
      'Bob',
      '--listen',
      '--receive',
      'null',
      '--json',
    ]);
    await bob.printed(/"outcome":"hearing"/);
    const { code, out, err } = await monitor(file, '--once', '9s', '--fail-on', 'error', '--matrix').end;
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/nothing is sent but the joins\.\nAll is well\.\n$/),
    ]);
    expect(out).toMatch(/^\w+\tRound \d+\t[\d.:]+\talive\t/);
    expect(out).toMatch(/HEARS +\S+\n\S+ +[\d.]+ %/);
    expect(bob.out).not.toContain('"cname":"monitor"');
    const bad = await monitor(describeSession('RTP/AVP 0', 0), '--once', '2s').end;
    expect([bad.code, bad.err]).toEqual([1, expect.stringContaining('1 of 1 in trouble: Round')]);
    expect(bad.out).toMatch(
      /^error\t.*\tfailed\t.*\tnotWatched\taudio of "Round \d+" cannot be watched: the port is 0/,
    );
  });

  test('--all follows the directory, and figures go to Prometheus', async () => {
    const port = await freePort();
    await using watching = home.start([
      'monitor',
      '--all',
      '--metrics',
      `127.0.0.1:${port}`,
      '--json',
      ...HERE,
    ]);
    await watching.printed(/"type":"metrics".*\/metrics"/);
    const { group, port: media } = drawGroup();
    await home.run([
      'create',
      'New one',
      '--permanent',
      '--quiet',
      '--group',
      `${group}:${media}`,
      '--scope',
      'local',
    ]);
    await watching.printed(/"type":"conference-added".*"conference":"New one"/);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(text).toContain('rendezvous_monitor_alive{conference="New one"} 0\n');
    await home.run(['delete', 'New one', '--quiet']);
    await watching.printed(/"type":"conference-removed".*"conference":"New one"/);
  });

  test('on a terminal shows a table and details, and gives the terminal back', async () => {
    const file = describeSession();
    await using _ann = talk(file, 'Ann');
    const call = [process.execPath, PROGRAM, 'monitor', file, ...HERE].map((word) => `'${word}'`).join(' ');
    const line = `stty rows 24 cols 100; ${call}; echo "<status $?>"; stty -a`;
    const env = { TERM: 'xterm', SHELL: '/bin/sh' };
    await using screen = home.startOther('script', ['-qfec', line, '/dev/null'], { stdin: undefined, env });
    const picture = (out: string): string => stripVTControlCharacters(out.slice(out.lastIndexOf('\u001b[H')));
    await screen.printed(/1 conference, 1 alive[\s\S]*1 talking[\s\S]*kbit\/s/, picture);
    screen.type('\r');
    await screen.printed(/SENDER[\s\S]*Ann[\s\S]*PCMU\/8000/, picture);
    screen.type('qq');
    const { out } = await screen.end;
    expect(out).toContain('<status 0>');
    expect(out).toMatch(/[^-]icanon\b/);
  });

  test.each([
    [[], /Watch what\?/, 2],
    [['--all', 'x'], /names or --all, not both/, 2],
    [['x', '--dscp', 'fast'], /is no DSCP/, 2],
    [['--all', '--fail-on', 'error'], /--fail-on goes with --once/, 2],
    [['nobody'], /no conference "nobody"/, 3],
    [['./nothing.sdp'], /no file/, 3],
  ])('%j is refused', async (args, says, status) => {
    const { code, err } = await home.run(['monitor', ...args]);
    expect([code, err]).toEqual([status, expect.stringMatching(says)]);
  });
});

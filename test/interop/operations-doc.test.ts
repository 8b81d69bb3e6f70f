import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Home, type Running } from '../net/cli-program.ts';
import { drawGroup } from '../net/loopback.ts';
import { blocksOf, GUIDE } from './operations-guide.ts';

/** The single commands of one section. */
const commandsOf = (heading: string): string[] =>
  blocksOf(heading).flatMap((block) => block.trim().split('\n'));

/** Starts the service that a line of the guide starts. @returns what addresses of the guide stand for from then on */
async function serve(home: Home, words: string): Promise<{ server: Running; places: [string, string][] }> {
  const server = home.start(words.split(' '));
  const [, port = ''] = await server.printed(/on ldap:\/\/127\.0\.0\.1:(\d+)/);
  const [, tlsPort = ''] = await server.printed(/on ldaps:\/\/127\.0\.0\.1:(\d+)/);
  await server.printed(/on ldapi:/);
  return {
    server,
    places: [
      ['directory.example.org:1389', `127.0.0.1:${port}`],
      ['directory.example.org:1636', `127.0.0.1:${tlsPort}`],
    ],
  };
}

test.concurrent('every command of the guide on logging in and TLS does what it says', async () => {
  await using resources = new AsyncDisposableStack();
  const home = resources.use(new Home());
  writeFileSync(join(home.path, 'ann.txt'), 'hush', { mode: 0o600 });
  const commands = commandsOf('Logging in, TLS and limits');
  expect(commands.length).toBeGreaterThan(9);
  // libldap holds certificates for "localhost" against the name of the host
  let places: [string, string][] = [
    ['DNS:directory.example.org', 'DNS:localhost,IP:127.0.0.1'],
    ['%2Frun%2Frendezvous%2Fldapi', encodeURIComponent(join(home.path, 'ldapi'))],
    ['0.0.0.0:1389', '127.0.0.1:0'],
    ['0.0.0.0:1636', '127.0.0.1:0'],
  ];
  const env = { LDAPTLS_CACERT: join(home.path, 'server.pem'), LDAPCONF: '/dev/null' };
  const failed: unknown[] = [];
  for (const command of commands) {
    const line = places.reduce((text, [from, to]) => text.replaceAll(from, to), command);
    const words = /^rendezvous (.*\bserve\b.*)$/.exec(line)?.[1];
    if (words === undefined) {
      const { code, err } = await home.shell(line, { env });
      if (code !== 0) failed.push([command, code, err]);
    } else {
      const started = await serve(home, words);
      resources.use(started.server);
      places = [...started.places, ...places];
    }
  }
  expect(failed).toEqual([]);
});

test.concurrent('the commands of the guide on sources and on several interfaces are understood', async () => {
  using home = new Home();
  let printed = '';
  for (const command of commandsOf('Source-specific multicast')) {
    const { code, out, err } = await home.shell(command);
    expect({ command, code, err }).toMatchObject({ code: 0 });
    printed = out;
  }
  expect(printed).toMatch(/source-filter: incl[^]*rtcp-unicast:reflection/);
  await home.run(['create', 'Paging', '--local', '--group', '239.255.9.9:20000']);
  for (const command of commandsOf('Several interfaces')) {
    const here = command.replaceAll(/eth\d/g, 'lo').replace('--interface all', '--interface lo');
    const { code, err } = await home.shell(
      `${here} --send null --receive null --duration 1s`.replace('--listen', ''),
    );
    expect({ command, code, err }).toMatchObject({ code: 0, err: '' });
  }
});

test.concurrent('the commands of the guide on several conferences do what it says', async () => {
  using home = new Home();
  for (const name of ['Dispatch', 'Workshop', 'Paging', 'Alarm']) {
    const { group, port } = drawGroup();
    await home.run(['create', name, '--local', '--group', `${group}:${port}`, '--scope', 'local']);
  }
  const here = '--interface lo --receive null';
  const commands = commandsOf('Several conferences at one desk');
  expect(commands).toHaveLength(3);
  const more = ['--send tone:440 --duration 1s', '--duration 1s', '--send tone:440'];
  const ended = await Promise.all(commands.map((it, i) => home.shell(`${it} ${here} ${more[i]}`)));
  expect(ended.map(({ code, err }) => [code, err])).toEqual(commands.map(() => [0, '']));
  expect(ended[0]?.out).toContain('you talk to Dispatch');
  expect(existsSync(join(home.path, 'shift', 'Alarm', 'recording.json'))).toBe(true);
  expect(ended[2]?.out).toMatch(/you talk to Dispatch[^]*you talk to Alarm[^]*\[Alarm\] left as asked/);
});

test('the limits that the guide names are those that there are, with their defaults', async () => {
  const { defaultLimits } = await import('../../directory/server/index.ts');
  const rows = Array.from(GUIDE.matchAll(/^\| `(max-[a-z-]+|stall-seconds|idle-seconds)` \| (\d+) \|/gm));
  expect(rows.length).toBeGreaterThan(10);
  for (const [, name = '', value] of rows) {
    const key = name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    expect([name, Reflect.get(defaultLimits, key)]).toEqual([name, Number(value)]);
  }
});

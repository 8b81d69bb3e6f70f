import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Client } from 'ldapts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SERVE_SHAPES } from '../../cli/json-shapes.ts';
import type { ConferenceJson } from '../../directory/index.ts';
import { type Ended, Home, type Running } from './cli-program.ts';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home[Symbol.dispose]());

const names = ({ out }: Ended): string[] => {
  const found: ConferenceJson[] = JSON.parse(out);
  return found.map(({ name }) => name);
};

/** Starts it on a free port and waits until it takes connections. */
async function serve(...args: readonly string[]): Promise<{ server: Running; url: string }> {
  const server = home.start(['serve', '--listen', 'ldap://127.0.0.1:0', ...args]);
  const [, url = ''] = await server.printed(/(ldap:\/\/127\.0\.0\.1:\d+)/);
  return { server, url };
}

describe('serve', () => {
  test('[APP-01] [DIR-13] others use the directory of this computer, which goes on using it itself', async () => {
    const { server, url } = await serve('--anonymous-write');
    await using _ = server;
    const remote = (args: readonly string[]): Promise<Ended> => home.run([...args, '--directory', url]);
    await home.run(['create', 'Written here']);
    await remote(['create', 'Written there']);
    expect(names(await remote(['list', '--json']))).toEqual(
      expect.arrayContaining(['Written here', 'Written there']),
    );
    expect(names(await home.run(['list', 'written t*', '--json']))).toEqual(['Written there']);
    expect(names(await remote(['list', '--filter', '(uid=Written h*)', '--json']))).toEqual(['Written here']);
    const [here, there] = await Promise.all([
      home.run(['show', 'Written there', '--sdp']),
      remote(['show', 'Written there', '--sdp']),
    ]);
    expect(here.bytes).toEqual(there.bytes);
    // What the user of this computer publishes is that user's; what nobody in particular publishes is everyone's.
    expect(await remote(['delete', 'Written here'])).toMatchObject({ code: 4 });
    expect(await remote(['delete', 'Written there'])).toMatchObject({ code: 0 });
    expect(names(await home.run(['list', '--json']))).toEqual(['Written here']);
  });

  test('other LDAP clients too', async () => {
    const { server, url } = await serve();
    await using _ = server;
    await home.run(['create', 'Weekly']);
    const client = new Client({ url, timeout: 5000 });
    const { searchEntries } = await client.search('ou=Dynamic,o=Intranet', { filter: '(uid=Weekly)' });
    await client.unbind();
    expect(searchEntries).toMatchObject([{ uid: 'Weekly', protocolID: 'IP Conference' }]);
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s ends it well and soon, clients or not',
    async (signal) => {
      const { server, url } = await serve('--json');
      const { port } = new URL(url);
      const client = connect(Number(port), '127.0.0.1');
      client.on('error', () => {});
      await once(client, 'connect');
      const started = performance.now();
      server.child.kill(signal);
      const { code, out, err } = await server.end;
      expect([code, err]).toEqual([0, '']);
      expect(performance.now() - started).toBeLessThan(2000);
      const events: Record<string, unknown>[] = out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(events).toMatchObject([
        { type: 'listening', url, host: '127.0.0.1', port: Number(port) },
        { type: 'stopped', connections: 1, operations: 0 },
      ]);
      expect(events.map((event) => Object.keys(event))).toEqual(
        SERVE_SHAPES.filter(({ title }) => !/^With |to sweep/.test(title)).map(({ fields }) =>
          fields.map(([name]) => name),
        ),
      );
      expect(await home.run(['list', '--directory', url])).toMatchObject({ code: 5 });
    },
  );

  test('on several addresses', async () => {
    const server = home.start([
      'serve',
      '--anonymous-write',
      '--listen',
      'ldap://127.0.0.1:0',
      '--listen',
      'ldap://[::1]:0',
    ]);
    await using _ = server;
    const [, four = '', six = ''] = await server.printed(
      /(ldap:\/\/127\.0\.0\.1:\d+)[\s\S]*(ldap:\/\/\[::1\]:\d+)/,
    );
    await home.run(['create', 'Weekly', '--directory', four]);
    expect(names(await home.run(['list', '--json', '--directory', six]))).toEqual(['Weekly']);
  });

  test('a port that is taken is told, and what was opened before it is closed', async () => {
    const { server, url } = await serve();
    await using _ = server;
    const second = await home.run(['serve', '--listen', 'ldap://127.0.0.1:0', '--listen', url]);
    expect(second).toMatchObject({ code: 5 });
    expect(second.err).toMatch(/EADDRINUSE.*another port/);
  });

  test('what it cannot offer is wrong usage', async () => {
    expect(await home.run(['serve', '--listen', 'ldaps://127.0.0.1:0'])).toMatchObject({ code: 2, out: '' });
    expect(await home.run(['serve', '--listen', 'nonsense:x'])).toMatchObject({ code: 2, out: '' });
  });
});

describe('an administrator', () => {
  test('[APP-01] [DIR-08] alone may change what is served', async () => {
    const right = join(home.path, 'right');
    const wrong = join(home.path, 'wrong');
    writeFileSync(right, 'hush\n', { mode: 0o600 });
    writeFileSync(wrong, 'guess\n', { mode: 0o600 });
    const dn = 'cn=admin,o=Intranet';
    const { server, url } = await serve('--bind-dn', dn, '--password-file', right);
    await using _ = server;
    const remote = (...args: readonly string[]): Promise<Ended> => home.run([...args, '--directory', url]);
    const refused = await remote('create', 'Weekly');
    expect(refused).toMatchObject({ code: 4, out: '' });
    expect(refused.err).toContain('bind');
    expect(await remote('create', 'Weekly', '--bind-dn', dn, '--password-file', wrong)).toMatchObject({
      code: 4,
      out: '',
    });
    expect(await remote('create', 'Weekly', '--bind-dn', dn, '--password-file', right)).toMatchObject({
      code: 0,
    });
    expect(names(await remote('list', '--json'))).toEqual(['Weekly']);
    const noPassword = await remote('list', '--bind-dn', dn);
    expect(noPassword).toMatchObject({ code: 2, out: '' });
    expect(noPassword.err).toContain('--password-file');
  });
});

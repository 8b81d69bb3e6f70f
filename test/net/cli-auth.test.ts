import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ACCOUNT_SHAPES } from '../../cli/json-shapes.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { type Ended, Home, type Running } from './cli-program.ts';

let home: Home;
let certificates: Certificates;
beforeEach(() => {
  home = new Home();
  certificates = makeCertificates(home.path);
});
afterEach(() => home[Symbol.dispose]());

/** A file with a password that only its owner can read. */
function password(text: string): string {
  const path = join(home.path, `password-${text}`);
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  return path;
}
const account = (...args: readonly string[]): Promise<Ended> => home.run(['account', ...args]);

interface Serving extends AsyncDisposable {
  readonly server: Running;
  readonly url: string;
  readonly tlsUrl: string;
  readonly localUrl: string;
}
async function serve(...args: readonly string[]): Promise<Serving> {
  const local = `ldapi://${encodeURIComponent(join(home.path, 'ldapi'))}`;
  const { server: pair, ca } = certificates;
  const files = [`--tls-cert=${pair.cert}`, `--tls-key=${pair.key}`, `--tls-ca=${ca}`];
  const places = ['--listen=ldap://127.0.0.1:0', '--listen=ldaps://127.0.0.1:0', `--listen=${local}`];
  const server = home.start(['serve', '--json', ...places, ...files, ...args]);
  const [, url = ''] = await server.printed(/"url":"(ldap:[^"]+)"/);
  const [, tlsUrl = ''] = await server.printed(/"url":"(ldaps:[^"]+)"/);
  const [, localUrl = ''] = await server.printed(/"url":"(ldapi:[^"]+)"/);
  return { server, url, tlsUrl, localUrl, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe('account', () => {
  test('add, list, password, delete', async () => {
    expect(await account('add', 'ann', '--password-file', password('hush'))).toMatchObject({
      code: 0,
      out: '',
    });
    await account('add', 'Bob B', '--password-command', 'echo secret');
    const listed = await account('list', '--json');
    const rows: Record<string, unknown>[] = JSON.parse(listed.out);
    expect(rows).toEqual([
      { name: 'ann', dn: 'cn=ann,ou=Accounts,ou=Admin,o=Intranet' },
      { name: 'Bob B', dn: 'cn=Bob B,ou=Accounts,ou=Admin,o=Intranet' },
    ]);
    expect(rows.map((row) => Object.keys(row))).toEqual(
      rows.map(() => ACCOUNT_SHAPES[0]?.fields.map(([name]) => name)),
    );
    expect((await account('list')).out).toBe(
      rows.map(({ name, dn }) => `${String(name)}\t${String(dn)}\n`).join(''),
    );
    const again = await account('add', 'ann', '--password-file', password('hush'));
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('already')]);
    expect(await account('password', 'ann', '--password-file', password('next'))).toMatchObject({ code: 0 });
    expect(await account('password', 'eve', '--password-file', password('next'))).toMatchObject({ code: 3 });
    expect(await account('delete', 'ann')).toMatchObject({ code: 0 });
    expect(await account('delete', 'ann')).toMatchObject({ code: 3 });
    expect(JSON.parse((await account('list', '--json')).out)).toHaveLength(1);
  });

  test('a name or a password that cannot be is refused, and a password is not taken from an argument', async () => {
    expect(await account('add', 'a=b', '--password-file', password('x'))).toMatchObject({ code: 2 });
    expect(await account('add', 'ann')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no terminal'),
    });
    expect(await account('add', 'ann', '--password', 'hush')).toMatchObject({ code: 2 });
    expect(await account('add', 'ann', '--password-command', 'exit 3')).toMatchObject({
      code: 2,
      err: expect.stringContaining('status 3'),
    });
    expect(await account('add', 'ann', '--password-command', 'true')).toMatchObject({ code: 2 });
    expect((await account('list', '--json')).out.trim()).toBe('[]');
  });
});

describe('logging in to a service', () => {
  test('[DIR-08] by SCRAM, PLAIN, a name and password, a certificate or a local socket', async () => {
    await using serving = await serve();
    const { url, tlsUrl, localUrl } = serving;
    await account('add', 'ann', '--password-file', password('hush')); // it counts at once
    const create = (name: string, at: string, ...args: readonly string[]): Promise<Ended> =>
      home.run(['create', name, '--directory', at, `--ca-file=${certificates.ca}`, ...args]);
    const anonymous = await create('No', url);
    expect(anonymous).toMatchObject({ code: 4, err: expect.stringContaining('--user') });
    const user = ['--user', 'ann'];
    const known = [...user, '--password-file', password('hush')];
    expect(await create('1', url, ...known)).toMatchObject({ code: 0 });
    expect(await create('2', url, ...user, '--password-command', 'printf "hush\\nmore\\n"')).toMatchObject({
      code: 0,
    });
    const plain = ['--auth', 'plain', ...known];
    expect(await create('No', url, ...plain)).toMatchObject({
      code: 4,
      err: expect.stringContaining('clear'),
    });
    expect(await create('3', url, '--starttls', ...plain)).toMatchObject({ code: 0 });
    expect(await create('4', tlsUrl, ...plain)).toMatchObject({ code: 0 });
    const dn = 'cn=ann,ou=Accounts,ou=Admin,o=Intranet';
    const simple = ['--bind-dn', dn, '--password-file', password('hush')];
    expect(await create('5', url, '--starttls', ...simple)).toMatchObject({ code: 0 });
    const { cert, key } = certificates.client;
    const shown = ['--auth', 'external', '--client-cert', cert, '--client-key', key];
    expect(await create('6', tlsUrl, ...shown)).toMatchObject({ code: 0 });
    expect(await create('7', localUrl, '--auth', 'external')).toMatchObject({ code: 0 });
    const wrong = await create('No', url, ...user, '--password-file', password('wrong'));
    expect(wrong).toMatchObject({ code: 4, err: expect.stringContaining('invalidCredentials') });
    const names = (await home.run(['list', '--directory', url])).out
      .split('\n')
      .map((line) => line.split('\t')[0]);
    expect(new Set(names)).toEqual(new Set(['1', '2', '3', '4', '5', '6', '7', '']));
    // owned by ann: neither an anonymous client nor the certificate's user removes it
    expect(await home.run(['delete', '1', '--directory', url])).toMatchObject({ code: 4 });
    const other = ['delete', '1', '--directory', tlsUrl, `--ca-file=${certificates.ca}`, ...shown];
    expect(await home.run(other)).toMatchObject({ code: 4 });
    expect(await home.run(['delete', '1', '--directory', url, ...known])).toMatchObject({ code: 0 });
  });

  test('[DIR-08] as the configuration file says', async () => {
    await account('add', 'ann', '--password-file', password('hush'));
    await using serving = await serve('--require-tls');
    const folder = join(home.path, 'config', 'rendezvous');
    mkdirSync(folder, { recursive: true });
    const write = (text: string): void => writeFileSync(join(folder, 'config.toml'), text);
    write(`
      directory = "${serving.url}"
      user = "ann"
      auth = "plain"
      password-command = "echo hush"
      starttls = true
      ca-file = "${certificates.ca}"
    `);
    expect(await home.run(['create', 'One'])).toMatchObject({ code: 0 });
    write(`
      ca-file = "${certificates.ca}"
      user = "nobody"
      password-command = "echo wrong"
      [[directories]]
      name = "office"
      url = "${serving.tlsUrl}"
      user = "ann"
      password-file = "${password('hush')}"
    `);
    expect(await home.run(['create', 'Two', '--directory', 'office'])).toMatchObject({ code: 0 });
    // the command line comes before it
    const anonymous = await home.run(['create', 'No', '--directory', 'office', '--auth', 'anonymous']);
    expect(anonymous).toMatchObject({ code: 4 });
    write('auth = "kerberos"\n');
    expect(await home.run(['list', '--directory', serving.url])).toMatchObject({
      code: 2,
      err: expect.stringContaining('anonymous, simple, external, plain, scram'),
    });
  });

  test.each([
    ['two names', ['--user', 'ann', '--bind-dn', 'cn=ann'], '--bind-dn and --user'],
    ['two passwords', ['--user', 'a', '--password-file', 'x', '--password-command', 'y'], 'two ways'],
    ['a name for EXTERNAL', ['--auth', 'external', '--user', 'ann'], 'takes no name'],
    ['a method without a name', ['--auth', 'scram'], 'needs to know whom'],
    ['a password for nobody', ['--password-command', 'echo x'], 'for nobody'],
    ['a certificate without its key', ['--client-cert', 'x'], '--client-key'],
    ['a method that nobody knows', ['--auth', 'magic'], 'magic'],
  ])('%s is wrong usage', async (_, args, words) => {
    const ended = await home.run(['list', '--directory', 'ldap://127.0.0.1:1', ...args]);
    expect([ended.code, ended.err]).toEqual([2, expect.stringContaining(words)]);
  });
});

describe('serve warns', () => {
  const everywhere = '--listen=ldap://0.0.0.0:0';
  const tls = (): string[] => [
    `--tls-cert=${certificates.server.cert}`,
    `--tls-key=${certificates.server.key}`,
  ];
  /** What it says on standard error until it listens. */
  async function warnings(...args: readonly string[]): Promise<string> {
    const server = home.start(['serve', ...args]);
    await using _ = server;
    await server.printed(/Serving the directory in .* on ldap/);
    server.child.kill('SIGTERM');
    return (await server.end).err;
  }

  test('when others can listen in, or change the directory', async () => {
    expect(await warnings(everywhere)).toMatch(/in the clear on ldap:\/\/0\.0\.0\.0:\d+: give --tls-cert/);
    expect(await warnings(everywhere, '--anonymous-write')).toMatch(/everyone who can reach .* may change/);
    expect(await warnings(everywhere, ...tls())).toMatch(/does not ask for TLS .*--require-tls/);
    const safe = [everywhere, ...tls(), '--require-tls'];
    expect(await warnings(...safe)).not.toContain('warning');
    expect(await warnings('--listen=ldap://127.0.0.1:0', '--anonymous-write')).not.toContain('warning');
  });

  test('nobody when it is not told where to listen: then it is this computer alone that is served', async () => {
    const server = home.start(['serve']);
    await using _ = server;
    const said = (): string => server.out + server.err; // another program may have the port
    await expect.poll(said, { timeout: 20_000 }).toMatch(/127\.0\.0\.1(:| port )1389/);
    expect(said()).not.toContain('warning');
  });

  test('of a password file that others may read', async () => {
    const path = password('hush');
    chmodSync(path, 0o644);
    expect(await account('add', 'ann', '--password-file', path)).toMatchObject({
      code: 0,
      err: expect.stringContaining('chmod 600'),
    });
  });
});

test('a limit of the service can be changed; one that is not there is wrong usage', async () => {
  await using serving = await serve('--limit', 'max-connections-per-address=1', '--limit=idle-seconds=60');
  const { connect } = await import('node:net');
  const socket = connect(Number(new URL(serving.url).port), '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const refused = await home.run(['list', '--directory', serving.url]);
  expect(refused).toMatchObject({ code: 5, err: expect.stringContaining('no more are taken: close some') });
  socket.destroy();
  for (const limit of ['max-conections=1', 'max-connections', 'max-connections=0', 'max-connections=x']) {
    expect(await home.run(['serve', '--limit', limit])).toMatchObject({ code: 2, out: '' });
  }
});

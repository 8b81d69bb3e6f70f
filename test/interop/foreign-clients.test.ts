import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createLocatorService,
  defaultAccess,
  hashPassword,
  type Listener,
  listen,
  type LocatorService,
  openStore,
  ServerTls,
} from '../../directory/server/index.ts';
import { type Certificates, CLIENT_DN, makeCertificates } from '../support/certificates.ts';

const BASE = 'ou=Dynamic,o=Intranet';
let folder: string;
let certificates: Certificates;
let service: LocatorService;
let plain: Listener;
let secure: Listener;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-foreign-'));
  certificates = makeCertificates(folder);
  service = createLocatorService({
    store: openStore({ path: ':memory:' }),
    access: defaultAccess({ anonymousWrite: true }),
    admin: { dn: 'cn=admin,o=Intranet', passwordHash: await hashPassword('secret') },
  });
  const tls = new ServerTls({
    certFile: certificates.server.cert,
    keyFile: certificates.server.key,
    caFile: certificates.ca,
  });
  plain = await listen(service, { port: 0, tls });
  secure = await listen(service, { port: 0, tls, isTlsOnly: true });
});
afterAll(async () => {
  for (const listener of [plain, secure]) await listener.close();
  service.close();
  service.context.store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a program without anything of its user's configuration. */
async function run(
  program: string,
  args: readonly string[],
  { input = '' }: { input?: string } = {},
): Promise<{ code: number; out: string }> {
  const child = spawn(program, args, {
    stdio: 'pipe',
    timeout: 25_000,
    env: {
      ...process.env,
      LDAPNOINIT: undefined,
      LDAPCONF: '/dev/null',
      LC_ALL: 'C.UTF-8',
      HOME: folder,
    },
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stdin.on('error', () => {}).end(input);
  const [code]: number[] = await once(child, 'close');
  return { code: code ?? -1, out };
}

test('[DIR-09] [DIR-10] [DIR-12] [DIR-13] [DIR-14] python3-ldap3', async () => {
  const script = fileURLToPath(new URL('foreign/session.py', import.meta.url));
  const { ca, client } = certificates;
  const args = [script, 'localhost', String(plain.port), String(secure.port), ca, client.cert, client.key];
  const { code, out } = await run('/usr/bin/python3', args);
  expect({ code, out }).toMatchObject({ code: 0 });
  expect(JSON.parse(out)).toEqual({
    'naming contexts': ['o=Intranet'],
    dynamic: [BASE, 'ou=Applications,o=Intranet'],
    class: ['cn', 'uid'],
    alias: ['ipAddress', 'sIPAddress'],
    who: 'dn:cn=admin,o=Intranet',
    pages: 25,
    entry: [['Ännä', 'bob'], ['5'], 900, 'cn=admin,o=Intranet'],
    blob: '763d300d0a00ff',
    compare: [true, false],
    renamed: [`uid=renamed,${BASE}`],
    again: 'entryAlreadyExists',
    left: 0,
    StartTLS: [true, 'dn:cn=admin,o=Intranet'],
    EXTERNAL: `dn:${CLIENT_DN.replaceAll(/\w+=/g, (type) => type.toUpperCase())}`,
    PLAIN: 'dn:cn=admin,o=Intranet',
    'version 2': true,
  });
});

test('[DIR-09] [DIR-10] [DIR-11] [DIR-12] [DIR-13] Perl’s Net::LDAP', async () => {
  const script = fileURLToPath(new URL('foreign/session.pl', import.meta.url));
  const { code, out } = await run('perl', [script, '127.0.0.1', String(plain.port)]);
  expect({ code, out }).toMatchObject({ code: 0 });
  expect(JSON.parse(out)).toEqual({
    version: ['2', '3'],
    who: 'dn:cn=admin,o=Intranet',
    must: ['cn', 'objectClass', 'uid'],
    syntax: 'caseIgnoreMatch',
    sorted: ['perl A', 'perl b', 'perl c'],
    changed: { originator: ['y'], generalDescription: ['changed'], rating: ['3'] },
    url: 0,
    refresh: 4000,
    compare: [6, 5],
    missing: 'LDAP_NO_SUCH_OBJECT',
    watched: `uid=perl z,${BASE}`,
    left: 0,
    'version 2': 1,
  });
});

test('[DIR-09] [DIR-10] [DIR-12] [OBJ-03] ldapvi edits entries as text', async () => {
  const connection = [
    '--bind',
    'simple',
    '--user',
    'cn=admin,o=Intranet',
    '--password',
    'secret',
    '-h',
    plain.url,
  ];
  const bound = (...args: readonly string[]): string[] => [...connection, ...args];
  /** As ldapvi edits, but without a terminal: it writes the entries, `change` is the editor, it sees what is different. */
  const edit = async (filter: string, change: (text: string) => string): Promise<void> => {
    const { out } = await run('ldapvi', bound('--quiet', '--out', '-b', BASE, '-s', 'one', filter));
    let count = 0;
    const numbered = out.replace(/^dn: /gm, () => `${count++} `);
    const [before, after] = [join(folder, 'before'), join(folder, 'after')];
    writeFileSync(before, numbered);
    writeFileSync(after, change(numbered));
    const { out: input } = await run('ldapvi', ['--diff', before, after]);
    expect([input, await run('ldapvi', bound('--ldapmodify'), { input })]).toEqual([
      input,
      { code: 0, out: '' },
    ]);
  };
  const show = async (filter: string): Promise<string> => {
    const args = ['-x', '-LLL', '-H', plain.url, '-b', BASE, filter, 'uid', 'url', 'originator'];
    return (await run('ldapsearch', args)).out;
  };
  const classes = 'objectClass: rtConference\nobjectClass: dynamicObject\n';
  const added = ['One', 'Two'].map(
    (name) => `dn: uid=vi ${name},${BASE}\nuid: vi ${name}\n${classes}url: http://old\n`,
  );
  await run('ldapdelete', [
    '-x',
    '-c',
    '-D',
    'cn=admin,o=Intranet',
    '-w',
    'secret',
    '-H',
    plain.url,
    ...['One', 'Two', 'Three'].map((name) => `uid=vi ${name},${BASE}`),
  ]);
  const entered = await run('ldapvi', ['--noninteractive', '--in', '--add', ...connection], {
    input: added.join('\n'),
  });
  expect(entered).toMatchObject({ code: 0 });

  await edit('(uid=vi*)', (text) =>
    text
      .replaceAll('url: http://old', 'url: http://new')
      .replace(/^uid: vi One$/m, '$&\noriginator: somebody'),
  );
  expect(await show('(uid=vi One)')).toBe(
    `dn: uid=vi One,${BASE}\nuid: vi One\nurl: http://new\noriginator: somebody\n\n`,
  );
  expect(await show('(uid=vi Two)')).toContain('http://new');
  // Another name in the first line is a rename; a record that is taken out is deleted.
  await edit('(uid=vi One)', (text) =>
    text.replaceAll('uid=vi One', 'uid=vi Three').replace(': vi One', ': vi Three'),
  );
  expect(await show('(uid=vi*)')).toContain(`dn: uid=vi Three,${BASE}\n`);
  await edit('(uid=vi*)', () => '\n');
  expect(await show('(uid=vi*)')).toBe('');
});

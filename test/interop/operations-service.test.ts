import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkBackup } from '../../directory/server/index.ts';
import { Home, PROGRAM, type Running } from '../net/cli-program.ts';
import { makeCertificates } from '../support/certificates.ts';
import { serviceSchema } from '../support/service-schema.ts';
import { startSlapd } from '../support/slapd.ts';
import { adapted, blocksOf, execute } from './operations-guide.ts';

const ADMIN_PASSWORD = 'the password of the administrator';

let home: Home;
let env: Readonly<Record<string, string>>;
beforeEach(() => {
  home = new Home();
  env = { XDG_DATA_HOME: join(home.path, '.local/share') }; // the default, which the guide writes out
});
afterEach(() => home[Symbol.dispose]());

const file = (name: string): string => join(home.path, name);
const run = (block: string, here = {}): Promise<string> => execute(home, block, here, { env });
const names = async (): Promise<string[]> => (await run('rendezvous list')).match(/^[^\t]+/gm) ?? [];

async function serve(words: string): Promise<{ server: Running; url: string }> {
  const server = home.start(['serve', ...words.split(' ')], { env });
  const [, url = ''] = await server.printed(/on (ldap:\/\/\S+)/);
  return { server, url };
}

test('the store: backup, restore, LDIF to and from OpenLDAP, and the look for damage', async () => {
  const [backup = '', restore = '', ldif = '', toOthers = '', fromOthers = '', look = ''] =
    blocksOf('The store');
  await run("rendezvous create 'Before'");
  await run(backup);
  await run("rendezvous create 'After'");
  expect(checkBackup(file('conferences.db')).entries).toBeGreaterThan(0);
  await run(restore);
  expect(await names()).toEqual(['Before']);
  expect(await run(look)).toBe('ok\n');
  await run(ldif);
  expect(await run('rendezvous list --data-dir elsewhere')).toMatch(/^Before\t/m);

  const slapd = await startSlapd({
    suffix: 'o=Intranet',
    isEmpty: true,
    schema: serviceSchema(),
  });
  try {
    const here = { 'ldap://other.example': slapd.url, '-W': `-w '${slapd.adminPassword}'` };
    const base = "printf 'dn: o=Intranet\\nobjectClass: organization\\n' >base.ldif\n";
    await run(`${base}${toOthers.split('\n')[1]?.replace('conferences.ldif', 'base.ldif')}`, here);
    await run(toOthers, here);
    await run(fromOthers, {
      slapcat: `/usr/sbin/slapcat -f ${join(dirname(slapd.caFile), 'slapd.conf')}`,
      'dc=example,dc=com': 'o=Intranet',
      'rendezvous import': 'rendezvous import --data-dir third',
    });
    expect(await run('rendezvous list --data-dir third')).toMatch(/^Before\t/m);
  } finally {
    await slapd.stop();
  }
});

test('what it is doing: its numbers by LDAP', async () => {
  writeFileSync(file('admin.txt'), ADMIN_PASSWORD, { mode: 0o600 });
  const { server, url } = await serve(
    '--listen ldap://127.0.0.1:0 --bind-dn cn=admin --password-file admin.txt',
  );
  await using _ = server;
  const [search = ''] = blocksOf('What it is doing');
  const printed = await run(search, { 'ldap://127.0.0.1:1389': url, '-W': `-w '${ADMIN_PASSWORD}'` });
  expect(printed).toMatch(/^dn: cn=Search,cn=Operations,cn=Monitor\nmonitorOpCompleted: \d+$/m);
  expect(printed).toMatch(/^dn: cn=invalidCredentials,cn=Failed,cn=Binds,cn=Monitor\nmonitorCounter: 0$/m);
});

test('several servers and directories: every command, with the configuration of the guide', async () => {
  writeFileSync(file('ann.password'), 'hush', { mode: 0o600 });
  await using stack = new AsyncDisposableStack();
  const urls: string[] = [];
  for (const folder of ['one', 'one', 'lab']) {
    const account = `rendezvous --data-dir ${folder} account add ann --password-file ann.password`;
    if (!urls.length) await run(account);
    await run(`rendezvous --data-dir ${folder} create 'Of ${folder} ${urls.length}'`);
    const { server, url } = await serve(`--data-dir ${folder} --listen ldap://127.0.0.1:0`);
    stack.use(server);
    urls.push(url);
  }
  const [one = '', two = '', lab = ''] = urls;
  const here = {
    'ldap://ldap1.example.org': one,
    'ldaps://ldap1.example.org': one,
    'ldap://ldap2.example.org': two,
    'ldaps://ldap2.example.org': two,
    'ldap://lab.example.org:1389': lab,
    'cn=ann,dc=example,dc=org': 'cn=ann,ou=Accounts,ou=Admin,o=Intranet',
    '/etc/rendezvous/ann.password': file('ann.password'),
    'rendezvous doctor': 'rendezvous doctor --interface lo',
  };
  const heading = 'Several servers and directories';
  const [both = '', rest = ''] = blocksOf(heading);
  expect((await run(both, here)).match(/^Of [^\t]+/gm)).toEqual(['Of one 0', 'Of one 1']);
  mkdirSync(file('config/rendezvous'), { recursive: true });
  const [configuration = ''] = blocksOf(heading, 'toml');
  writeFileSync(file('config/rendezvous/config.toml'), adapted(configuration, here));
  const printed: string[] = [];
  for (const line of rest.trim().split('\n').slice(0, 3)) printed.push(await run(line, here));
  const [list = '', merged = '', onlyLab = ''] = printed;
  expect(list).toMatch(/^office\t[^]*^lab\t/m);
  // by their starts, which may be in one second
  expect(merged.match(/^Of [^\t]+/gm)?.toSorted()).toEqual(['Of lab 2', 'Of one 0', 'Of one 1']);
  expect(onlyLab.match(/^Of [^\t]+/gm)).toEqual(['Of lab 2']);
  const doctor = await home.shell(adapted(rest.trim().split('\n')[3] ?? '', here), { env });
  expect(doctor.out).toContain(`✓ Connection    ${new URL(lab).host} in`);
});

test('the unit for systemd is one, and the line in it starts the service', async () => {
  const [unit = ''] = blocksOf('A service under systemd', 'ini');
  const program = file('rendezvous');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`, { mode: 0o755 });
  const installed = adapted(unit, { '/usr/local/bin/rendezvous': program });
  writeFileSync(file('rendezvous.service'), installed);
  // It says what it does not understand, and still ends well.
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', file('rendezvous.service')], {
    encoding: 'utf8',
  });
  expect(verified).toMatchObject({ status: 0, stderr: '' });

  const [, line = ''] = /^ExecStart=((?:.*\\\n)*.*)$/m.exec(installed) ?? [];
  const { ca, server: pair } = makeCertificates(home.path);
  const started = adapted(line.replaceAll('\\\n', ' '), {
    '0.0.0.0:1389': '127.0.0.1:0',
    '/var/lib/rendezvous': file('state'),
    '/etc/rendezvous/server.pem': pair.cert,
  });
  const [command = '', ...words] = started.replace('${CREDENTIALS_DIRECTORY}', home.path).split(/\s+/);
  await using server = home.startOther(command, words);
  const [, url = ''] = await server.printed(/on (ldap:\/\/\S+)/);
  server.child.kill('SIGHUP'); // ExecReload
  expect(await run(`rendezvous list --starttls --ca-file ${ca} --directory ${url}`)).toBe('');
  server.child.kill('SIGTERM');
  expect((await server.end).code).toBe(0);
});

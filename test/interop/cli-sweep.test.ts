import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Home } from '../net/cli-program.ts';
import { asAdmin } from '../support/ldap-admin.ts';
import { runLdif } from '../support/ldif-tools.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';

let slapd: Slapd;
let home: Home;
let account: readonly string[];
beforeAll(async () => {
  slapd = await startSlapd({ dds: false });
  home = new Home();
  const file = join(home.path, 'password');
  writeFileSync(file, `${slapd.adminPassword}\n`, { mode: 0o600 });
  account = ['--bind-dn', slapd.adminDn, '--password-file', file];
  mkdirSync(join(home.path, 'config/rendezvous'), { recursive: true });
  const directory = { name: 'theirs', url: slapd.url, 'bind-dn': slapd.adminDn, 'password-file': file };
  const lines = Object.entries(directory).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  writeFileSync(join(home.path, 'config/rendezvous/config.toml'), `[[directories]]\n${lines.join('\n')}\n`);
});
afterAll(async () => {
  await slapd?.stop();
  home?.[Symbol.dispose]();
});
beforeEach(async () => {
  await slapd.clear();
  const entry = (name: string, expires: string): string => `dn: cn=${name},ou=Conferences,${slapd.suffix}
changetype: add
objectClass: rdvConference
cn: ${name}
rdvBlob: v=0
rdvExpires: ${expires}

`;
  const ldif = entry('over', '20200101000000Z') + entry('alive', '20990101000000Z');
  await runLdif(slapd.url, slapd.adminDn, slapd.adminPassword, ldif);
});

const held = (): Promise<string[]> =>
  asAdmin(slapd, async (client) => {
    const base = `ou=Conferences,${slapd.suffix}`;
    const { searchEntries } = await client.search(base, { scope: 'one', attributes: ['cn'] });
    return searchEntries.map(({ cn }) => String(cn)).sort();
  });

test('sweep tells what is over, and removes it', async () => {
  const sweep = (...args: readonly string[]) =>
    home.run(['sweep', '--directory', slapd.url, ...account, ...args]);
  const told = await sweep('--dry-run');
  expect([told.code, told.out]).toEqual([
    0,
    `expired\t2020-01-01T00:00:00.000Z\tcn=over,ou=Conferences,${slapd.suffix}\n`,
  ]);
  expect(told.err).toMatch(/1 to be removed/);
  await expect(held()).resolves.toEqual(['alive', 'over']);
  const removed = await sweep('--json');
  expect(JSON.parse(removed.out)).toEqual({
    type: 'removed',
    dn: `cn=over,ou=Conferences,${slapd.suffix}`,
    expiredAt: '2020-01-01T00:00:00.000Z',
    directory: slapd.url,
  });
  await expect(held()).resolves.toEqual(['alive']);
  expect((await sweep()).err).toMatch(/Removed 0/);
  expect((await sweep('--grace', 'soon')).code).toBe(2);
});

test('whoever may not remove is told so', async () => {
  const { code, err } = await home.run(['sweep', '--directory', slapd.url]);
  expect(code).toBe(4);
  expect(err).toMatch(/Could not delete cn=over/);
});

test.each([
  { way: 'sweep --every', args: () => ['sweep', '--directory', slapd.url, ...account, '--every', '1s'] },
  { way: 'serve --sweep', args: () => ['serve', '--listen', 'ldap://127.0.0.1:0', '--sweep', 'theirs'] },
])('$way goes on until it is interrupted', async ({ args }) => {
  await using running = home.start([...args(), '--json'], { stdin: undefined });
  await running.printed(/"type":"removed"/);
  await expect(held()).resolves.toEqual(['alive']);
  running.child.kill('SIGINT');
  expect((await running.end).out).toContain(`cn=over,ou=Conferences,${slapd.suffix}`);
});

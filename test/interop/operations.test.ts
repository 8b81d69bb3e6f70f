import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDirectory } from '../../directory/index.ts';
import { Home } from '../net/cli-program.ts';
import { startDs389 } from '../support/ds389.ts';
import { startSamba } from '../support/samba.ts';
import { startSlapd } from '../support/slapd.ts';
import { blocksOf, execute, type Here } from './operations-guide.ts';

let home: Home;
beforeAll(() => {
  home = new Home();
});
afterAll(() => home?.[Symbol.dispose]());

const passwordFile = (password: string): string => {
  const path = join(home.path, 'password');
  writeFileSync(path, password, { mode: 0o600 });
  return path;
};

async function executeAll(heading: string, here: Here): Promise<string> {
  let printed = '';
  for (const block of blocksOf(heading)) printed += await execute(home, block, here);
  return printed;
}

/** One server hears of what the other knows a moment later. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > end) throw new Error('It has not come to the other server');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('OpenLDAP: from a bare server to conferences that the server ends', async () => {
  const slapd = await startSlapd({ isDynamic: true, ownSchema: false, dds: false, isEmpty: true });
  try {
    await slapd.addSuffix();
    const printed = await executeAll('OpenLDAP', {
      'ldapi:///': slapd.ldapiUrl,
      'ldap://ldap.example.org': slapd.url,
      'dc=example,dc=org': slapd.suffix,
      '/etc/rendezvous/password': passwordFile(slapd.adminPassword),
    });
    expect(printed).toMatch(/^Morning round\t/m);
    await using directory = await openDirectory(slapd.url);
    expect(directory.isDynamic).toBe(true);
  } finally {
    await slapd.stop();
  }
});

test('Replication: two bare servers become one directory', async () => {
  const bare = { isDynamic: true, ownSchema: false, dds: false, isEmpty: true } as const;
  const servers = [await startSlapd(bare), await startSlapd(bare)] as const;
  const [one, two] = servers;
  try {
    const here = {
      'ldap://ldap1.example.org/': `${one.url}/`,
      'ldap://ldap2.example.org/': `${two.url}/`,
      'dc=example,dc=org': one.suffix,
      PASSWORD: one.adminPassword,
      '/etc/rendezvous/password': passwordFile(one.adminPassword),
    };
    const [schema = '', container = ''] = blocksOf('OpenLDAP');
    const [configure = '', use = ''] = blocksOf('Replication');
    for (const server of servers) {
      for (const block of [schema, configure])
        await execute(home, block, { ...here, 'ldapi:///': server.ldapiUrl });
    }
    await one.addSuffix();
    await execute(home, container, {
      ...here,
      'ldapi:///': one.ldapiUrl,
      'ldap://ldap.example.org': one.url,
    });
    await using directory = await openDirectory(two.url);
    expect(directory.isDynamic).toBe(false);
    const names = async (): Promise<string[]> => (await directory.search().toArray()).map(({ name }) => name);
    await until(async () => (await names()).length === 0); // no error: the container is there
    await execute(home, use, here);
    await until(async () => (await names()).includes('Evening round'));
  } finally {
    for (const server of servers) await server.stop();
  }
});

test('389 Directory Server', async () => {
  const server = await startDs389({ isEmpty: true });
  try {
    await executeAll('389 Directory Server', {
      'ldap://ldap.example.org': server.url,
      'dc=example,dc=org': server.suffix,
      '/etc/rendezvous/password': passwordFile(server.adminPassword),
    });
    await using directory = await openDirectory(server.url);
    expect(directory.dialect).toBe('rendezvous');
    await expect(directory.get('Morning round')).resolves.toBeDefined();
  } finally {
    await server.stop();
  }
});

test('[APP-06] Active Directory and Samba: the place is published and found, the schema extended', async () => {
  const samba = await startSamba({ isEmpty: true });
  try {
    const here = {
      'OU=Conferences': 'OU=Somewhere', // found because it is published, not by its name
      'ldap://dc.example.org': samba.url,
      'DC=example,DC=org': samba.suffix,
      '/etc/rendezvous/password': passwordFile(samba.adminPassword),
    };
    const [plain = '', guarded = '', extended = ''] = blocksOf('Active Directory and Samba');
    await expect(execute(home, plain, here)).resolves.toMatch(/^Morning round\t/m);
    await execute(home, guarded, here);
    await expect(execute(home, extended, here)).resolves.toMatch(/^Evening round\t/m);
  } finally {
    await samba.stop();
  }
}, 150_000);

test('Migration from an old ILS: conferences and users come along', async () => {
  using old = new Home();
  await old.run(['create', 'From the old days']);
  await using serving = old.start(['serve', '--listen', 'ldap://127.0.0.1:0'], { stdin: undefined });
  const [, url = ''] = await serving.printed(/on (ldap:\/\/\S+)/);
  const printed = await executeAll('Migration from an old ILS', {
    'ldap://ils.example.org:1002': url,
    '~/.local/share/rendezvous': join(home.path, 'data/rendezvous'),
  });
  expect(printed).toMatch(/^From the old days\t/m);
});

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createConference,
  type Directory,
  DirectoryUnavailableError,
  NotPermittedError,
  openDirectory,
  UnknownDialectError,
} from '../../directory/index.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';

let slapd: Slapd;
let ca: string;
let credentials: { kind: 'simple'; dn: string; password: string };
beforeAll(async () => {
  slapd = await startSlapd({ tls: true });
  ca = readFileSync(slapd.caFile, 'utf8');
  credentials = { kind: 'simple', dn: slapd.adminDn, password: slapd.adminPassword };
});
afterAll(() => slapd?.stop());

const conference = (name: string) => createConference({ name, machine: 'host.example' });
const ldapsearch = (filter: string, ...attributes: string[]): string => {
  const base = `ou=Conferences,${slapd.suffix}`;
  const args = ['-x', '-LLL', '-o', 'ldif-wrap=no', '-H', slapd.url, '-b', base, filter, ...attributes];
  return execFileSync('ldapsearch', args, { encoding: 'utf8' });
};
const lost = (directory: Directory): Promise<unknown> =>
  new Promise((resolve) => {
    directory.on('disconnected', resolve);
  });

test('[DIR-07] connects with StartTLS, over ldaps, over a Unix socket and in the clear', async () => {
  const ways = [
    { url: slapd.url.replace('127.0.0.1', 'localhost'), options: { tls: 'starttls', tlsOptions: { ca } } },
    { url: slapd.url, options: { tls: 'starttls', tlsOptions: { ca } } },
    { url: slapd.tlsUrl, options: { tlsOptions: { ca } } },
    { url: slapd.ldapiUrl, options: {} },
    { url: slapd.url, options: {} },
  ] as const;
  for (const [i, { url, options }] of ways.entries()) {
    await using directory = await openDirectory(url, { ...options, credentials });
    await directory.add(conference(`by way ${i}`));
  }
  await using directory = await openDirectory(slapd.url);
  await expect(directory.search({ name: 'by way*' }).toArray()).resolves.toHaveLength(ways.length);
});

test('[DIR-07] a certificate that nobody vouches for ends the connection', async () => {
  const opening = openDirectory(slapd.tlsUrl);
  await expect(opening).rejects.toThrow(DirectoryUnavailableError);
  await expect(opening).rejects.toThrow(/certificate.*give its CA/);
  await expect(openDirectory(slapd.url, { tls: 'starttls' })).rejects.toThrow(/certificate/);
});

test('[DIR-07] a server without StartTLS says so', async () => {
  const plain = await startSlapd();
  try {
    await expect(openDirectory(plain.url, { tls: 'starttls' })).rejects.toThrow(/start TLS/);
  } finally {
    await plain.stop();
  }
});

test.each(['none', 'starttls'] as const)(
  'a server that dies is noticed and found again (tls: %s)',
  async (tls) => {
    const options = tls === 'none' ? {} : { tls, tlsOptions: { ca } };
    await using directory = await openDirectory(slapd.url, { ...options, credentials });
    await directory.add(conference(`survivor ${tls}`));
    const noticed = lost(directory);
    await slapd.restart();
    await expect(noticed).resolves.toBeInstanceOf(DirectoryUnavailableError); // without being asked anything
    await expect(directory.get(`survivor ${tls}`)).resolves.toBeDefined();
    await directory.delete(`survivor ${tls}`); // bound again, too
  },
);

test('a server that stays away is given up after a few attempts', async () => {
  const away = await startSlapd();
  const directory = await openDirectory(away.url);
  await away.kill();
  const started = performance.now();
  await expect(directory.get('x')).rejects.toThrow(/nothing listens there/);
  expect(performance.now() - started).toBeLessThan(3000);
  await directory.close();
  await away.stop();
});

test('[DIR-08] [DIR-20] whoever is not bound may read, not write', async () => {
  await using directory = await openDirectory(slapd.url);
  await expect(directory.add(conference('mine?'))).rejects.toMatchObject({
    ldapName: 'strongerAuthRequired',
  });
  await expect(directory.bind({ ...credentials, password: 'wrong' })).rejects.toThrow(NotPermittedError);
  await directory.bind(credentials);
  await directory.add(conference('mine'));
  const owner = ldapsearch('(cn=mine)', 'owner');
  expect(owner).toContain(`owner: ${slapd.adminDn}`);
});

test('[DIR-11] [DEF-12] a time to live beyond the server’s maximum is what the server allows', async () => {
  await using directory = await openDirectory(slapd.url, { credentials });
  const mine = conference('long');
  await directory.add(mine, { ttlSeconds: 31_557_600 });
  expect(mine.ttlSeconds).toBe(86_400);
});

test('[DIR-03] the base may be named, and a server without our schema is told apart', async () => {
  const base = `ou=Conferences,${slapd.suffix}`;
  await using named = await openDirectory(`${slapd.url}/${encodeURIComponent(base)}`, { credentials });
  await named.add(conference('named base'));
  expect(named.isDynamic).toBe(true);
  await using elsewhere = await openDirectory(`${slapd.url}/ou=Elsewhere,${slapd.suffix}`);
  await expect(elsewhere.search().toArray()).rejects.toThrow(/no ou=Elsewhere/);
  await expect(openDirectory(slapd.url, { dialect: 'ad' })).rejects.toThrow(UnknownDialectError);
});

test('what OpenLDAP’s own tools see is what was meant', async () => {
  await using directory = await openDirectory(slapd.url, { credentials });
  const mine = createConference({
    name: 'Seen',
    machine: 'host.example',
    originator: 'alice',
    group: '239.255.9.9',
    port: 5004,
    scope: 'site',
    now: new Date('2026-03-01T09:00:00Z'),
    stopTime: null,
  });
  await directory.add(mine);
  const shown = ldapsearch(
    '(&(rdvGroup=239.255.9.9:*)(rdvStart<=20260301090000Z)(!(rdvStop=*))(rdvScope=2))',
  );
  expect(shown).toMatch(/^cn: Seen$/m);
  expect(shown).toMatch(/^rdvOriginator: alice$/m);
  expect(shown).toMatch(/^objectClass: dynamicObject$/m);
  const blob = /^rdvBlob:: (.*)$/m.exec(shown)?.[1];
  expect(Buffer.from(blob ?? '', 'base64').toString()).toBe(mine.sdp?.serialize());
});

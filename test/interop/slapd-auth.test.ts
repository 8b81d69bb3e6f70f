import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createConference,
  type Credentials,
  NotPermittedError,
  openDirectory,
} from '../../directory/index.ts';
import { LdapConnection } from '../../directory/ldap/connection.ts';
import { parseTarget } from '../../directory/ldap/target.ts';
import { type Certificates, CLIENT_DN, makeCertificates } from '../support/certificates.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';

let folder: string;
let certificates: Certificates;
let slapd: Slapd;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-slapd-auth-'));
  certificates = makeCertificates(folder);
  chmodSync(folder, 0o755); // the server is another user
  slapd = await startSlapd({
    tls: true,
    dds: false, // for a refresh one would need more rights
    access: 'access to attrs=userPassword by anonymous auth\naccess to * by users write by * read',
    global: `
sasl-secprops noanonymous
authz-regexp uid=([^,]+),cn=(scram-sha-256|plain),cn=auth cn=$1,dc=conferences,dc=test
TLSCACertificateFile ${certificates.ca}
TLSVerifyClient try`,
  });
  const admin = await open(slapd.url);
  await admin.bind(slapd.adminDn, slapd.adminPassword);
  await admin.add(`cn=ann,${slapd.suffix}`, {
    objectClass: ['person'],
    cn: ['ann'],
    sn: ['Ann'],
    userPassword: ['hush'], // SCRAM needs it in the clear
  });
  await admin.close();
});
afterAll(async () => {
  await slapd.stop();
  rmSync(folder, { recursive: true, force: true });
});

const tlsOptions = (): { ca: Buffer; cert: Buffer; key: Buffer } => ({
  ca: readFileSync(slapd.caFile),
  cert: readFileSync(certificates.client.cert),
  key: readFileSync(certificates.client.key),
});
function open(url: string, tls: 'none' | 'ldaps' | 'starttls' = 'none'): Promise<LdapConnection> {
  const safe = tls === 'none' ? {} : { tlsOptions: tlsOptions() };
  return LdapConnection.open(parseTarget(url), { tls, timeoutMs: 10_000, ...safe }, () => {});
}

describe('OpenLDAP’s server knows us', () => {
  const ann = { user: 'ann', password: 'hush' };
  const MINE = `gidNumber=${process.getgid?.()}+uidNumber=${process.getuid?.()},cn=peercred,cn=external,cn=auth`;
  test.each<[string, () => string, 'none' | 'ldaps' | 'starttls', Credentials, () => string]>([
    ['SCRAM', () => slapd.url, 'none', { kind: 'scram', ...ann }, () => `cn=ann,${slapd.suffix}`],
    [
      'SCRAM over StartTLS',
      () => slapd.url,
      'starttls',
      { kind: 'scram', ...ann },
      () => `cn=ann,${slapd.suffix}`,
    ],
    [
      'PLAIN over ldaps',
      () => slapd.tlsUrl,
      'ldaps',
      { kind: 'plain', ...ann },
      () => `cn=ann,${slapd.suffix}`,
    ],
    ['a certificate', () => slapd.url, 'starttls', { kind: 'external' }, () => CLIENT_DN],
    ['a certificate over ldaps', () => slapd.tlsUrl, 'ldaps', { kind: 'external' }, () => CLIENT_DN],
    ['a local socket', () => slapd.ldapiUrl, 'none', { kind: 'external' }, () => MINE],
  ])('[DIR-08] by %s', async (_, url, tls, credentials, dn) => {
    const connection = await open(url(), tls);
    const bound = await connection.authenticate(credentials);
    expect(bound?.toLowerCase()).toBe(dn().toLowerCase());
    await connection.close();
  });

  test.each<[string, Credentials]>([
    ['a wrong password', { kind: 'scram', user: 'ann', password: 'wrong' }],
    ['a user who is not there', { kind: 'scram', user: 'eve', password: 'hush' }],
  ])('[DIR-08] not with %s, and says so', async (_, credentials) => {
    const connection = await open(slapd.url);
    await expect(connection.authenticate(credentials)).rejects.toThrow(NotPermittedError);
    expect(connection.alive).toBe(true);
    await connection.close();
  });

  test('[DIR-07] [DIR-08] and a directory publishes as whom SCRAM has proved', async () => {
    await using directory = await openDirectory(slapd.url, {
      tls: 'starttls',
      tlsOptions: tlsOptions(),
      credentials: { kind: 'scram', ...ann },
    });
    await directory.add(createConference({ name: 'Proved' }));
    expect(await directory.get('Proved')).toBeDefined();
  });
});

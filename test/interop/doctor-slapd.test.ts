import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Check } from '../../cli/doctor/check.ts';
import { createLocatorService, listen, openStore, ServerTls } from '../../directory/server/index.ts';
import { Home } from '../net/cli-program.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';

describe('the doctor on OpenLDAP', () => {
  let slapd: Slapd;
  let home: Home;
  beforeAll(async () => {
    slapd = await startSlapd({ tls: true, extra: 'limits anonymous size.soft=5 size.hard=5' });
    home = new Home();
    writeFileSync(join(home.path, 'right'), `${slapd.adminPassword}\n`, { mode: 0o600 });
    writeFileSync(join(home.path, 'wrong'), 'not it\n', { mode: 0o600 });
  });
  afterAll(async () => {
    await slapd.stop();
    home[Symbol.dispose]();
  });

  const as = (file: string): string[] => [
    '--bind-dn',
    slapd.adminDn,
    '--password-file',
    join(home.path, file),
  ];
  async function consult(args: readonly string[]): Promise<Map<string, Check>> {
    const { out } = await home.run([...args, 'doctor', '--interface', 'lo', '--json']);
    const { checks }: { checks: Check[] } = JSON.parse(out);
    return new Map(checks.map((it) => [it.id, it]));
  }

  test('[APP-07] all is well for the administrator', async () => {
    const checks = await consult(['--directory', slapd.url, ...as('right')]);
    for (const id of ['Reach', 'Bind', 'Write', 'Expiry', 'Clock', 'Limits']) {
      expect([id, checks.get(`directory${id}`)?.status]).toEqual([id, 'ok']);
    }
    expect(checks.get('directory')).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining(`ou=Conferences,${slapd.suffix}`),
    });
    expect(checks.get('directoryWrite')?.detail).toBe('a test entry was added, found, refreshed and removed');
  });

  test('[APP-07] who may only read is told what is missing', async () => {
    const checks = await consult(['--directory', slapd.url]);
    expect(checks.get('directory')?.status).toBe('ok');
    expect(checks.get('directoryWrite')).toMatchObject({
      status: 'fail',
      detail: expect.stringMatching(/add failed: .*(strongerAuthRequired|insufficientAccessRights)/),
      why: expect.stringContaining('published'),
      tryThis: expect.stringContaining('--bind-dn'),
    });
    const wrong = await consult(['--directory', slapd.url, ...as('wrong')]);
    expect(wrong.get('directoryBind')).toMatchObject({ status: 'fail' });
    expect(wrong.get('directoryReach')?.status).toBe('ok');
  });

  test('a certificate that nobody here knows, and one that is known', async () => {
    const unknown = await consult(['--directory', slapd.tlsUrl]);
    expect(unknown.get('directoryTls')).toMatchObject({
      status: 'fail',
      detail: expect.stringMatching(
        /CN=localhost.*signed by nobody but itself \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
      ),
      tryThis: expect.stringContaining('--ca-file'),
    });
    const known = await consult(['--directory', slapd.tlsUrl, '--ca-file', slapd.caFile, ...as('right')]);
    // made for two days only
    expect(known.get('directoryTls')).toMatchObject({
      status: 'warn',
      detail: expect.stringMatching(/by TLSv1\.[23], CN=localhost, until .*: 1 days are left/),
    });
    expect(known.get('directory')?.status).toBe('ok');
  });

  test('the certificate behind StartTLS', async () => {
    const unknown = await consult(['--directory', slapd.url, '--starttls']);
    expect(unknown.get('directoryTls')).toMatchObject({ status: 'fail' });
    const known = await consult(['--directory', slapd.url, '--starttls', '--ca-file', slapd.caFile]);
    expect(known.get('directoryTls')).toMatchObject({
      status: 'warn',
      detail: expect.stringMatching(/TLSv1/),
    });
  });

  test('one of two servers that is down is a warning', async () => {
    const checks = await consult(['--directory', `${slapd.url} ldap://127.0.0.1:1`, ...as('right')]);
    expect(checks.get('directoryReach')).toMatchObject({
      status: 'warn',
      why: expect.stringContaining('others fail too'),
    });
    expect(checks.get('directory')?.status).toBe('ok');
  });

  test('a size limit that cuts lists off', async () => {
    for (let i = 0; i < 7; i++) {
      const made = await home.run([
        'create',
        `c${i} of ${Date.now()}`,
        '--permanent',
        '--directory',
        slapd.url,
        ...as('right'),
      ]);
      expect(made.code).toBe(0);
    }
    const checks = await consult(['--directory', slapd.url]);
    expect(checks.get('directoryLimits')).toMatchObject({
      status: 'fail',
      detail: 'there are more conferences than the server lists for this account',
    });
  });
});

test('a certificate for another name, from an authority that is known', async () => {
  using home = new Home();
  const at = (file: string): string => join(home.path, file);
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { stdio: 'ignore' });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '90'];
  openssl('req', '-x509', ...key, '-subj', '/CN=Test CA', '-keyout', at('ca.key'), '-out', at('ca.pem'));
  const name = ['-subj', '/CN=other.example', '-addext', 'subjectAltName=DNS:other.example'];
  const issuer = ['-CA', at('ca.pem'), '-CAkey', at('ca.key')];
  openssl('req', '-x509', ...key, ...name, ...issuer, '-keyout', at('key.pem'), '-out', at('cert.pem'));
  await using cleanup = new AsyncDisposableStack();
  const store = cleanup.use(openStore({ path: ':memory:' }));
  const service = cleanup.use(createLocatorService({ store }));
  const tls = new ServerTls({ certFile: at('cert.pem'), keyFile: at('key.pem') });
  const { port } = cleanup.use(await listen(service, { port: 0, tls, isTlsOnly: true }));
  const there = ['--directory', `ldaps://localhost:${port}`, '--ca-file', at('ca.pem')];
  const { out } = await home.run(['doctor', '--interface', 'lo', '--json', ...there]);
  const { checks }: { checks: Check[] } = JSON.parse(out);
  expect(checks.find(({ id }) => id === 'directoryTls')).toMatchObject({
    status: 'fail',
    detail: expect.stringMatching(/its certificate is not for localhost, but for DNS:other\.example/),
    tryThis: expect.stringContaining('name that is in the certificate'),
  });
});

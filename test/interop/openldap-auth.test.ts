import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Home, type Running } from '../net/cli-program.ts';
import { type Certificates, CLIENT_DN, makeCertificates } from '../support/certificates.ts';

const ADMIN = 'cn=admin,o=Intranet';
const ANN = 'cn=ann,ou=Accounts,ou=Admin,o=Intranet';
const MINE = `gidNumber=${process.getgid?.()}+uidNumber=${process.getuid?.()},cn=peercred,cn=external,cn=auth`;

let home: Home;
let folder: string;
let certificates: Certificates;
let server: Running;
let plainUrl = '';
let tlsUrl = '';
let localUrl = '';

/** A file with a password that only we can read. */
function password(text: string): string {
  const path = join(folder, `password-${text.length}-${text}`);
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  return path;
}

beforeAll(async () => {
  home = new Home();
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-auth-'));
  certificates = makeCertificates(folder);
  await home.run(['account', 'add', 'ann', '--password-file', password('hush')]);
  server = home.start([
    `--bind-dn=${ADMIN}`,
    `--password-file=${password('secret')}`,
    'serve',
    '--json',
    '--require-tls',
    '--listen=ldap://127.0.0.1:0',
    '--listen=ldaps://127.0.0.1:0',
    `--listen=ldapi://${encodeURIComponent(join(folder, 'ldapi'))}`,
    `--tls-cert=${certificates.server.cert}`,
    `--tls-key=${certificates.server.key}`,
    `--tls-ca=${certificates.ca}`,
  ]);
  [, plainUrl = ''] = await server.printed(/"url":"(ldap:[^"]+)"/);
  [, tlsUrl = ''] = await server.printed(/"url":"(ldaps:[^"]+)"/);
  [, localUrl = ''] = await server.printed(/"url":"(ldapi:[^"]+)"/);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  home[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

interface Output {
  readonly code: number;
  readonly out: string;
}

/** Runs one of OpenLDAP's tools; it trusts our authority alone, and reads nobody's configuration. */
async function tool(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Output> {
  const own = { LDAPCONF: '/dev/null', HOME: folder, LDAPTLS_CACERT: certificates.ca, LC_ALL: 'C' };
  const child = spawn(name, args, { env: { PATH: process.env['PATH'], ...own, ...env } });
  child.stdin.end();
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
  }
  const [code]: number[] = await once(child, 'close');
  return { code: code ?? -1, out };
}
const whoAmI = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Output> =>
  tool('ldapwhoami', args, env);

describe('ldapwhoami over TLS', () => {
  test('StartTLS, then a simple bind', async () => {
    const answer = await whoAmI(['-H', plainUrl, '-ZZ', '-x', '-D', ANN, '-w', 'hush']);
    expect(answer).toEqual({ code: 0, out: `dn:${ANN}\n` });
  });

  test('ldaps', async () => {
    const answer = await whoAmI(['-H', tlsUrl, '-x', '-D', ADMIN, '-w', 'secret']);
    expect(answer).toEqual({ code: 0, out: `dn:${ADMIN}\n` });
  });

  test('a client certificate is who it says, by EXTERNAL', async () => {
    const { cert, key } = certificates.client;
    const env = { LDAPTLS_CERT: cert, LDAPTLS_KEY: key };
    for (const where of [
      ['-H', plainUrl, '-ZZ'],
      ['-H', tlsUrl],
    ]) {
      const { code, out } = await whoAmI([...where, '-Y', 'EXTERNAL', '-Q'], env);
      expect([code, out.toLowerCase()]).toEqual([0, `dn:${CLIENT_DN.toLowerCase()}\n`]);
    }
    expect((await whoAmI(['-H', tlsUrl, '-Y', 'EXTERNAL', '-Q'])).code).not.toBe(0);
  });

  test('an authority that is not known is not trusted', async () => {
    const answer = await whoAmI(['-H', tlsUrl, '-x'], { LDAPTLS_CACERT: certificates.client.cert });
    expect(answer.code).not.toBe(0);
  });

  test('the oldest versions of TLS are refused', async () => {
    const { port } = new URL(tlsUrl);
    const say = (...args: string[]): Promise<Output> =>
      tool('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', certificates.ca, ...args]);
    expect((await say('-tls1_2')).out).toContain('Verify return code: 0 (ok)');
    const old = await say('-tls1_1', '-cipher', 'ALL:@SECLEVEL=0');
    expect(old.out).toContain('alert protocol version');
    expect(old.out).toContain('Cipher is (NONE)');
  });
});

describe('ldapwhoami by SASL', () => {
  test('[DIR-08] SCRAM-SHA-256, in the clear and over TLS', async () => {
    for (const where of [
      ['-H', plainUrl],
      ['-H', tlsUrl],
      ['-H', plainUrl, '-ZZ'],
      ['-H', localUrl],
    ]) {
      const args = [...where, '-Q', '-Y', 'SCRAM-SHA-256', '-U'];
      expect(await whoAmI([...args, 'ann', '-w', 'hush'])).toEqual({ code: 0, out: `dn:${ANN}\n` });
    }
    const args = ['-H', plainUrl, '-Q', '-Y', 'SCRAM-SHA-256', '-U'];
    expect((await whoAmI([...args, 'admin', '-w', 'secret'])).out).toBe(`dn:${ADMIN}\n`);
    expect((await whoAmI([...args, 'ann', '-w', 'wrong'])).out).toContain('Invalid credentials (49)');
    expect((await whoAmI([...args, 'eve', '-w', 'hush'])).out).toContain('Invalid credentials (49)');
  });

  test('PLAIN only where nobody can listen', async () => {
    const args = ['-Q', '-Y', 'PLAIN', '-U', 'ann', '-w', 'hush', '-O', 'maxssf=0'];
    expect((await whoAmI(['-H', tlsUrl, ...args])).out).toBe(`dn:${ANN}\n`);
    expect((await whoAmI(['-H', localUrl, ...args])).out).toBe(`dn:${ANN}\n`);
    expect((await whoAmI(['-H', plainUrl, ...args])).out).toMatch(/not supported|No worthy mechs/);
  });

  test('the user of a local socket by EXTERNAL, who may do everything when it is his service', async () => {
    const { code, out } = await whoAmI(['-H', localUrl, '-Q', '-Y', 'EXTERNAL']);
    expect([code, out]).toEqual([0, `dn:${MINE}\n`]);
    const rootDse = ['-x', '-LLL', '-s', 'base', '-b', '', 'supportedSASLMechanisms', 'supportedExtension'];
    const mechanisms = await tool('ldapsearch', ['-H', localUrl, ...rootDse]);
    expect(mechanisms.out).toContain('supportedSASLMechanisms: EXTERNAL');
    expect(mechanisms.out).toContain('supportedSASLMechanisms: PLAIN');
    expect(mechanisms.out).not.toContain('1.3.6.1.4.1.1466.20037');
    const clear = await tool('ldapsearch', ['-H', plainUrl, ...rootDse]);
    expect(clear.out).not.toContain('supportedSASLMechanisms: PLAIN');
    expect(clear.out).toContain('1.3.6.1.4.1.1466.20037');
  });
});

describe('ldappasswd', () => {
  test('sets one’s own password, has one made, and the administrator sets any', async () => {
    await home.run(['account', 'add', 'cy', '--password-file', password('first')]);
    const CY = 'cn=cy,ou=Accounts,ou=Admin,o=Intranet';
    const passwd = (...args: string[]): Promise<Output> => tool('ldappasswd', ['-H', tlsUrl, '-x', ...args]);
    const canBind = async (text: string): Promise<boolean> =>
      (await whoAmI(['-H', tlsUrl, '-x', '-D', CY, '-w', text])).code === 0;
    expect((await passwd('-D', CY, '-w', 'first', '-a', 'first', '-s', 'second')).code).toBe(0);
    expect([await canBind('first'), await canBind('second')]).toEqual([false, true]);
    const { out } = await passwd('-D', CY, '-w', 'second');
    const made = /^New password: (\S+)$/m.exec(out)?.[1] ?? '';
    expect(await canBind(made)).toBe(true);
    expect((await passwd('-D', ADMIN, '-w', 'secret', '-s', 'third', CY)).code).toBe(0);
    expect(await canBind('third')).toBe(true);
    expect((await passwd('-D', ANN, '-w', 'hush', '-s', 'mine', CY)).out).toContain(
      'Insufficient access (50)',
    );
    const clear = await tool('ldappasswd', [
      '-H',
      plainUrl.replace('127.0.0.1', 'localhost'),
      '-x',
      '-D',
      CY,
      '-w',
      'third',
      '-s',
      'x',
    ]);
    expect(clear.code).toBe(0); // loopback is this computer
  });
});

describe('a certificate that changes', () => {
  test('is served to new connections after SIGHUP; one that cannot be used is not', async () => {
    const { port } = new URL(tlsUrl);
    const serial = async (): Promise<string> => {
      const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', certificates.ca];
      const { out } = await tool('openssl', args);
      const pem = /-----BEGIN[\s\S]+END CERTIFICATE-----/.exec(out)?.[0] ?? '';
      writeFileSync(join(folder, 'seen.pem'), pem);
      return (
        await tool('openssl', ['x509', '-in', join(folder, 'seen.pem'), '-noout', '-serial'])
      ).out.trim();
    };
    const said = (words: string): number => server.err.split(words).length - 1;
    const [kept, changed] = ['the old certificate stays in use', 'was read again'];
    const [keptBefore, changedBefore, before] = [said(kept), said(changed), await serial()];
    const { cert, key } = certificates.another();
    copyFileSync(cert, certificates.server.cert);
    server.child.kill('SIGHUP');
    await expect.poll(() => said(kept), { timeout: 10_000 }).toBeGreaterThan(keptBefore);
    expect(await serial()).toBe(before); // the key is not that of the certificate yet
    copyFileSync(key, certificates.server.key);
    server.child.kill('SIGHUP');
    await expect.poll(() => said(changed), { timeout: 10_000 }).toBeGreaterThan(changedBefore);
    expect(await serial()).not.toBe(before);
    expect((await whoAmI(['-H', tlsUrl, '-x', '-D', ANN, '-w', 'hush'])).code).toBe(0);
  });
});

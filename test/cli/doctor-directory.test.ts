import { describe, expect, test } from 'vitest';
import { judgeDirectory } from '../../cli/doctor/directory-checks.ts';
import type { DirectoryFacts } from '../../cli/doctor/facts.ts';
import {
  type CertificateReport,
  DirectoryError,
  type DirectoryInspection,
  DirectoryUnavailableError,
  NotPermittedError,
  type ServerInspection,
} from '../../directory/index.ts';

const NOW = new Date(Date.UTC(2026, 10, 21));
const days = (count: number): Date => new Date(NOW.getTime() + count * 86_400_000);

const certificate: CertificateReport = {
  protocol: 'TLSv1.3',
  subject: 'CN=ldap1.example',
  issuer: 'CN=Example CA',
  names: 'DNS:ldap1.example',
  validFrom: days(-10),
  validTo: days(200),
  chainProblem: undefined,
  nameProblem: undefined,
};
const server: ServerInspection = {
  where: 'ldap1.example:636',
  host: 'ldap1.example',
  tls: 'ldaps',
  isProbe: false,
  addresses: { value: ['192.0.2.1'] },
  connected: { value: 3 },
  certificate: { value: certificate },
};
const clear: ServerInspection = {
  where: 'ldap1.example:389',
  host: 'ldap1.example',
  tls: 'none',
  isProbe: false,
  connected: { value: 3 },
};
const inspection: DirectoryInspection = {
  vendor: 'OpenLDAP 2.5',
  base: 'ou=Conferences,dc=example',
  saslMechanisms: [],
  pages: true,
  conferences: 3,
  isLimited: false,
  rights: [{ right: 'add' }, { right: 'read' }, { right: 'refresh' }, { right: 'delete' }],
  ttl: { asked: 300, granted: 300 },
  clockAheadMs: 400,
};
const well: DirectoryFacts = {
  label: 'office',
  target: 'ldaps://ldap1.example',
  account: 'cn=ann',
  sendsPassword: true,
  servers: { value: [server] },
  opened: { value: { displayName: 'ldap1.example:636', type: 'ldap', isDynamic: true, tookMs: 12 } },
  used: { value: inspection },
  store: undefined,
  occupied: [],
};

const withServer = (...changes: readonly Partial<ServerInspection>[]): Partial<DirectoryFacts> => ({
  servers: { value: changes.map((change) => ({ ...server, ...change })) },
});
const withCertificate = (change: Partial<CertificateReport>): Partial<DirectoryFacts> =>
  withServer({ certificate: { value: { ...certificate, ...change } } });
const used = (change: Partial<DirectoryInspection>): Partial<DirectoryFacts> => ({
  used: { value: { ...inspection, ...change } },
});
const notFound = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
const unreachable = new DirectoryUnavailableError('Cannot reach the directory ldap1.example:636: refused.');
const gone = { opened: { error: unreachable }, used: undefined };

describe('the doctor on a directory', () => {
  test('has nothing to say where all is well, in the order in which one gets there', () => {
    const checks = judgeDirectory(well, NOW);
    expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(checks.map(({ id }) => id)).toEqual([
      'directoryLookup',
      'directoryReach',
      'directoryTls',
      'directoryBind',
      'directory',
      'directoryWrite',
      'directoryExpiry',
      'directoryClock',
      'directoryLimits',
    ]);
    expect(new Set(checks.map(({ directory }) => directory))).toEqual(new Set(['office']));
    expect(checks.find(({ id }) => id === 'directoryTls')?.detail).toBe(
      'ldap1.example:636 by TLSv1.3, CN=ldap1.example, until 2027-06-09',
    );
  });

  test.each<{ id: string; status: string; facts: Partial<DirectoryFacts>; detail: RegExp; tryThis: RegExp }>([
    {
      id: 'directoryLookup',
      status: 'fail',
      facts: { ...withServer({ addresses: { error: notFound } }), ...gone },
      detail: /ldap1\.example: there is no host of that name/,
      tryThis: /getent hosts ldap1\.example/,
    },
    {
      id: 'directoryLookup',
      status: 'warn',
      facts: withServer({}, { host: 'ldap2.example', addresses: { error: notFound } }),
      detail: /^ldap2\.example/,
      tryThis: /spelt/,
    },
    {
      id: 'directoryLookup',
      status: 'fail',
      facts: {
        servers: { error: new DirectoryUnavailableError('The domain publishes no directory.') },
        ...gone,
      },
      detail: /publishes no directory/,
      tryThis: /name a server/,
    },
    {
      id: 'directoryReach',
      status: 'fail',
      facts: { ...withServer({ connected: { error: unreachable } }), ...gone },
      detail: /refused/,
      tryThis: /firewall/,
    },
    {
      id: 'directoryReach',
      status: 'warn',
      facts: withServer({}, { where: 'ldap2:636', connected: { error: unreachable } }),
      detail: /^ldap1\.example:636 in 3 ms; Cannot reach/,
      tryThis: /runs/,
    },
    {
      id: 'directoryTls',
      status: 'fail',
      facts: withServer({ certificate: { error: new Error('wrong version number') } }),
      detail: /TLS does not begin: wrong version number/,
      tryThis: /openssl s_client/,
    },
    {
      id: 'directoryTls',
      status: 'fail',
      facts: withCertificate({ validTo: days(-3), chainProblem: 'CERT_HAS_EXPIRED' }),
      detail: /expired on 2026-11-1/,
      tryThis: /renewed/,
    },
    {
      id: 'directoryTls',
      status: 'fail',
      facts: withCertificate({ validFrom: days(2), chainProblem: 'CERT_NOT_YET_VALID' }),
      detail: /valid from 2026-11-2/,
      tryThis: /clock/,
    },
    {
      id: 'directoryTls',
      status: 'warn',
      facts: withCertificate({ validTo: days(12.5) }),
      detail: /12 days are left/,
      tryThis: /renewed/,
    },
    {
      id: 'directoryTls',
      status: 'fail',
      facts: withCertificate({ names: 'DNS:other.example', nameProblem: 'does not match' }),
      detail: /not for ldap1\.example, but for DNS:other\.example/,
      tryThis: /name/,
    },
    ...(
      [
        ['DEPTH_ZERO_SELF_SIGNED_CERT', /signed by nobody but itself/],
        ['SELF_SIGNED_CERT_IN_CHAIN', /authority that is not known here \(CN=Example CA\)/],
        ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /issuer \(CN=Example CA\) is missing/],
        ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /issuer \(CN=Example CA\) is missing/],
        ['CERT_HAS_EXPIRED', /between it and its authority has expired/],
        ['CERT_REVOKED', /revoked/],
        ['CERT_UNTRUSTED', /not trusted \(CERT_UNTRUSTED\)/],
      ] as const
    ).map(([chainProblem, detail]) => ({
      id: 'directoryTls',
      status: 'fail',
      facts: withCertificate({ chainProblem }),
      detail,
      tryThis: /--ca-file/,
    })),
    {
      id: 'directoryTls',
      status: 'warn',
      facts: { servers: { value: [{ ...clear, where: 'far:389' }] } },
      detail: /password of cn=ann crosses the network to far:389 in the clear/,
      tryThis: /ldaps/,
    },
    {
      id: 'directoryBind',
      status: 'fail',
      facts: { opened: { error: new NotPermittedError('Could not bind: wrong password.') }, used: undefined },
      detail: /as cn=ann: .*wrong password/,
      tryThis: /--bind-dn/,
    },
    { id: 'directory', status: 'fail', facts: gone, detail: /Cannot reach/, tryThis: /--directory/ },
    {
      id: 'directory',
      status: 'fail',
      facts: { used: { error: new DirectoryError('Could not search: no right.') } },
      detail: /can be reached, and not be read/,
      tryThis: /right to read/,
    },
    {
      id: 'directoryWrite',
      status: 'fail',
      facts: used({ rights: [{ right: 'add', error: new NotPermittedError('Could not add.') }] }),
      detail: /add failed: Could not add/,
      tryThis: /--bind-dn/,
    },
    {
      id: 'directoryWrite',
      status: 'fail',
      facts: used({ rights: [{ right: 'add' }, { right: 'read', error: new Error('it is not found') }] }),
      detail: /read failed/,
      tryThis: /log of the server/,
    },
    {
      id: 'directoryExpiry',
      status: 'warn',
      facts: used({ ttl: { asked: 300, granted: 60 } }),
      detail: /granted 60 s instead of 300/,
      tryThis: /--keep-alive/,
    },
    {
      id: 'directoryClock',
      status: 'warn',
      facts: used({ clockAheadMs: 3_600_000 }),
      detail: /1 h ahead of this computer/,
      tryThis: /set-ntp/,
    },
    {
      id: 'directoryClock',
      status: 'warn',
      facts: used({ clockAheadMs: -90_000 }),
      detail: /behind this computer/,
      tryThis: /set-ntp/,
    },
    {
      id: 'directoryLimits',
      status: 'fail',
      facts: used({ isLimited: true }),
      detail: /more conferences than the server lists/,
      tryThis: /size limit/,
    },
    {
      id: 'directoryLimits',
      status: 'warn',
      facts: used({ pages: false }),
      detail: /2696/,
      tryThis: /limit/,
    },
    {
      id: 'store',
      status: 'fail',
      facts: { store: { value: { path: 'd.db', bytes: 1, verdict: 'row 3 missing from index' } } },
      detail: /damaged/,
      tryThis: /mv d\.db/,
    },
  ])('[APP-07] $status: $id, $detail', ({ id, status, facts, detail, tryThis }) => {
    const check = judgeDirectory({ ...well, ...facts }, NOW).find((it) => it.id === id);
    expect(check).toMatchObject({
      status,
      detail: expect.stringMatching(detail),
      tryThis: expect.stringMatching(tryThis),
    });
  });

  test('whatever is wrong says why it matters and what to do', () => {
    const bad = judgeDirectory({ ...well, ...used({ ttl: { asked: 300, granted: 60 }, pages: false }) }, NOW);
    const found = bad.filter(({ status }) => status !== 'ok');
    expect(found).toHaveLength(2);
    for (const { why, tryThis } of found) expect([why, tryThis]).not.toContain(undefined);
  });

  test('of the ports that a host is tried at one is enough', () => {
    const probes = withServer(
      { where: 'h:1002', tls: 'none', isProbe: true, connected: { error: unreachable } },
      { where: 'h:389', tls: 'none', isProbe: true },
    );
    const check = judgeDirectory({ ...well, ...probes }, NOW).find(({ id }) => id === 'directoryReach');
    expect(check).toMatchObject({ status: 'ok', detail: 'h:389 in 3 ms' });
  });

  test('the one on this computer has no servers, and says so by silence', () => {
    const { servers: _, ...rest } = well;
    const facts = { ...rest, target: 'embedded', account: undefined, servers: undefined };
    const store = { value: { path: 'd.db', bytes: 40_960, verdict: 'ok' } };
    expect(judgeDirectory({ ...facts, store }, NOW).map(({ id }) => id)).toEqual([
      'directory',
      'directoryWrite',
      'directoryExpiry',
      'directoryLimits',
      'store',
    ]);
  });
});

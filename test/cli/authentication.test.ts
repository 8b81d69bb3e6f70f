import { describe, expect, test } from 'vitest';
import {
  type Account,
  accountFlags,
  mergeAccounts,
  methodOf,
  readTls,
  wouldAsk,
} from '../../cli/authentication.ts';
import { UsageError } from '../../cli/errors.ts';

describe('what counts of several accounts', () => {
  const shared: Account = { bindDn: 'cn=shared', passwordFile: '/shared', caFile: '/ca', starttls: true };
  test.each<[string, Account, Account, Account]>([
    ['nothing said anywhere else', {}, {}, shared],
    [
      'a directory of its own gets no password of another',
      {},
      { user: 'ann' },
      { user: 'ann', caFile: '/ca', starttls: true },
    ],
    [
      'a directory of its own with its password',
      {},
      { user: 'ann', passwordCommand: 'pass' },
      { user: 'ann', passwordCommand: 'pass', caFile: '/ca', starttls: true },
    ],
    ['another authority, the same account', {}, { caFile: '/other' }, { ...shared, caFile: '/other' }],
    [
      'a name on the command line',
      { user: 'ann' },
      {},
      { user: 'ann', passwordFile: '/shared', caFile: '/ca', starttls: true },
    ],
    [
      'a password on the command line',
      { passwordCommand: 'pass' },
      {},
      { bindDn: 'cn=shared', passwordCommand: 'pass', caFile: '/ca', starttls: true },
    ],
    ['another method for the same name', { auth: 'scram' }, {}, { ...shared, auth: 'scram' }],
    [
      'a method without a name',
      { auth: 'external' },
      { user: 'ann' },
      { auth: 'external', caFile: '/ca', starttls: true },
    ],
  ])('%s', (_, commandLine, own, want) => {
    expect(mergeAccounts(commandLine, own, shared)).toEqual(want);
  });
});

describe('how to authenticate', () => {
  test.each<[Account, string]>([
    [{}, 'anonymous'],
    [{ passwordFile: 'x' }, 'anonymous'],
    [{ bindDn: 'cn=ann' }, 'simple'],
    [{ user: 'ann' }, 'scram'],
    [{ user: 'ann', auth: 'plain' }, 'plain'],
    [{ user: 'ann@example.org', auth: 'simple' }, 'simple'],
    [{ bindDn: 'cn=ann', auth: 'scram' }, 'scram'],
    [{ auth: 'external' }, 'external'],
    [{ auth: 'anonymous' }, 'anonymous'],
  ])('%j: %s', (account, want) => expect(methodOf(account)).toBe(want));

  test.each<Account>([
    { user: 'ann', bindDn: 'cn=ann' },
    { auth: 'external', user: 'ann' },
    { auth: 'anonymous', bindDn: 'cn=ann' },
    { auth: 'simple' },
    { auth: 'kerberos' },
    { user: 'ann', passwordFile: 'x', passwordCommand: 'y' },
  ])('%j makes no sense', (account) => expect(() => methodOf(account)).toThrow(UsageError));

  test('completion asks nobody and runs no command', () => {
    expect(wouldAsk({})).toBe(false);
    expect(wouldAsk({ auth: 'external' })).toBe(false);
    expect(wouldAsk({ user: 'ann', passwordFile: 'x' })).toBe(false);
    expect(wouldAsk({ user: 'ann' })).toBe(true);
    expect(wouldAsk({ user: 'ann', passwordCommand: 'pass' })).toBe(true);
  });
});

test('StartTLS is for what is in the clear', async () => {
  const account = { starttls: true };
  expect(await readTls(account, 'ldap://host')).toEqual({ tls: 'starttls' });
  expect(await readTls(account, 'dns:example.org')).toEqual({ tls: 'starttls' });
  for (const target of ['ldaps://host', 'ldapi://%2Fx', 'embedded']) {
    expect(await readTls(account, target)).toEqual({});
  }
  await expect(readTls({ clientCert: 'x' }, 'ldaps://host')).rejects.toThrow(UsageError);
});

test('what was given is given again to another command', () => {
  expect(accountFlags({ user: 'ann', starttls: true, passwordCommand: 'pass show x' })).toEqual([
    '--user=ann',
    '--password-command=pass show x',
    '--starttls',
  ]);
});

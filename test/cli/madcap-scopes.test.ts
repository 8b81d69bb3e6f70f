import { describe, expect, test } from 'vitest';
import { readMadcapScopes } from '../../cli/run/madcap-scopes.ts';
import { UsageError } from '../../cli/errors.ts';
import { defaultScopes } from '../../directory/madcap/index.ts';
import { requireScopes, scopeNameFor } from '../../src/madcap/index.ts';
import { madcapServerGroups } from '../../src/net/index.ts';

describe('scopes that nobody configured', () => {
  test('are those of RFC 2365 and their like in IPv6, named in several languages', () => {
    const scopes = defaultScopes();
    expect(() => requireScopes(scopes)).not.toThrow();
    expect(scopes.map(({ first, last, ttl }) => [first, last, ttl])).toEqual([
      ['239.255.0.0', '239.255.255.255', 15],
      ['239.192.0.0', '239.195.255.255', 63],
      ['ff15::8000:0', 'ff15::ffff:ffff', 15],
      ['ff18::8000:0', 'ff18::ffff:ffff', 63],
    ]);
    expect(scopes.map((scope) => scopeNameFor(scope, 'de-AT'))).toEqual([
      'Lokaler Bereich',
      'Organisationsbereich',
      'Lokaler Bereich',
      'Organisationsbereich',
    ]);
    expect(scopes.map((scope) => scopeNameFor(scope, 'nl'))[0]).toBe('Local scope');
  });

  test('have servers that are looked for below their last addresses, but never in a global scope', () => {
    expect(madcapServerGroups([...defaultScopes().map(({ last }) => last), '238.255.255.255'])).toEqual([
      '239.255.255.254',
      'ff13::ffff:fffe',
      '239.195.255.254',
      'ff15::ffff:fffe',
      'ff18::ffff:fffe',
    ]);
  });
});

describe('the configuration of scopes', () => {
  test('every key', () => {
    const table = {
      first: '239.192.0.0',
      last: '239.192.15.255',
      ttl: 20,
      names: { de: 'Haus', 'en-GB': 'House' },
      exclude: ['239.192.0.1', '239.192.1.0 - 239.192.1.255'],
      'max-lease': '2h',
    };
    expect(readMadcapScopes([table])).toEqual([
      {
        first: '239.192.0.0',
        last: '239.192.15.255',
        ttl: 20,
        names: [
          { language: 'de', name: 'Haus', isDefault: true },
          { language: 'en-GB', name: 'House', isDefault: false },
        ],
        exclusions: [
          { first: '239.192.0.1', last: '239.192.0.1' },
          { first: '239.192.1.0', last: '239.192.1.255' },
        ],
        maximumSeconds: 7200,
      },
    ]);
  });

  test('only what has to be said', () => {
    expect(
      readMadcapScopes([{ first: 'ff15::8000:0', last: 'ff15::8000:ffff', names: 'Site' }]),
    ).toMatchObject([
      {
        ttl: 15,
        names: [{ language: 'en', name: 'Site', isDefault: true }],
        exclusions: [],
        maximumSeconds: 2_592_000,
      },
    ]);
  });

  test('addresses are known in any spelling', () => {
    const [scope] = readMadcapScopes([{ first: 'FF15:0::8000:0', last: 'ff15::8000:FFFF' }]);
    expect(scope).toMatchObject({ first: 'ff15::8000:0', last: 'ff15::8000:ffff' });
  });

  const manyNames = (count: number): [string, string][] =>
    Array.from({ length: count }, (_, i) => [`x-${i}`, 'n'.repeat(255)]);
  const good = { first: '239.255.0.0', last: '239.255.255.255' };
  test.each([
    { name: 'no tables', tables: good, why: /\[\[madcap\.scopes\]\]/ },
    { name: 'none', tables: [], why: /\[\[madcap\.scopes\]\]/ },
    { name: 'text', tables: ['239.255.0.0/16'], why: /\[\[madcap\.scopes\]\]/ },
    {
      name: 'a key that nobody knows',
      tables: [{ ...good, exlude: [] }],
      why: /did you mean madcap\.scopes\.exclude/,
    },
    { name: 'no end', tables: [{ first: '239.255.0.0' }], why: /scopes\.last must be an address/ },
    { name: 'a TTL in words', tables: [{ ...good, ttl: 'far' }], why: /ttl must be a number/ },
    { name: 'a TTL too large', tables: [{ ...good, ttl: 256 }], why: /TTL 256/ },
    { name: 'names that are numbers', tables: [{ ...good, names: { en: 5 } }], why: /table of names/ },
    { name: 'a name too long', tables: [{ ...good, names: { en: 'x'.repeat(256) } }], why: /table of names/ },
    {
      name: 'an exclusion that is none',
      tables: [{ ...good, exclude: ['house'] }],
      why: /exclude must be an address/,
    },
    {
      name: 'exclusions that are no list',
      tables: [{ ...good, exclude: '239.255.0.1' }],
      why: /array of strings/,
    },
    {
      name: 'an exclusion the wrong way round',
      tables: [{ ...good, exclude: ['239.255.9.0-239.255.1.0'] }],
      why: /excludes 239\.255\.9\.0 to 239\.255\.1\.0, which ends before it begins/,
    },
    {
      name: 'more names than a datagram has room for',
      tables: [{ ...good, names: Object.fromEntries(manyNames(255)) }],
      why: /IPv4 do not fit into a datagram: they take \d+ octets.*fewer or shorter names/,
    },
    { name: 'a duration that is none', tables: [{ ...good, 'max-lease': 'long' }], why: /long/ },
    { name: 'a duration without its unit', tables: [{ ...good, 'max-lease': 30 }], why: /must be a string/ },
    { name: 'overlaps', tables: [good, { ...good, first: '239.255.9.0' }], why: /overlaps/ },
  ])('$name is refused', ({ tables, why }) => {
    expect(() => readMadcapScopes(tables)).toThrow(UsageError);
    expect(() => readMadcapScopes(tables)).toThrow(why);
  });
});

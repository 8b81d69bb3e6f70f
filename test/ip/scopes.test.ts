import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ADVERTISING_SCOPES,
  compareIp,
  countAddresses,
  IPV4_ZONES,
  isWithin,
  poolFor,
  randomGroup,
  relativeGroup,
  reservedGroupReason,
  SCOPE_RANGES,
  scopeOfGroup,
  scopeOfTtl,
  zoneOfGroup,
} from '../../src/ip/index.ts';

describe('advertising scopes', () => {
  test.each([
    ['local', 1],
    ['site', 15],
    ['region', 63],
    ['world', 127],
  ] as const)('[DEF-08] %s has TTL %i', (scope, ttl) => expect(SCOPE_RANGES[scope].ttl).toBe(ttl));

  test.each([
    [0, 'local'],
    [1, 'local'],
    [2, 'site'],
    [15, 'site'],
    [16, 'region'],
    [63, 'region'],
    [64, 'world'],
    [255, 'world'],
  ])('[DEF-08] TTL %i is read as %s', (ttl, scope) => expect(scopeOfTtl(ttl)).toBe(scope));

  test('random groups stay in their scope and off reserved addresses', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...ADVERTISING_SCOPES),
        fc.constantFrom(4 as const, 6 as const),
        random,
        (scope, family, r) => {
          const group = randomGroup(scope, () => r, family);
          expect(reservedGroupReason(group)).toBeUndefined();
          const { zone, first, last } = poolFor(scope, family);
          expect(isWithin(group, first, last)).toBe(true);
          expect(zoneOfGroup(group)).toEqual(zone);
        },
      ),
    );
    expect(randomGroup('site', () => 0)).toBe('239.255.0.0');
    expect(randomGroup('site', () => 1 - 2 ** -53)).toBe('239.255.254.255');
    expect(randomGroup('world', () => 1 - 2 ** -53)).toBe('224.2.255.253');
    expect(randomGroup('site', () => 0, 6)).toBe('ff15::8000:0');
    expect(randomGroup('site', () => 1 - 2 ** -53, 6)).toBe('ff15::ffff:feff');
  });

  test.each([
    ['local', '239.255.255.255', '239.255.255.254', 'ff02::2:7ffe', 'ff12::ffff:fffe'],
    ['site', '239.255.255.255', '239.255.255.254', 'ff05::2:7ffe', 'ff15::ffff:fffe'],
    ['region', '239.195.255.255', '239.195.255.254', 'ff08::2:7ffe', 'ff18::ffff:fffe'],
    ['world', '224.2.127.254', undefined, 'ff0e::2:7ffe', undefined],
  ] as const)('%s is announced and leased where its groups are', (scope, sap4, madcap4, sap6, madcap6) => {
    const { ipv4, ipv6 } = SCOPE_RANGES[scope];
    expect([ipv4.zone.sapGroup, ipv4.zone.madcapGroup]).toEqual([sap4, madcap4]);
    expect([ipv6.zone.sapGroup, ipv6.zone.madcapGroup]).toEqual([sap6, madcap6]);
  });

  test.each([
    '224.0.0.1',
    '224.0.1.68',
    '224.2.127.254',
    '226.1.1.1',
    '235.0.0.1',
    '232.0.0.1',
    '239.255.255.254',
    '239.195.255.255',
    'ff00::1',
    'ff02::1',
    'ff0e::101',
    'ff05::2:7ffe',
    'ff15::ffff:ff00',
    'ff35::1',
    'ff35::4000:1',
    'ff25::8000:1',
    'ff1f::1',
    'example',
  ])('%s is refused with a reason', (group) => expect(reservedGroupReason(group)).toMatch(/\w/));

  test.each([
    '224.2.128.1',
    '232.0.1.0',
    '233.252.0.1',
    '239.1.2.3',
    '239.255.0.1',
    'ff15::1',
    'ff15::ffff:feff',
    'ff15:0:0:1::ffff:ffff',
    'ff0e::2:1',
    'ff0e::2:8000',
    'ff35:30:2001:db8::1',
    'ff3e::8000:1',
  ])('%s may carry a conference', (group) => expect(reservedGroupReason(group)).toBeUndefined());
});

describe('the zone of a group', () => {
  test.each([
    ['224.0.0.56', 'Link-local control', 'local'],
    ['224.2.128.9', 'Global', 'world'],
    ['232.1.2.3', 'Global', 'world'],
    ['239.255.1.2', 'IPv4 Local Scope', 'site'],
    ['239.254.1.2', 'IPv4 Local Scope, expansion', 'site'],
    ['239.192.0.1', 'IPv4 Organization Local Scope', 'region'],
    ['239.69.1.2', 'IPv4 Organization Local Scope, expansion', 'region'],
    ['ff11::1', 'IPv6 Interface-Local Scope', 'local'],
    ['ff12::1', 'IPv6 Link-Local Scope', 'local'],
    ['ff05::2:8000', 'IPv6 Site-Local Scope', 'site'],
    ['ff16::1', 'IPv6 SCOP 6 Scope', 'region'],
    ['ff38::8000:1', 'IPv6 Organization-Local Scope', 'region'],
    ['ff3e:30:2001:db8::1', 'IPv6 Global Scope', 'world'],
  ])('%s: %s', (group, name, scope) => {
    expect(zoneOfGroup(group)?.name).toBe(name);
    expect(scopeOfGroup(group)).toBe(scope);
  });

  test.each(['192.0.2.1', '2001:db8::1', 'ff10::1', 'ff1f::1', 'example'])('%s is in none', (group) => {
    expect(zoneOfGroup(group)).toBeUndefined();
    expect(scopeOfGroup(group)).toBeUndefined();
  });

  test('the zones of IPv4 do not overlap and leave out no group', () => {
    const total = IPV4_ZONES.reduce((sum, { first, last }) => sum + countAddresses(first, last), 0);
    expect(total).toBe(2 ** 28);
  });
});

describe('ranges of addresses', () => {
  test('are compared in both families', () => {
    expect(compareIp('239.0.0.1', '239.0.0.1')).toBe(0);
    expect(compareIp('239.0.0.255', '239.0.1.0')).toBeLessThan(0);
    expect(compareIp('ff15::1:0', 'ff15::ffff')).toBeGreaterThan(0);
    expect(compareIp('255.255.255.255', '::')).toBeLessThan(0);
    expect(isWithin('ff15::8000:5', 'ff15::8000:0', 'ff15::ffff:ffff')).toBe(true);
    expect(isWithin('239.1.1.1', 'ff15::', 'ff15::ffff')).toBe(false);
    expect(isWithin('example', '239.0.0.0', '239.0.0.9')).toBe(false);
  });

  test('are counted', () => {
    expect(countAddresses('239.255.0.0', '239.255.255.255')).toBe(65_536);
    expect(countAddresses('239.255.255.255', '239.255.255.255')).toBe(1);
    expect(countAddresses('ff15::8000:0', 'ff15::ffff:ffff')).toBe(2 ** 31);
  });

  test('relative assignments count down from the last address', () => {
    expect(relativeGroup('239.255.255.255', 0)).toBe('239.255.255.255');
    expect(relativeGroup('239.195.255.255', 1)).toBe('239.195.255.254');
    expect(relativeGroup('239.1.2.0', 1)).toBe('239.1.1.255');
    expect(relativeGroup('ff15::ffff:ffff', 256)).toBe('ff15::ffff:feff');
  });
});

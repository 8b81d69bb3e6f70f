import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ADVERTISING_SCOPES,
  randomGroup,
  reservedGroupReason,
  SCOPE_RANGES,
  scopeOfTtl,
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
      fc.property(fc.constantFrom(...ADVERTISING_SCOPES), random, (scope, r) => {
        expect(reservedGroupReason(randomGroup(scope, () => r))).toBeUndefined();
      }),
    );
    expect(randomGroup('site', () => 0)).toBe('239.255.0.0');
    expect(randomGroup('site', () => 1 - 2 ** -53)).toBe('239.255.254.255');
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
    'ff3e::8000:1',
  ])('%s may carry a conference', (group) => expect(reservedGroupReason(group)).toBeUndefined());
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ADVERTISING_SCOPES,
  isSourceSpecific,
  randomSourceSpecificGroup,
  reservedGroupReason,
} from '../../src/ip/index.ts';

describe('source-specific groups', () => {
  test.each([
    { source: '10.0.0.7', scope: 'site', random: 0, group: '232.0.1.0' },
    { source: '10.0.0.7', scope: 'world', random: 1 - 2 ** -48, group: '232.255.255.255' },
    { source: 'fe80::7', scope: 'local', random: 0, group: 'ff32::8000:0' },
    { source: 'fd00::7', scope: 'local', random: 0, group: 'ff33::8000:0' }, // not link-local: RFC 6724 §5
    { source: 'fd00::7', scope: 'site', random: 1 - 2 ** -48, group: 'ff35::ffff:ffff' },
    { source: 'fd00::7', scope: 'region', random: 0.5, group: 'ff38::c000:0' },
    { source: 'fd00::7', scope: 'world', random: 0, group: 'ff3e::8000:0' },
  ] as const)('for $source, $scope, at $random: $group', ({ source, scope, random, group }) => {
    expect(randomSourceSpecificGroup(source, scope, () => random)).toBe(group);
  });

  test('every draw is a source-specific group that may carry a conference', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('10.0.0.7', 'fd00::7'),
        fc.constantFrom(...ADVERTISING_SCOPES),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (source, scope, drawn) => {
          const group = randomSourceSpecificGroup(source, scope, () => drawn);
          expect(isSourceSpecific(group)).toBe(true);
          expect(reservedGroupReason(group)).toBeUndefined();
        },
      ),
    );
  });
});

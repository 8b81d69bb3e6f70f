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
    { family: 4, scope: 'site', random: 0, group: '232.0.1.0' },
    { family: 4, scope: 'world', random: 1 - 2 ** -48, group: '232.255.255.255' },
    { family: 6, scope: 'local', random: 0, group: 'ff32::8000:0' },
    { family: 6, scope: 'site', random: 1 - 2 ** -48, group: 'ff35::ffff:ffff' },
    { family: 6, scope: 'region', random: 0.5, group: 'ff38::c000:0' },
    { family: 6, scope: 'world', random: 0, group: 'ff3e::8000:0' },
  ] as const)('IPv$family, $scope, at $random: $group', ({ family, scope, random, group }) => {
    expect(randomSourceSpecificGroup(family, scope, () => random)).toBe(group);
  });

  test('every draw is a source-specific group that may carry a conference', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4 as const, 6 as const),
        fc.constantFrom(...ADVERTISING_SCOPES),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (family, scope, drawn) => {
          const group = randomSourceSpecificGroup(family, scope, () => drawn);
          expect(isSourceSpecific(group)).toBe(true);
          expect(reservedGroupReason(group)).toBeUndefined();
        },
      ),
    );
  });
});

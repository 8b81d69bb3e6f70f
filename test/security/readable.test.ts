import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import {
  type AccountNames,
  defaultDescriptor,
  formatAccessList,
  formatSddl,
  parseAccessList,
} from '../../src/security/index.ts';
import { descriptor } from './support.ts';

const ANN = 'S-1-5-21-1-2-3-1001';
const names: AccountNames = {
  sidOf: (name) => (name.toLowerCase() === 'uid=ann,ou=people,o=example' ? ANN : undefined),
  nameOf: (sid) => (sid === ANN ? 'uid=ann,ou=People,o=Example' : undefined),
};

describe('access lists for people', () => {
  test.each([
    ['everyone:read,owner:all', 'D:(A;;GR;;;WD)(A;;GA;;;OW)', 'everyone:read,owner:all'],
    [' Everyone : Read , OWNER:all', 'D:(A;;GR;;;WD)(A;;GA;;;OW)', 'everyone:read,owner:all'],
    [
      'authenticated:read+refresh,uid=ann,ou=People,o=Example:read+write+delete',
      `D:(A;;GRSW;;;AU)(A;;GRGWSD;;;${ANN})`,
      'authenticated:read+refresh,uid=ann,ou=People,o=Example:read+write+delete',
    ],
    [
      'anonymous:!write+delete,everyone:all',
      'D:(D;;GWSD;;;AN)(A;;GA;;;WD)',
      'anonymous:!write+delete,everyone:all',
    ],
    ['S-1-5-18:create+permissions+ownership', 'D:(A;;CCWOWD;;;SY)', 'S-1-5-18:create+permissions+ownership'],
    ['administrators:0x80', 'D:(A;;LO;;;BA)', 'administrators:0x80'],
    ['everyone:read+join', 'D:(A;;GRCR;;;WD)', 'everyone:read+join'],
    ['(A;CI;GR;;;WD),owner:all', 'D:(A;CI;GR;;;WD)(A;;GA;;;OW)', '(A;CI;GR;;;WD),owner:all'],
    ['', 'D:', ''],
  ])('[OBJ-07] %s', (text, sddl, back) => {
    const dacl = parseAccessList(text, names);
    expect(formatSddl({ control: 0, dacl })).toBe(sddl);
    expect(formatAccessList({ control: 0, dacl }, names)).toBe(back);
  });

  test('what servers make of generic rights has the same words', () => {
    const dacl = parseAccessList('everyone:0x20094,owner:0xf01ff,anonymous:0x300bc', names);
    expect(formatAccessList({ control: 0, dacl }, names)).toBe(
      'everyone:read,owner:all,anonymous:read+write+delete',
    );
  });

  test('the owner of the descriptor is called so', () => {
    expect(formatAccessList(defaultDescriptor(ANN), names)).toBe('everyone:read,owner:all');
    expect(formatAccessList({ control: 0 }, names)).toBe('everyone:all');
  });

  test.each([
    ['everyone', /"everyone" does not end in a colon and rights/],
    ['everyone:', /does not end/],
    ['everyone:reed', /does not end/],
    ['everyone:read,owner', /"owner" does not end/],
    ['carol:read', /"carol" is no account: write everyone, owner/],
    ['(A;;GR;;;WD', /not \(type/],
  ])('refuses %s', (text, want) => {
    expect(() => parseAccessList(text, names)).toThrow(DecodeError);
    expect(() => parseAccessList(text, names)).toThrow(want);
  });

  test('a list in this form is read back as it was', () =>
    fc.assert(
      fc.property(descriptor, ({ dacl }) => {
        if (dacl === null || dacl === undefined) return;
        const text = formatAccessList({ control: 0, dacl }, names);
        expect(formatAccessList({ control: 0, dacl: parseAccessList(text, names) }, names)).toBe(text);
      }),
    ));
});

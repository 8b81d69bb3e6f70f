import { describe, expect, test } from 'vitest';
import { GENERIC_MAPPING, grantedRights, parseSddl, RIGHT } from '../../src/security/index.ts';

const ANN = 'S-1-5-21-1-2-3-1001';
const BOB = 'S-1-5-21-1-2-3-1002';
const everyoneAnd = (...sids: readonly string[]): ReadonlySet<string> => new Set(['S-1-1-0', ...sids]);
const OWN = RIGHT.readControl | RIGHT.writeDac;

describe('access check (MS-DTYP 2.5.3.2)', () => {
  test.each([
    { name: 'no list allows all', sddl: `O:${ANN}`, who: BOB, want: GENERIC_MAPPING.all },
    { name: 'a null list allows all', sddl: 'D:NO_ACCESS_CONTROL', who: BOB, want: GENERIC_MAPPING.all },
    { name: 'an empty list allows nothing', sddl: 'D:', who: BOB, want: 0 },
    { name: 'but the owner may mend it', sddl: `O:${ANN}D:`, who: ANN, want: OWN },
    {
      name: 'a generic right is what it stands for',
      sddl: 'D:(A;;GR;;;WD)',
      who: BOB,
      want: GENERIC_MAPPING.read,
    },
    {
      name: 'the first that speaks of a right decides',
      sddl: 'D:(D;;RP;;;WD)(A;;RPWP;;;WD)',
      who: BOB,
      want: 0x20,
    },
    { name: 'also when it allows', sddl: 'D:(A;;RP;;;WD)(D;;RPWP;;;WD)', who: BOB, want: 0x10 },
    { name: 'others are not meant', sddl: `D:(A;;GA;;;${ANN})`, who: BOB, want: 0 },
    { name: 'what is for heirs alone says nothing', sddl: 'D:(A;CIIO;GA;;;WD)', who: BOB, want: 0 },
    { name: 'owner rights', sddl: `O:${ANN}D:(A;;RP;;;OW)`, who: ANN, want: 0x10 },
    { name: 'owner rights are the owner’s', sddl: `O:${ANN}D:(A;;RP;;;OW)`, who: BOB, want: 0 },
    { name: 'a conditional allow allows nothing', sddl: 'D:(XA;;GA;;;WD)', who: BOB, want: 0 },
    { name: 'a conditional deny denies', sddl: 'D:(XD;;WP;;;WD)(A;;RPWP;;;WD)', who: BOB, want: 0x10 },
    {
      name: 'an allow for one property allows nothing on the whole',
      sddl: 'D:(OA;;RP;ab721a53-1e2f-11d0-9819-00aa0040529b;;WD)',
      who: BOB,
      want: 0,
    },
    { name: 'an audit entry in the list says nothing', sddl: 'D:(AU;SA;GA;;;WD)', who: BOB, want: 0 },
  ])('$name', ({ sddl, who, want }) => {
    expect(grantedRights(parseSddl(sddl), everyoneAnd(who))).toBe(want);
  });
});

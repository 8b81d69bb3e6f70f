import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import {
  aclOf,
  formatSddl,
  parseSddl,
  parseSecurityDescriptor,
  serializeSecurityDescriptor,
} from '../../src/security/index.ts';
import { decoded, descriptor, fromHex, toHex } from './support.ts';

describe('bytes', () => {
  // As Samba 4.17 writes them, but for lists without object ACEs, which it gives revision 4.
  test.each([
    {
      name: 'everyone reads, one account does all',
      sddl: 'D:(A;;GR;;;WD)(A;;GA;;;S-1-5-21-1-2-3-1104)',
      hex:
        '0100048000000000000000000000000014000000 0200400002000000 0000140000000080 010100000000000100000000' +
        '0000240000000010 01050000000000051500000001000000020000000300000050040000',
    },
    {
      name: 'owner, group, both lists, flags and GUIDs',
      sddl:
        'O:BAG:BUD:PAI(A;CIID;RPWPSD;;;WD)' +
        '(OA;CI;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;bf967aba-0de6-11d0-a285-00aa003049e2;PS)' +
        'S:(AU;SAFA;WOWD;;;AN)',
      hex:
        '0100149414000000240000003400000050000000 01020000000000052000000020020000' +
        '01020000000000052000000021020000 02001c0001000000 02c0140000000c00010100000000000507000000' +
        '0400540002000000 0012140030000100010100000000000100000000' +
        '0502380000010000 03000000 531a72ab2f1ed011981900aa0040529b ba7a96bfe60dd011a28500aa003049e2' +
        '01010000000000050a000000',
    },
    { name: 'an empty list', sddl: 'D:', hex: '0100048000000000000000000000000014000000 0200080000000000' },
    { name: 'a missing list', sddl: 'D:NO_ACCESS_CONTROL', hex: `01000480${'00'.repeat(16)}` },
    {
      name: 'an authority beyond 32 bits',
      sddl: 'O:S-1-0x112233445566-7',
      hex: `01000080 14000000 ${'00'.repeat(12)} 010111223344556607000000`,
    },
  ])('[OBJ-06] $name', ({ sddl, hex }) => {
    const bytes = fromHex(hex);
    expect(toHex(serializeSecurityDescriptor(parseSddl(sddl)))).toBe(toHex(bytes));
    expect(formatSddl(parseSecurityDescriptor(bytes))).toBe(sddl);
  });

  test('an ACE of an unknown kind is kept byte for byte', () => {
    const ace = '40110c00 0102030405060708';
    const hex = `0100048000000000000000000000000014000000 02001400 01000000 ${ace}`;
    const sd = parseSecurityDescriptor(fromHex(hex));
    expect(formatSddl(sd)).toBe('D:(0x40;OIID;#0102030405060708;;;)');
    expect(toHex(serializeSecurityDescriptor(parseSddl(formatSddl(sd))))).toBe(toHex(fromHex(hex)));
  });

  test.each([
    { name: 'nothing', hex: '', want: /needs 1 more bytes/ },
    { name: 'another revision', hex: `02000480${'00'.repeat(16)}`, want: /revision 1/ },
    { name: 'absolute form', hex: `01000400${'00'.repeat(16)}`, want: /self-relative/ },
    { name: 'a list beyond the end', hex: `01000480${'00'.repeat(12)}ff000000`, want: /points to byte 255/ },
    { name: 'a list over the header', hex: `01000480${'00'.repeat(12)}04000000`, want: /points to byte 4/ },
    {
      name: 'more ACEs than there is room for',
      hex: '0100048000000000000000000000000014000000 02000800ffff0000',
      want: /needs 1 more bytes/,
    },
    {
      name: 'an ACE of no length',
      hex: '0100048000000000000000000000000014000000 02000c0001000000 00000000',
      want: /an ACE is 0 bytes long/,
    },
    {
      name: 'sixteen sub-authorities',
      hex: `01000080 14000000 ${'00'.repeat(12)} 0110000000000005`,
      want: /16 sub-authorities/,
    },
  ])('refuses $name', ({ hex, want }) => {
    expect(() => parseSecurityDescriptor(fromHex(hex))).toThrow(DecodeError);
    expect(() => parseSecurityDescriptor(fromHex(hex))).toThrow(want);
  });

  test('a list that does not fit in 64 KiB is refused', () => {
    const ace = { kind: 'opaque', type: 0x40, flags: 0, body: new Uint8Array(40_000) } as const;
    const sd = { control: 0, dacl: aclOf([ace, ace]) };
    expect(() => serializeSecurityDescriptor(sd)).toThrow(EncodeError);
  });

  test('parse undoes serialize', () =>
    fc.assert(
      fc.property(descriptor, (sd) => {
        expect(parseSecurityDescriptor(serializeSecurityDescriptor(sd))).toEqual(sd);
      }),
    ));

  test('any bytes parse or throw DecodeError, and what parses is written alike', () =>
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), damaged()), (bytes) => {
        const sd = decoded(() => parseSecurityDescriptor(bytes));
        const again = sd === undefined ? undefined : parseSecurityDescriptor(serializeSecurityDescriptor(sd));
        expect(again).toEqual(sd);
      }),
    ));
});

function damaged(): fc.Arbitrary<Uint8Array> {
  return fc.tuple(descriptor, fc.nat(), fc.nat({ max: 255 })).map(([sd, at, value]) => {
    const bytes = serializeSecurityDescriptor(sd);
    bytes[at % bytes.length] = value;
    return bytes;
  });
}

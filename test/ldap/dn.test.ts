import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import {
  dnEquals,
  normalizeDn,
  parentDn,
  parseDn,
  rdnValueOctets,
  serializeDn,
} from '../../src/ldap/index.ts';
import { bytes, utf8, outcome } from './support.ts';

describe('distinguished names', () => {
  test.each([
    // RFC 4514 §4
    {
      text: 'UID=jsmith,DC=example,DC=net',
      want: [[['UID', 'jsmith']], [['DC', 'example']], [['DC', 'net']]],
    },
    {
      text: 'OU=Sales+CN=J.  Smith,DC=example,DC=net',
      want: [
        [
          ['OU', 'Sales'],
          ['CN', 'J.  Smith'],
        ],
        [['DC', 'example']],
        [['DC', 'net']],
      ],
    },
    {
      text: 'CN=James \\"Jim\\" Smith\\, III,DC=example,DC=net',
      want: [[['CN', 'James "Jim" Smith, III']], [['DC', 'example']], [['DC', 'net']]],
    },
    { text: 'CN=Before\\0dAfter,DC=net', want: [[['CN', 'Before\rAfter']], [['DC', 'net']]] },
    { text: 'CN=Lu\\C4\\8Di\\C4\\87', want: [[['CN', 'Lučić']]] },
    // RFC 2253 §4 from LDAPv2
    { text: 'O="Sue, Grabbit and Runn";C=GB', want: [[['O', 'Sue, Grabbit and Runn']], [['C', 'GB']]] },
    { text: 'OID.2.5.4.3 = a , c = b', want: [[['2.5.4.3', 'a']], [['c', 'b']]] },
    { text: '', want: [] },
    { text: '  ', want: [] },
    { text: 'cn=', want: [[['cn', '']]] },
    { text: 'cn=\\ a\\ ', want: [[['cn', ' a ']]] },
    { text: 'cn=\\#a', want: [[['cn', '#a']]] },
    { text: 'cn=a=b', want: [[['cn', 'a=b']]] },
    // [MS-TAIL]: names that locator clients make
    {
      text: 'cn=egruber]host.example,ou=dynamic,o=Intranet',
      want: [[['cn', 'egruber]host.example']], [['ou', 'dynamic']], [['o', 'Intranet']]],
    },
    {
      text: 'c=-, o=Microsoft, cn=a@b.example, objectClass=rtPerson',
      want: [[['c', '-']], [['o', 'Microsoft']], [['cn', 'a@b.example']], [['objectClass', 'rtPerson']]],
    },
  ])('read: $text', ({ text, want }) => {
    const shown = parseDn(text).map((rdn) => rdn.map(({ type, value }) => [type, value]));
    expect(shown).toEqual(want);
    expect(parseDn(serializeDn(parseDn(text)))).toEqual(parseDn(text));
  });

  test('a value in hex is BER (RFC 4514 §2.4, §4)', () => {
    const dn = parseDn('1.3.6.1.4.1.1466.0=#04024869');
    expect(dn).toEqual([[{ type: '1.3.6.1.4.1.1466.0', value: bytes('04024869') }]]);
    expect(serializeDn(dn)).toBe('1.3.6.1.4.1.1466.0=#04024869');
    expect(rdnValueOctets(bytes('04024869'))).toEqual(utf8('Hi'));
    expect(dnEquals(dn, parseDn('1.3.6.1.4.1.1466.0=HI'))).toBe(true);
  });

  test.each([
    { value: 'a,b', want: 'cn=a\\,b' },
    { value: ' a ', want: 'cn=\\ a\\ ' },
    { value: '#a', want: 'cn=\\#a' },
    { value: 'a"+;<>\\', want: 'cn=a\\"\\+\\;\\<\\>\\\\' },
    { value: 'a\0b', want: 'cn=a\\00b' },
    { value: 'a\nb\u0085', want: 'cn=a\\0ab\\c2\\85' },
    { value: 'ümlaut', want: 'cn=ümlaut' },
  ])('written: $want', ({ value, want }) => {
    expect(serializeDn([[{ type: 'cn', value }]])).toBe(want);
    expect(parseDn(want)).toEqual([[{ type: 'cn', value }]]);
  });

  test.each([
    'cn',
    '=a',
    ',cn=a',
    'cn=a,',
    'cn=a,,o=b',
    'cn=a\\',
    'cn=a\\zz',
    'cn=#0',
    'cn=#zz',
    'cn=a<b',
    'cn="a',
    'cn="a"b',
    'cn=\\ff',
    '1..2=a',
    'c n=a',
  ])('refused: %s', (text) => expect(() => parseDn(text)).toThrow(DecodeError));

  test('the error names the place', () => {
    expect(() => parseDn('cn=a,o')).toThrow('"=" is missing after o, at character 7 of "cn=a,o"');
  });

  test.each([
    { a: 'UID=Jim + CN=X,DC=a', b: 'cn=x+uid=jim, dc=A', same: true },
    { a: 'cn=a  b', b: 'CN=A B', same: true },
    { a: 'cn=Straße', b: 'cn=STRASSE', same: true },
    { a: 'cn=ﬁ', b: 'cn=fi', same: true },
    { a: 'cn=a\\,b', b: 'cn="A,B"', same: true },
    { a: 'cn=a,o=b', b: 'cn=a', same: false },
    { a: 'cn=a', b: 'sn=a', same: false },
    { a: 'cn=a+sn=b', b: 'cn=a,sn=b', same: false },
  ])('$a and $b: same $same', ({ a, b, same }) => expect(dnEquals(parseDn(a), parseDn(b))).toBe(same));

  const anyDn = fc.array(
    fc.array(
      fc.record({
        type: fc.stringMatching(/^([A-Za-z][A-Za-z0-9-]{0,5}|\d(\.\d){0,3})$/),
        value: fc.oneof(
          fc.string({ unit: 'binary', maxLength: 8 }).map((text) => text.toWellFormed()),
          fc.uint8Array({ minLength: 1, maxLength: 6 }),
        ),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    { maxLength: 4 },
  );

  test('parse undoes serialize', () => {
    fc.assert(
      fc.property(anyDn, (dn) => {
        expect(parseDn(serializeDn(dn))).toEqual(dn);
      }),
      { numRuns: 300 },
    );
  });

  test('normalising again changes nothing, and leaves no control character', () => {
    fc.assert(
      fc.property(anyDn, (dn) => {
        const once = normalizeDn(dn);
        expect(normalizeDn(parseDn(once))).toBe(once);
        expect(once).not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: 300 },
    );
  });

  test('any text is a DN or a DecodeError', () => {
    const letters = fc.string({
      unit: fc.constantFrom(...Array.from('cno=,;+"\\# <>0af\0é.')),
      maxLength: 20,
    });
    fc.assert(
      fc.property(letters, (text) => {
        expect(['read', 'refused']).toContain(outcome(() => parseDn(text)));
      }),
      { numRuns: 1000 },
    );
    expect(() => parseDn(`cn=${'a'.repeat(10_000)}`)).toThrow(/characters long/);
  });

  test('the name above', () => {
    expect(serializeDn(parentDn(parseDn('cn=a,o=b')) ?? [])).toBe('o=b');
    expect(parentDn([])).toBeUndefined();
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { escapeFilterValue, type Filter, parseFilter, serializeFilter } from '../../src/ldap/index.ts';
import { anyFilter, bytes, utf8, outcome } from './support.ts';

const equality = (attribute: string, value: string): Filter => ({
  kind: 'equality',
  attribute,
  value: utf8(value),
});

describe('search filters as text', () => {
  test.each<{ text: string; want: Filter }>([
    // RFC 4515 §4
    { text: '(cn=Babs Jensen)', want: equality('cn', 'Babs Jensen') },
    { text: '(!(cn=Tim Howes))', want: { kind: 'not', filter: equality('cn', 'Tim Howes') } },
    {
      text: '(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))',
      want: {
        kind: 'and',
        filters: [
          equality('objectClass', 'Person'),
          {
            kind: 'or',
            filters: [
              equality('sn', 'Jensen'),
              { kind: 'substrings', attribute: 'cn', initial: utf8('Babs J'), any: [] },
            ],
          },
        ],
      },
    },
    {
      text: '(o=univ*of*mich*)',
      want: { kind: 'substrings', attribute: 'o', initial: utf8('univ'), any: [utf8('of'), utf8('mich')] },
    },
    { text: '(seeAlso=)', want: equality('seeAlso', '') },
    {
      text: '(cn:caseExactMatch:=Fred Flintstone)',
      want: {
        kind: 'extensible',
        matchingRule: 'caseExactMatch',
        attribute: 'cn',
        value: utf8('Fred Flintstone'),
        dnAttributes: false,
      },
    },
    {
      text: '(cn:=Betty Rubble)',
      want: { kind: 'extensible', attribute: 'cn', value: utf8('Betty Rubble'), dnAttributes: false },
    },
    {
      text: '(sn:dn:2.4.6.8.10:=Barney Rubble)',
      want: {
        kind: 'extensible',
        matchingRule: '2.4.6.8.10',
        attribute: 'sn',
        value: utf8('Barney Rubble'),
        dnAttributes: true,
      },
    },
    {
      text: '(o:dn:=Ace Industry)',
      want: { kind: 'extensible', attribute: 'o', value: utf8('Ace Industry'), dnAttributes: true },
    },
    {
      text: '(:1.2.3:=Wilma Flintstone)',
      want: {
        kind: 'extensible',
        matchingRule: '1.2.3',
        value: utf8('Wilma Flintstone'),
        dnAttributes: false,
      },
    },
    {
      text: '(:DN:2.4.6.8.10:=Dino)',
      want: { kind: 'extensible', matchingRule: '2.4.6.8.10', value: utf8('Dino'), dnAttributes: true },
    },
    {
      text: '(o=Parens R Us \\28for all your parenthetical needs\\29)',
      want: equality('o', 'Parens R Us (for all your parenthetical needs)'),
    },
    { text: '(cn=*\\2A*)', want: { kind: 'substrings', attribute: 'cn', any: [utf8('*')] } },
    { text: '(filename=C:\\5cMyFile)', want: equality('filename', 'C:\\MyFile') },
    {
      text: '(bin=\\00\\00\\00\\04)',
      want: { kind: 'equality', attribute: 'bin', value: bytes('00000004') },
    },
    { text: '(sn=Lu\\c4\\8di\\c4\\87)', want: equality('sn', 'Lučić') },
    { text: '(sn=Lučić)', want: equality('sn', 'Lučić') },
    // RFC 4526
    { text: '(&)', want: { kind: 'and', filters: [] } },
    { text: '(|)', want: { kind: 'or', filters: [] } },
    // others
    { text: '(uid=*)', want: { kind: 'present', attribute: 'uid' } },
    { text: '(uid=**)', want: { kind: 'present', attribute: 'uid' } },
    {
      text: '(cn;lang-de=*a)',
      want: { kind: 'substrings', attribute: 'cn;lang-de', any: [], final: utf8('a') },
    },
    { text: '(n>=5)', want: { kind: 'greaterOrEqual', attribute: 'n', value: utf8('5') } },
    { text: '(n<=5)', want: { kind: 'lessOrEqual', attribute: 'n', value: utf8('5') } },
    { text: '(n~=5)', want: { kind: 'approx', attribute: 'n', value: utf8('5') } },
    // [MS-TAIL]: a locator client refreshes
    {
      text: '(&(objectClass=rtPerson)(cn=%)(sttl=10))',
      want: {
        kind: 'and',
        filters: [equality('objectClass', 'rtPerson'), equality('cn', '%'), equality('sttl', '10')],
      },
    },
  ])('read: $text', ({ text, want }) => {
    expect(parseFilter(text)).toEqual(want);
    expect(parseFilter(serializeFilter(want))).toEqual(want);
  });

  test.each([
    '',
    'cn=a',
    '(cn=a',
    '(cn=a))',
    '()',
    '((cn=a))',
    '(!)',
    '(!(a=b)(c=d))',
    '(&(a=b)c)',
    '(=a)',
    '(cn)',
    '(cn=a(b)',
    '(cn=\\2)',
    '(cn=\\zz)',
    '(cn>=a*)',
    '(cn:=a*)',
    '(:=a)',
    '(:dn:=a)',
    '(cn:dn:x=a)',
    '(cn=a)\0',
    '(c n=a)',
    ' (cn=a)',
  ])('refused: %j', (text) => expect(() => parseFilter(text)).toThrow(DecodeError));

  test('the error names the place', () => {
    expect(() => parseFilter('(&(a=b)(c))')).toThrow(
      'one of = >= <= ~= := is missing, at character 10 of "(&(a=b)(c))"',
    );
  });

  test('parse undoes serialize', () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        expect(parseFilter(serializeFilter(filter))).toEqual(filter);
      }),
      { numRuns: 400 },
    );
  });

  test('any text is a filter or a DecodeError', () => {
    const letters = fc.string({
      unit: fc.constantFrom(...Array.from('(&|!)ab:=*<>~\\2a é\0')),
      maxLength: 24,
    });
    fc.assert(
      fc.property(letters, (text) => {
        expect(['read', 'refused']).toContain(outcome(() => parseFilter(text)));
      }),
      { numRuns: 1000 },
    );
  });

  test('depth and length are limited', () => {
    const nested = (depth: number) => `${'(!'.repeat(depth)}(a=b)${')'.repeat(depth)}`;
    expect(() => parseFilter(nested(49))).not.toThrow();
    expect(() => parseFilter(nested(50))).toThrow(/nested too deep/);
    expect(() => parseFilter(`(a=${'b'.repeat(70_000)})`)).toThrow(/characters long/);
  });

  test('escapes what a value may not hold', () => {
    expect(escapeFilterValue('a*(b)\\c\0')).toBe('a\\2a\\28b\\29\\5cc\\00');
    expect(escapeFilterValue(bytes('ff00'))).toBe('\\ff\\00');
    expect(escapeFilterValue('é')).toBe('é');
  });
});

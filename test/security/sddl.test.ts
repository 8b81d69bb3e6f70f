import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { type Ace, formatSddl, parseSddl, RIGHT } from '../../src/security/index.ts';
import { decoded, descriptor } from './support.ts';

const DOMAIN = 'S-1-5-21-10-20-30';
const firstAce = (text: string): Ace | undefined => parseSddl(text).dacl?.aces[0];

describe('SDDL', () => {
  test.each([
    ['GA', RIGHT.genericAll],
    ['GRGWGX', 0xe000_0000],
    ['RPWPCCDCLCSWLODTCR', 0x1ff],
    ['RCSDWDWO', 0xf_0000],
    ['FA', 0x1f_01ff],
    ['FRFWFX', 0x12_01bf],
    ['KA', 0xf_003f],
    ['0x100000', RIGHT.synchronize],
    ['rpwp', 0x30],
    ['', 0],
  ])('rights %s', (rights, mask) => {
    expect(firstAce(`D:(A;;${rights};;;WD)`)).toMatchObject({ mask });
  });

  test.each([
    ['A', 0x00],
    ['D', 0x01],
    ['AU', 0x02],
    ['AL', 0x03],
    ['OA', 0x05],
    ['OD', 0x06],
    ['OU', 0x07],
    ['OL', 0x08],
    ['XA', 0x09],
    ['XD', 0x0a],
    ['ZA', 0x0b],
    ['XU', 0x0d],
    ['ML', 0x11],
    ['RA', 0x12],
    ['SP', 0x13],
    ['TL', 0x14],
    ['FL', 0x15],
  ])('ACE type %s', (token, type) => {
    const text = `D:(${token};OICINPIOIDCRSAFA;;;;WD)`;
    expect(firstAce(text)).toMatchObject({ type, flags: 0xff });
    expect(formatSddl(parseSddl(text))).toBe(text);
  });

  test.each([
    ['WD', 'S-1-1-0'],
    ['CO', 'S-1-3-0'],
    ['OW', 'S-1-3-4'],
    ['AN', 'S-1-5-7'],
    ['AU', 'S-1-5-11'],
    ['SY', 'S-1-5-18'],
    ['BA', 'S-1-5-32-544'],
    ['RU', 'S-1-5-32-554'],
    ['HI', 'S-1-16-12288'],
    ['AC', 'S-1-15-2-1'],
    ['DA', `${DOMAIN}-512`],
    ['DU', `${DOMAIN}-513`],
    ['EA', `${DOMAIN}-519`],
  ])('alias %s', (alias, sid) => {
    expect(parseSddl(`O:${alias}`, { domain: DOMAIN }).owner).toBe(sid);
    expect(formatSddl({ control: 0, owner: sid }, { domain: DOMAIN })).toBe(`O:${alias}`);
  });

  test('a label has rights of its own', () => {
    expect(formatSddl(parseSddl('S:(ML;;NRNW;;;HI)'))).toBe('S:(ML;;NWNR;;;HI)');
  });

  test('a condition is kept in hexadecimal', () => {
    const text = 'D:(XA;;GR;;;WD;#6172747801000000)';
    expect(formatSddl(parseSddl(text))).toBe(text);
  });

  test('parts may stand in any order, with blanks, in small letters', () => {
    expect(formatSddl(parseSddl(' d: p (a;;gr;;;wd) (a;;ga;;;co) g:ba o:s-1-5-18 '))).toBe(
      'O:SYG:BAD:P(A;;GR;;;WD)(A;;GA;;;CO)',
    );
    expect(formatSddl(parseSddl('D:PS:P'))).toBe('D:PS:P');
  });

  test.each([
    ['D:(A;;GR;;;WD', /not \(type;flags/],
    ['D:(A;;GR;;WD)', /not \(type;flags/],
    ['D:(Q;;GR;;;WD)', /"Q", which is no ACE type/],
    ['D:(A;ZZ;GR;;;WD)', /"ZZ", which is no ACE flag/],
    ['D:(A;;GRQ;;;WD)', /"Q", which is no right/],
    ['D:(A;;0x100000000;;;WD)', /which is no right/],
    ['D:(A;;GR;;;QQ)', /"QQ", which is neither a SID nor an alias/],
    ['D:(A;;GR;;;DA)', /no domain is known/],
    ['D:(A;;GR;ab721a53-1e2f-11d0-9819-00aa0040529b;;WD)', /no place for it/],
    ['D:(OA;;GR;ab72;;WD)', /no GUID/],
    ['D:(XA;;GR;;;WD;(@User.x == 1))', /Conditions are read as #/],
    ['O:BAO:BA', /O: twice/],
    ['D:D:', /D: twice/],
    ['D:(A;;GR;;;WD) what', /has "what"/],
    ['O:S-1-5-21-4294967296', /neither a SID/],
    ['D:NO_ACCESS_CONTROL(A;;GR;;;WD)', /after NO_ACCESS_CONTROL/],
  ])('refuses %s', (text, want) => {
    expect(() => parseSddl(text)).toThrow(DecodeError);
    expect(() => parseSddl(text)).toThrow(want);
  });

  test('[OBJ-07] parse undoes format', () =>
    fc.assert(
      fc.property(descriptor, (sd) => {
        expect(parseSddl(formatSddl(sd, { domain: DOMAIN }), { domain: DOMAIN })).toEqual(sd);
      }),
    ));

  test('any text parses or throws DecodeError', () =>
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            'O:',
            'G:',
            'D:',
            'S:',
            'D:(A;',
            ';',
            ')',
            '#0',
            'WD',
            'P',
            '0x1',
            'S-1-',
            '5',
            ' ',
          ),
        }),
        (text) => {
          decoded(() => parseSddl(text));
        },
      ),
    ));
});

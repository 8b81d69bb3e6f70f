import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  LDIF_VERSION,
  type LdifItem,
  LdifParser,
  type LdifRecord,
  serializeLdif,
  textAttribute,
  utf8Bytes,
} from '../../src/ldap/index.ts';

function parse(bytes: Uint8Array, chunk = bytes.length || 1): LdifItem[] {
  const parser = new LdifParser();
  const items: LdifItem[] = [];
  const poll = (): void => {
    for (let item; (item = parser.pollRecord()) !== undefined; ) items.push(item);
  };
  for (let at = 0; at < bytes.length; at += chunk) {
    parser.handleBytes(bytes.subarray(at, at + chunk));
    poll();
  }
  parser.end();
  poll();
  return items;
}
const parseText = (text: string): LdifItem[] => parse(utf8Bytes(text));
const records = (text: string): unknown[] =>
  parseText(text).map((item) => ('record' in item ? item.record : item));

describe('the examples of RFC 2849', () => {
  test('1: folded and repeated values', () => {
    const text =
      'version: 1\ndn: cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com\nobjectclass: top\n' +
      'objectclass: person\ncn: Barbara Jensen\ndescription:Babs is a big sailing fan, and travels extensively in sea\n' +
      ' rch of perfect sailing conditions.\n\ndn: cn=Bjorn Jensen, ou=Accounting, dc=airius, dc=com\nsn: Jensen\n';
    expect(records(text)).toEqual([
      {
        kind: 'entry',
        dn: 'cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com',
        attributes: [
          textAttribute('objectclass', 'top', 'person'),
          textAttribute('cn', 'Barbara Jensen'),
          textAttribute(
            'description',
            'Babs is a big sailing fan, and travels extensively in search of perfect sailing conditions.',
          ),
        ],
      },
      {
        kind: 'entry',
        dn: 'cn=Bjorn Jensen, ou=Accounting, dc=airius, dc=com',
        attributes: [textAttribute('sn', 'Jensen')],
      },
    ]);
  });

  test('4: base64, a DN in base64, comments, options', () => {
    const text =
      'version: 1\ndn:: b3U95Za25qWt6YOoLG89QWlyaXVz\n# dn:: ou=<JapaneseOU>,o=Airius\n#  folded comment\n of two lines\n' +
      'ou:: 5Za25qWt6YOo\nou;lang-en: Sales\n';
    expect(records(text)).toEqual([
      {
        kind: 'entry',
        dn: 'ou=営業部,o=Airius',
        attributes: [textAttribute('ou', '営業部'), textAttribute('ou;lang-en', 'Sales')],
      },
    ]);
  });

  test('5: a value at a URL is refused, and reading goes on', () => {
    const items = parseText('dn: cn=a\njpegphoto:< file:///etc/passwd\n\ndn: cn=b\ncn: b\n');
    expect(items[0]).toEqual({ line: 2, problem: expect.stringMatching(/at a URL, which is not fetched/) });
    expect(items[1]).toMatchObject({ line: 4, record: { dn: 'cn=b' } });
  });

  test('6 and 7: change records, and a control', () => {
    const text = `version: 1
dn: cn=Fiona Jensen, ou=Marketing, dc=airius, dc=com
changetype: add
cn: Fiona Jensen

dn: cn=Robert Jensen, ou=Marketing, dc=airius, dc=com
changetype: delete

dn: cn=Paul Jensen, ou=Product Development, dc=airius, dc=com
changetype: modrdn
newrdn: cn=Paula Jensen
deleteoldrdn: 1

dn: ou=PD Accountants, ou=Product Development, dc=airius, dc=com
changetype: modrdn
newrdn: ou=Product Development Accountants
deleteoldrdn: 0
newsuperior: ou=Accounting, dc=airius, dc=com

dn: cn=Paula Jensen, ou=Product Development, dc=airius, dc=com
changetype: modify
add: postaladdress
postaladdress: 123 Anystreet $ Sunnyvale, CA $ 94086
-

delete: description
-

dn: cn=x
changetype: modify
delete: description
-
replace: telephonenumber
telephonenumber: +1 408 555 1234
telephonenumber: +1 408 555 5678
-
delete: facsimiletelephonenumber
facsimiletelephonenumber: +1 408 555 9876
-

dn: ou=Product Development, dc=airius, dc=com
control: 1.2.840.113556.1.4.805 true
changetype: delete
`;
    expect(parseText(text).map((item) => ('record' in item ? item.record.kind : item))).toEqual([
      'add',
      'delete',
      'modrdn',
      'modrdn',
      'modify',
      { line: 26, problem: expect.stringMatching(/begins with "dn:"/) },
      'modify',
      'delete',
    ]);
    expect(records(text)[6]).toEqual({
      kind: 'modify',
      dn: 'cn=x',
      controls: [],
      changes: [
        { operation: 'delete', modification: { type: 'description', vals: [] } },
        {
          operation: 'replace',
          modification: textAttribute('telephonenumber', '+1 408 555 1234', '+1 408 555 5678'),
        },
        { operation: 'delete', modification: textAttribute('facsimiletelephonenumber', '+1 408 555 9876') },
      ],
    });
    expect(records(text)[7]).toMatchObject({
      controls: [{ controlType: '1.2.840.113556.1.4.805', criticality: true }],
    });
  });
});

test.each([
  { text: 'version: 2\ndn: cn=a\n', line: 1, says: /version 2 is not known/ },
  { text: 'cn: a\n', line: 1, says: /begins with "dn:"/ },
  { text: '\n\n# x\ndn: cn=a\nno colon here\n', line: 5, says: /not like "name: value"/ },
  { text: 'dn: cn=a\ncn:: ???\n', line: 2, says: /not base64/ },
  { text: 'dn: cn=a\ncn: a\ndn: cn=b\n', line: 3, says: /empty line is missing/ },
  { text: 'dn: cn=a\nchangetype: turn\n', line: 2, says: /changetype "turn" is not known/ },
  { text: 'dn: cn=a\nchangetype: modify\ncn: b\n', line: 3, says: /one of add, delete, replace, increment/ },
  { text: 'dn: cn=a\nchangetype: modify\nadd: cn\nsn: b\n', line: 4, says: /"-" is missing/ },
  { text: 'dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\n', line: 2, says: /deleteoldrdn/ },
  { text: 'dn: cn=a\ncontrol: what\nchangetype: delete\n', line: 2, says: /a control is like/ },
  { text: 'dn: cn=a\nfolded: x\n\n y\n', line: 4, says: /not like/ },
])('said with its line: $text', ({ text, line, says }) => {
  expect(parseText(text).find((item) => 'problem' in item)).toEqual({
    line,
    problem: expect.stringMatching(says),
  });
});

test('CR LF, a byte order mark, UTF-8 as it is and a missing last line end are read', () => {
  expect(records('\ufeffdn: cn=ü\r\ncn: ü\r\ndescription: a\r\n b')).toEqual([
    { kind: 'entry', dn: 'cn=ü', attributes: [textAttribute('cn', 'ü'), textAttribute('description', 'ab')] },
  ]);
});

test('what is written is ASCII, in lines of 76, and what would be misread is in base64', () => {
  const values = ['', ' a', 'a ', ':a', '<a', 'a\nb', 'ü', 'a:b', 'x'.repeat(300)];
  const text = serializeLdif({ kind: 'entry', dn: 'cn=ü', attributes: [textAttribute('cn', ...values)] });
  expect(text.split('\n').every((line) => line.length <= 76 && /^[\x20-\x7e]*$/.test(line))).toBe(true);
  expect(text).toMatch(/^dn:: Y249w7w=\ncn:\ncn:: IGE=\ncn:: YSA=\ncn:: OmE=\ncn:: PGE=\n/);
  expect(text).toContain('\ncn: a:b\n');
});

const dn = fc.oneof(
  fc.constant(''),
  fc.string({ unit: 'binary', maxLength: 120 }).map((text) => `cn=${text.trim()}`),
);
const type = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}(;[a-z0-9-]{1,5})?$/).filter((name) => name !== 'dn');
const vals = fc.array(
  fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary', maxLength: 100 }).map(utf8Bytes)),
  { minLength: 1, maxLength: 3 },
);
const attributes = fc.uniqueArray(fc.record({ type, vals }), {
  maxLength: 4,
  selector: (attribute) => attribute.type,
});
const plain = attributes.filter((list) => list.every((a) => !['control', 'changetype'].includes(a.type)));
const controls = fc.array(
  fc.oneof(
    fc.record({ controlType: fc.constant('1.2.3'), criticality: fc.boolean() }),
    fc.record({
      controlType: fc.constant('1.2.3'),
      criticality: fc.boolean(),
      controlValue: fc.uint8Array({ maxLength: 200 }),
    }),
  ),
  { maxLength: 2 },
);
const record: fc.Arbitrary<LdifRecord> = fc.oneof(
  fc.record({ kind: fc.constant('entry' as const), dn, attributes: plain }),
  fc.record({ kind: fc.constant('add' as const), dn, controls, attributes }),
  fc.record({ kind: fc.constant('delete' as const), dn, controls }),
  fc.record({
    kind: fc.constant('modify' as const),
    dn,
    controls,
    changes: fc.array(
      fc.record({
        operation: fc.constantFrom(
          'add' as const,
          'delete' as const,
          'replace' as const,
          'increment' as const,
        ),
        modification: fc.record({ type, vals: fc.oneof(vals, fc.constant([])) }),
      }),
      { maxLength: 3 },
    ),
  }),
  fc.record(
    {
      kind: fc.constant('modrdn' as const),
      dn,
      controls,
      newRDN: dn,
      deleteOldRDN: fc.boolean(),
      newSuperior: dn,
    },
    { requiredKeys: ['kind', 'dn', 'controls', 'newRDN', 'deleteOldRDN'] },
  ),
);

test('LDIF parse undoes serialize, in chunks of any size', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 5 }), fc.integer({ min: 1, max: 100 }), (list, chunk) => {
      const text = LDIF_VERSION + list.map(serializeLdif).join('');
      const items = parse(utf8Bytes(text), chunk);
      expect(items.map((item) => ('record' in item ? item.record : item))).toEqual(list);
    }),
  );
});

test('any bytes are records or problems with a line', () => {
  const lines = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          'dn: cn=a',
          'changetype: modify',
          'add: cn',
          'cn: x',
          '-',
          '',
          ' folded',
          '#',
          'cn:: eA==',
        ),
        fc.string(),
      ),
    )
    .map((list) => utf8Bytes(list.join('\n')));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), lines), (bytes) => {
      for (const item of parse(bytes)) expect(item.line).toBeGreaterThan(0);
    }),
  );
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SCHEMA_ATTRIBUTES, SCHEMA_CLASSES } from '../../directory/schema/definition.ts';
import { SCHEMA_ARC, SCHEMA_FORMATS, schemaText } from '../../directory/schema/index.ts';
import { ldifLine } from '../../src/ldap/index.ts';

test('docs/rendezvous.schema is what the program prints', () => {
  const file = new URL('../../docs/rendezvous.schema', import.meta.url);
  expect(readFileSync(file, 'utf8')).toBe(schemaText('openldap-schema'));
});

test('no number is given twice, and classes name attributes that exist', () => {
  const standard = ['cn', 'uid', 'description', 'owner', 'mail', 'givenName', 'sn', 'l', 'telephoneNumber'];
  const names = new Set([...SCHEMA_ATTRIBUTES.map(({ name }) => name), ...standard]);
  for (const all of [SCHEMA_ATTRIBUTES, SCHEMA_CLASSES]) {
    expect(new Set(all.map(({ number }) => number)).size).toBe(all.length);
  }
  const named = SCHEMA_CLASSES.flatMap(({ must, may }) => [...must, ...may]);
  expect(named.filter((name) => !names.has(name))).toEqual([]);
});

test.each(SCHEMA_FORMATS)(
  '%s has every attribute and class, and says that its OIDs are placeholders',
  (format) => {
    const text = schemaText(format).replaceAll('\n ', '');
    for (const { name } of [...SCHEMA_ATTRIBUTES, ...SCHEMA_CLASSES])
      expect(text).toMatch(new RegExp(`\\b${name}\\b`));
    expect(text).toContain('PLACEHOLDER ARC');
    expect(text).toContain(SCHEMA_ARC);
    const longest = Math.max(
      ...schemaText(format)
        .split('\n')
        .map((line) => line.length),
    );
    expect(longest).toBeLessThanOrEqual(120);
  },
);

test('the arc stands once where a name can stand for it', () => {
  for (const format of ['openldap-schema', 'openldap-ldif'] as const) {
    expect(schemaText(format).split(SCHEMA_ARC)).toHaveLength(2);
  }
});

test.each([
  { value: 'plain', line: 'a: plain' },
  { value: ' blank', line: 'a:: IGJsYW5r' },
  { value: 'blank ', line: 'a:: Ymxhbmsg' },
  { value: ':x', line: 'a:: Ong=' },
  { value: 'ü', line: 'a:: w7w=' },
  { value: 'a\nb', line: 'a:: YQpi' },
  { value: 'x'.repeat(80), line: `a: ${'x'.repeat(73)}\n ${'x'.repeat(7)}` },
])('RFC 2849: $value', ({ value, line }) => expect(ldifLine('a', value)).toBe(`${line}\n`));

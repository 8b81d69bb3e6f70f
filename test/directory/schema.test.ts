import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SCHEMA_ATTRIBUTES, SCHEMA_CLASSES } from '../../directory/schema/definition.ts';
import { partitionLdif, SCHEMA_ARC, SCHEMA_FORMATS, schemaText } from '../../directory/schema/index.ts';
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

test('[APP-06] a place in Active Directory: the unit, the partition above it, and the service connection point', () => {
  const base = 'OU=Conferences,DC=tapi,DC=example,DC=com';
  const dns = (ldif: string): string[] => ldif.match(/^dn: .*$/gm)?.map((line) => line.slice(4)) ?? [];
  const all = partitionLdif({ base, isApplication: true });
  expect(dns(all)).toEqual(['DC=tapi,DC=example,DC=com', base, 'CN=Rendezvous,CN=System,DC=example,DC=com']);
  expect(all).toMatch(/^instanceType: 5$/m);
  expect(all).toContain(`serviceBindingInformation: ${base}`);
  expect(dns(partitionLdif({ base }))).toEqual([base, 'CN=Rendezvous,CN=System,DC=tapi,DC=example,DC=com']);
  expect(dns(partitionLdif({ base, publish: false }))).toEqual([base]);
  const removed = partitionLdif({ base, domain: 'DC=example,DC=com', remove: true });
  expect(dns(removed)).toEqual(['CN=Rendezvous,CN=System,DC=example,DC=com', base]);
  expect(removed.match(/^changetype: delete$/gm)).toHaveLength(2);
  expect(() => partitionLdif({ base: 'CN=Conferences,DC=x' })).toThrow(/organizational unit/);
  expect(() => partitionLdif({ base: 'OU=Conferences,O=x' })).toThrow(/domain/);
});

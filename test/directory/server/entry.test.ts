import { describe, expect, it } from 'vitest';
import { matchingAttributes, StoredAttributes, textValues } from '../../../directory/server/entry.ts';
import { attributeDescription } from '../../../directory/server/schema.ts';
import { BerReader, BerWriter, TAG, utf8Bytes, utf8Text } from '../../../src/ldap/index.ts';

type Texts = readonly (readonly [name: string, ...values: string[]])[];

function encoded(texts: Texts): Uint8Array {
  const w = new BerWriter();
  for (const [name, ...values] of texts) {
    w.begin().text(name).begin(TAG.set);
    for (const value of values) w.octets(utf8Bytes(value));
    w.end().end();
  }
  return w.finish();
}

const sentOf = (bytes: Uint8Array | undefined): string[] | undefined => {
  if (bytes === undefined) return undefined;
  const names: string[] = [];
  for (const r = new BerReader(bytes); !r.done; ) {
    const attribute = r.constructed();
    names.push(attribute.text());
  }
  return names;
};

describe('stored attributes', () => {
  const kinds: readonly Texts[] = [
    [
      ['objectClass', 'top', 'person'],
      ['cn', 'a'],
      ['cn;lang-de', 'b'],
      ['entryUUID', 'c'],
    ],
    [
      ['objectClass', 'top'],
      ['cn', 'd'],
      ['creatorsName', ''],
    ],
    [
      ['objectClass', 'top'],
      ['noSuchTypeAnyMore', 'x'],
      ['cn', 'e'],
    ],
    [['cn', 'f']],
    [],
  ];

  it('are the same whatever entries were read before them', () => {
    for (let i = 0; i < 50; i++) {
      const texts = kinds[(i * 7) % kinds.length]!;
      const stored = new StoredAttributes(encoded(texts));
      const known = texts.filter(([name]) => attributeDescription(name) !== undefined);
      expect(stored.values().map(({ name }) => name)).toEqual(known.map(([name]) => name));
      for (const [name, ...values] of known) {
        expect(stored.get(attributeDescription(name)!.key)?.vals.map(utf8Text)).toEqual(values);
      }
      expect(stored.get('nosuchtypeanymore')).toBeUndefined();
      expect(stored.get('cn')).toBe(stored.get('cn'));
    }
  });

  it('send user attributes as they are, unless one is among them that is not to be sent', () => {
    const sent = kinds.map((texts) => sentOf(new StoredAttributes(encoded(texts)).userBytes));
    expect(sent).toEqual([['objectClass', 'cn', 'cn;lang-de'], ['objectClass', 'cn'], undefined, ['cn'], []]);
  });

  it('are found under more options than were asked for', () => {
    const stored = new StoredAttributes(encoded(kinds[0]!));
    const found = [...matchingAttributes(stored, attributeDescription('cn')!)];
    expect(found.map(({ name }) => name)).toEqual(['cn', 'cn;lang-de']);
  });

  it('are read when there were more kinds of entries than are remembered', () => {
    for (let i = 0; i < 8000; i++) {
      const stored = new StoredAttributes(
        encoded([
          ['objectClass', 'top'],
          [`cn;x-${i}`, `${i}`],
        ]),
      );
      expect(stored.get(`cn;x-${i}`)?.keys).toEqual([`${i}`]);
    }
    expect(textValues(new StoredAttributes(encoded(kinds[1]!)), 'cn')).toEqual(['d']);
  });

  it('may be any number', () => {
    const names = Array.from({ length: 50_000 }, (_, i) => `cn;x-${i}`);
    const stored = new StoredAttributes(encoded(names.map((name) => [name, 'x'])));
    expect(stored.get('cn;x-49999')?.keys).toEqual(['x']);
    expect(stored.values()).toHaveLength(50_000);
    expect([...matchingAttributes(stored, attributeDescription('cn')!)]).toHaveLength(50_000);
  });

  it('are told apart by their values', () => {
    const [a, b, c] = ['x', 'x', 'y'].map(
      (value) => new StoredAttributes(encoded([['cn', value]])).get('cn')!,
    );
    expect(a!.hasValuesOf(b!)).toBe(true);
    expect(a!.hasValuesOf(c!)).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncodeError } from '../../src/errors.ts';
import {
  addressLeaseIdentifier,
  bytesOfHex,
  countAddresses,
  expandRanges,
  hexOf,
  leaseIdentifierKind,
  type MadcapScope,
  nestingOf,
  randomLeaseIdentifier,
  scopeNameFor,
  sortedScopes,
  toRanges,
} from '../../src/madcap/index.ts';

describe('lease identifiers (RFC 2730 §2.4)', () => {
  test('[MAC-02] [LEA-01] a random one has a type and sixteen octets or more: 17 in all', () => {
    const octets = Uint8Array.from({ length: 16 }, (_, i) => i);
    const id = randomLeaseIdentifier(octets);
    expect(hexOf(id)).toBe('00000102030405060708090a0b0c0d0e0f');
    expect(leaseIdentifierKind(id)).toEqual({ type: 'random', octets });
    expect(() => randomLeaseIdentifier(octets.subarray(1))).toThrow(EncodeError);
  });

  test.each([
    { address: '192.0.2.1', hex: '010001c0000201aabb' },
    { address: '2001:db8::1', hex: '01000220010db8000000000000000000000001aabb' },
  ])('one that is made of $address', ({ address, hex }) => {
    const clientId = Uint8Array.of(0xaa, 0xbb);
    const id = addressLeaseIdentifier(address, clientId);
    expect(hexOf(id)).toBe(hex);
    expect(leaseIdentifierKind(id)).toEqual({ type: 'address', address, clientId });
  });

  test.each(['02', '0001', '01', '010006', '010001c000', '00'.repeat(16)])('%s is neither', (hex) => {
    expect(leaseIdentifierKind(bytesOfHex(hex) ?? new Uint8Array())).toEqual({ type: 'other' });
  });

  test('are written and typed as hexadecimal', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (octets) => {
        expect(bytesOfHex(hexOf(octets))).toEqual(octets);
        expect(bytesOfHex(hexOf(octets).toUpperCase())).toEqual(octets);
      }),
    );
    expect(bytesOfHex('0')).toBeUndefined();
    expect(bytesOfHex('0g')).toBeUndefined();
  });
});

describe('ranges', () => {
  test.each([
    { addresses: [], ranges: [] },
    { addresses: ['239.255.0.1'], ranges: [['239.255.0.1', 1]] },
    {
      addresses: ['239.255.1.0', '239.255.0.255', '239.255.0.254', '239.255.0.1', '239.255.0.255'],
      ranges: [
        ['239.255.0.1', 1],
        ['239.255.0.254', 3],
      ],
    },
    { addresses: ['ff13::8000:1', 'ff13:0::8000:0'], ranges: [['ff13::8000:0', 2]] },
  ])('of $addresses', ({ addresses, ranges }) => {
    expect(toRanges(addresses).map(({ first, count }) => [first, count])).toEqual(ranges);
  });

  test('hold exactly the addresses that they were made of', () => {
    const near = fc.integer({ min: 0, max: 600 }).map((n) => `239.255.${n >> 8}.${n & 255}`);
    fc.assert(
      fc.property(fc.uniqueArray(near), (addresses) => {
        const ranges = toRanges(addresses);
        expect(expandRanges(ranges).sort()).toEqual([...addresses].sort());
        expect(countAddresses(ranges)).toBe(addresses.length);
      }),
    );
  });

  test('longer than a count can say are two', () => {
    expect(
      countAddresses([
        { first: '239.0.0.0', count: 65_535 },
        { first: '239.0.255.255', count: 1 },
      ]),
    ).toBe(65_536);
    const all = expandRanges([
      { first: '239.0.0.0', count: 65_535 },
      { first: '239.0.255.255', count: 2 },
    ]);
    expect(toRanges(all)).toEqual([
      { first: '239.0.0.0', count: 65_535 },
      { first: '239.0.255.255', count: 2 },
    ]);
  });
});

describe('scopes', () => {
  const scope = (ttl: number, bits = 16): MadcapScope => ({
    first: `239.${ttl}.0.0`,
    last: bits === 16 ? `239.${ttl}.255.255` : `239.${ttl}.0.255`,
    ttl,
    names: [],
  });
  test('are sorted by their reach, then by their size', () => {
    const scopes = [scope(63), scope(1), scope(15), scope(15, 24)];
    expect(sortedScopes(scopes).map(({ last }) => last)).toEqual([
      '239.1.255.255',
      '239.15.0.255',
      '239.15.255.255',
      '239.63.255.255',
    ]);
  });

  test('nest inside what reaches further', () => {
    expect(nestingOf([scope(1), scope(15), scope(15, 24)])).toEqual([
      [false, true, true],
      [false, false, false],
      [false, false, false],
    ]);
  });

  const names = [
    { language: 'en', name: 'house', isDefault: true },
    { language: 'de-CH', name: 'Huus', isDefault: false },
    { language: 'de', name: 'Haus', isDefault: false },
    { language: 'pt-BR', name: 'casa', isDefault: false },
  ];
  test.each([
    [undefined, 'house'],
    ['en', 'house'],
    ['de', 'Haus'],
    ['de-CH', 'Huus'],
    ['DE-ch', 'Huus'],
    ['de-AT', 'Haus'],
    ['pt', 'casa'],
    ['fr', 'house'],
    ['', 'house'],
  ])('are called for a reader of %s %s', (language, name) => {
    expect(scopeNameFor({ ...scope(1), names }, language)).toBe(name);
  });

  test('without a default are called by the first name, without names not at all', () => {
    const plain = names.map((it) => ({ ...it, isDefault: false }));
    expect(scopeNameFor({ ...scope(1), names: plain }, 'fr')).toBe('house');
    expect(scopeNameFor(scope(1), 'fr')).toBeUndefined();
  });
});

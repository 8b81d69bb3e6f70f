import fc from 'fast-check';
import { DecodeError } from '../../src/errors.ts';
import { type Ace, aclOf, type SecurityDescriptor, sidOf } from '../../src/security/index.ts';

export const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from(hex.replace(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What `read` gives, or undefined when it refuses as it should. */
export function decoded<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

export const sid = fc
  .tuple(
    fc.oneof(fc.constantFrom(1, 3, 5, 16), fc.integer({ min: 0, max: 2 ** 48 - 1 })),
    fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 15 }),
  )
  .map(([authority, subs]) => sidOf(authority, subs));

const octets = (unit: number): fc.Arbitrary<Uint8Array> =>
  fc.array(fc.uint8Array({ minLength: unit, maxLength: unit }), { maxLength: 5 }).map((parts) => {
    const bytes = new Uint8Array(parts.length * unit);
    parts.forEach((part, i) => bytes.set(part, i * unit));
    return bytes;
  });
const mask = fc.oneof(
  fc.constantFrom(0x8000_0000, 0x1000_0000, 0xc000_0000, 0x1_0000, 0x2_0094, 0xf_01ff),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);
const flags = fc.integer({ min: 0, max: 255 });

const plain: fc.Arbitrary<Ace> = fc.record({
  kind: fc.constant('account' as const),
  type: fc.constantFrom(0, 1, 2, 3, 9, 0xa, 0xd, 0xe, 0x11, 0x12, 0x13, 0x14, 0x15),
  flags,
  mask,
  sid,
  data: octets(4),
});
const forObject: fc.Arbitrary<Ace> = fc.record(
  {
    kind: fc.constant('account' as const),
    type: fc.constantFrom(5, 6, 7, 8, 0xb, 0xc, 0xf, 0x10),
    flags,
    mask,
    objectType: fc.uuid(),
    inheritedObjectType: fc.uuid(),
    sid,
    data: octets(4),
  },
  { requiredKeys: ['kind', 'type', 'flags', 'mask', 'sid', 'data'] },
);
const opaque: fc.Arbitrary<Ace> = fc.record({
  kind: fc.constant('opaque' as const),
  type: fc.oneof(fc.constant(4), fc.integer({ min: 0x16, max: 255 })),
  flags,
  body: octets(4),
});

const acl = fc.array(fc.oneof(plain, forObject, opaque), { maxLength: 6 }).map(aclOf);

export const descriptor: fc.Arbitrary<SecurityDescriptor> = fc.record(
  {
    // What the text can say too: protected and the inheritance bits.
    control: fc.subarray([0x0100, 0x0400, 0x1000]).map((bits) => bits.reduce((a, b) => a | b, 0)),
    owner: sid,
    group: sid,
    sacl: fc.option(acl),
    dacl: fc.option(acl),
  },
  { requiredKeys: ['control', 'dacl'] },
);

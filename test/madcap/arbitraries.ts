import fc from 'fast-check';
import {
  type AddressRange,
  addressText,
  type MadcapMessage,
  type MadcapOptions,
} from '../../src/madcap/index.ts';

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const octets = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });

const address = (family: 4 | 6): fc.Arbitrary<string> =>
  fc
    .bigInt({ min: 0n, max: family === 4 ? 2n ** 32n - 1n : 2n ** 128n - 1n })
    .map((n) => addressText(family, n));
const range = (family: 4 | 6): fc.Arbitrary<AddressRange> =>
  fc.record({ first: address(family), count: fc.integer({ min: 1, max: 0xffff }) });
const codes = fc.array(u16, { maxLength: 5 });
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const name = fc.record({ language: text, name: text, isDefault: fc.boolean() });

const scope = (family: 4 | 6) =>
  fc.record({
    first: address(family),
    last: address(family),
    ttl: fc.integer({ min: 0, max: 255 }),
    names: fc.array(name, { maxLength: 3 }),
  });

const error = fc.oneof(
  fc.record({ code: fc.constantFrom(0, 1) }),
  fc.record({ code: fc.constantFrom(0, 1), option: fc.integer({ min: 0, max: 0xfffe }) }),
  fc.record({ code: fc.constant(2), serverTime: u32 }),
  fc.record({ code: fc.constant(3) }),
  fc.record({ code: fc.constant(4), features: codes }),
  fc.record({ code: fc.integer({ min: 5, max: 0xffff }), extra: octets(1, 8) }),
);

const nesting = fc
  .integer({ min: 0, max: 20 })
  .chain((count) =>
    fc.array(fc.array(fc.boolean(), { minLength: count, maxLength: count }), {
      minLength: count,
      maxLength: count,
    }),
  )
  .map((rows) => rows.map((columns, row) => columns.map((inside, column) => inside && row !== column)));

const options = (family: 4 | 6): fc.Arbitrary<MadcapOptions> =>
  fc.record(
    {
      leaseTime: u32,
      serverIdentifier: fc.oneof(
        address(4),
        address(6),
        fc.constantFrom('family-6:001122334455', 'family-65535:00'),
      ),
      leaseIdentifier: octets(1, 40),
      scope: address(family),
      optionRequestList: codes,
      startTime: u32,
      addressCount: fc
        .tuple(fc.integer({ min: 1, max: 0xffff }), fc.integer({ min: 1, max: 0xffff }))
        .map(([a, b]) => ({ minimum: Math.min(a, b), desired: Math.max(a, b) })),
      language: text,
      scopeList: fc.array(scope(family), { maxLength: 3 }),
      addressRanges: fc.array(range(family), { maxLength: 4 }),
      currentTime: u32,
      featureList: fc.record({ supported: codes, requested: codes, required: codes }),
      retryTime: u32,
      minimumLeaseTime: u32,
      maximumStartTime: u32,
      error,
      nesting,
    },
    { requiredKeys: [], noNullPrototype: true },
  );

/** Any message that can be written, whether its options belong together or not. */
export const anyMessage: fc.Arbitrary<MadcapMessage> = fc.constantFrom<4 | 6>(4, 6).chain((family) =>
  fc.record(
    {
      type: fc.constantFrom(
        'discover' as const,
        'offer' as const,
        'request' as const,
        'renew' as const,
        'ack' as const,
        'nak' as const,
        'release' as const,
        'getinfo' as const,
      ),
      family: fc.constant(family),
      xid: u32,
      options: options(family),
    },
    { noNullPrototype: true },
  ),
);

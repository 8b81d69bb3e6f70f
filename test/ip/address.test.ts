import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import {
  addToIp,
  formatEndpoint,
  formatIp,
  isLoopback,
  isMulticast,
  isSourceSpecific,
  parseIp,
  sameIp,
  tryParseIp,
} from '../../src/ip/index.ts';

describe('addresses', () => {
  test.each([
    ['239.255.1.2', '239.255.1.2'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], // RFC 5952 §4.2.3: the first of two equal runs
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // §4.2.2: one zero group stays
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['ff15::2:7ffe%eth0', 'ff15::2:7ffe%eth0'],
  ])('%s is written %s', (text, want) => expect(formatIp(parseIp(text))).toBe(want));

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    'ff02::1%',
    '::1.2.3',
    'host',
  ])('refuses %j', (text) => {
    expect(tryParseIp(text)).toBeUndefined();
    expect(() => parseIp(text)).toThrow(DecodeError);
  });

  test('parse undoes format for every address', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc
        .array(fc.constantFrom(0, 0, 1, 0xff), { minLength: 16, maxLength: 16 })
        .map((a) => Uint8Array.from(a)),
    );
    fc.assert(
      fc.property(bytes, (b) => {
        expect(parseIp(formatIp({ bytes: b })).bytes).toEqual(b);
      }),
    );
  });

  test('any text is an address or is not, and nothing throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void tryParseIp(text)));
  });

  test('a port stands behind brackets in IPv6', () => {
    expect(formatEndpoint('239.255.1.2', 5004)).toBe('239.255.1.2:5004');
    expect(formatEndpoint('ff15::1', 5004)).toBe('[ff15::1]:5004');
  });

  test('spelling does not matter for equality, the zone does', () => {
    expect(sameIp('ff02::1', 'FF02:0:0::1')).toBe(true);
    expect(sameIp('ff02::1%a', 'ff02::1%b')).toBe(false);
    expect(sameIp('ff02::1%a', 'ff02::1')).toBe(true);
    expect(sameIp('224.0.0.1', '224.0.0.2')).toBe(false);
    expect(sameIp('host.example', 'host.example')).toBe(true);
  });

  test.each([
    ['223.255.255.255', false],
    ['224.0.0.0', true],
    ['239.255.255.255', true],
    ['240.0.0.0', false],
    ['ff02::1', true],
    ['fe80::1', false],
    ['nonsense', false],
  ])('%s is multicast: %s', (text, want) => expect(isMulticast(text)).toBe(want));

  test.each([
    ['232.1.2.3', true],
    ['239.232.0.1', false],
    ['ff3e::8000:1', true],
    ['ff3e:20:2001:db8::1', false], // prefix-based, not SSM: the third group is not zero (RFC 4607 §1)
    ['ff1e::1', false],
  ])('%s is source-specific: %s', (text, want) => expect(isSourceSpecific(text)).toBe(want));

  test('loopback', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1'].every(isLoopback)).toBe(true);
    expect(['128.0.0.1', '::2', 'x'].some(isLoopback)).toBe(false);
  });

  test.each([
    ['239.1.1.255', 1, '239.1.2.0'],
    ['239.1.1.1', 70_000, '239.2.18.113'],
    ['ff15::ffff', 1, 'ff15::1:0'],
    ['255.255.255.255', 1, undefined],
  ])('%s plus %i', (base, offset, want) => {
    const sum = addToIp(parseIp(base), offset);
    expect(sum && formatIp(sum)).toBe(want);
  });
});

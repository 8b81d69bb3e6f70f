import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import { decodeTime16, decodeTime8, encodeTime16, encodeTime8 } from '../../src/igmp/codes.ts';
import {
  formatIgmp,
  formatMld,
  type MembershipMessage,
  type MembershipQuery,
  parseIgmp,
  parseMld,
  type RecordType,
} from '../../src/igmp/index.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const LINK = { source: 'fe80::1', destination: 'ff02::1' };
const untold = { suppressRouterProcessing: false, robustness: 0, intervalSeconds: 0, sources: [] };
const query = (of: Partial<MembershipQuery>): MembershipQuery => ({
  type: 'query',
  version: 2,
  group: undefined,
  maxResponseMs: 10_000,
  ...untold,
  ...of,
});

const IGMP: readonly { name: string; bytes: string; means: MembershipMessage }[] = [
  { name: 'v1 general query', bytes: '1100 eeff 00000000', means: query({ version: 1 }) },
  { name: 'v2 general query, 10 s', bytes: '1164 ee9b 00000000', means: query({}) },
  {
    name: 'v2 query for a group, 1 s',
    bytes: '110a fdf3 efff 0102',
    means: query({ group: '239.255.1.2', maxResponseMs: 1000 }),
  },
  {
    name: 'v3 general query, robustness 2, every 125 s',
    bytes: '1164 ec1e 00000000 027d 0000',
    means: query({ version: 3, robustness: 2, intervalSeconds: 125 }),
  },
  {
    name: 'v3 query for a group and two sources, S flag, 51.2 s, every 512 s',
    bytes: '11a0 e6b7 e8010101 0aa0 0002 0a000001 0a000002',
    means: query({
      version: 3,
      group: '232.1.1.1',
      maxResponseMs: 51_200,
      suppressRouterProcessing: true,
      robustness: 2,
      intervalSeconds: 512,
      sources: ['10.0.0.1', '10.0.0.2'],
    }),
  },
  {
    name: 'v1 report',
    bytes: '1200 fcfd efff 0102',
    means: {
      type: 'report',
      version: 1,
      records: [{ type: 'isExclude', group: '239.255.1.2', sources: [] }],
    },
  },
  {
    name: 'v2 report',
    bytes: '1600 f8fd efff 0102',
    means: {
      type: 'report',
      version: 2,
      records: [{ type: 'isExclude', group: '239.255.1.2', sources: [] }],
    },
  },
  {
    name: 'v2 leave',
    bytes: '1700 f7fd efff 0102',
    means: { type: 'leave', version: 2, group: '239.255.1.2' },
  },
  {
    name: 'v3 report: a join and a source more',
    bytes: '2200 f0f6 0000 0002 04000000 efff0102 05000001 e8010101 0a000001',
    means: {
      type: 'report',
      version: 3,
      records: [
        { type: 'toExclude', group: '239.255.1.2', sources: [] },
        { type: 'allowSources', group: '232.1.1.1', sources: ['10.0.0.1'] },
      ],
    },
  },
];

const ZEROS = '0000 0000 0000 0000 0000 0000 0000 0000';
const FF15_1 = 'ff15 0000 0000 0000 0000 0000 0000 0001';
const FF35_1 = 'ff35 0000 0000 0000 0000 0000 0000 0001';
const DB8_1 = '2001 0db8 0000 0000 0000 0000 0000 0001';
const MLD: readonly { name: string; to?: string; bytes: string; means: MembershipMessage }[] = [
  { name: 'v1 general query', bytes: `8200 5917 2710 0000 ${ZEROS}`, means: query({ version: 1 }) },
  {
    name: 'v1 query for a group, 1 s',
    bytes: `8200 7d28 03e8 0000 ${FF15_1}`,
    means: query({ version: 1, group: 'ff15::1', maxResponseMs: 1000 }),
  },
  {
    name: 'v2 general query, robustness 2, every 125 s',
    bytes: `8200 5696 2710 0000 ${ZEROS} 027d 0000`,
    means: query({ robustness: 2, intervalSeconds: 125 }),
  },
  {
    name: 'v2 query for a source, 40 s as a floating point code',
    bytes: `8200 cd1b 8388 0000 ${FF35_1} 027d 0001 ${DB8_1}`,
    means: query({
      group: 'ff35::1',
      maxResponseMs: 40_000,
      robustness: 2,
      intervalSeconds: 125,
      sources: ['2001:db8::1'],
    }),
  },
  {
    name: 'v1 report',
    to: 'ff15::1',
    bytes: `8300 7ffd 0000 0000 ${FF15_1}`,
    means: { type: 'report', version: 1, records: [{ type: 'isExclude', group: 'ff15::1', sources: [] }] },
  },
  {
    name: 'v1 done',
    to: 'ff02::2',
    bytes: `8400 7f0f 0000 0000 ${FF15_1}`,
    means: { type: 'leave', version: 1, group: 'ff15::1' },
  },
  {
    name: 'v2 report: a join and a source less',
    to: 'ff02::16',
    bytes: `8f00 3cdf 0000 0002 0400 0000 ${FF15_1} 0600 0001 ${FF35_1} ${DB8_1}`,
    means: {
      type: 'report',
      version: 2,
      records: [
        { type: 'toExclude', group: 'ff15::1', sources: [] },
        { type: 'blockSources', group: 'ff35::1', sources: ['2001:db8::1'] },
      ],
    },
  },
];

describe('IGMP', () => {
  test.each(IGMP)('$name', ({ bytes, means }) => {
    expect(parseIgmp(hex(bytes))).toEqual(means);
    expect(Buffer.from(formatIgmp(means)).toString('hex')).toBe(hex(bytes).toHex());
  });

  test.each([
    { name: 'nothing', bytes: '', says: /needs 1 more bytes/ },
    { name: 'a wrong checksum', bytes: '1164 ee9c 00000000', says: /checksum is wrong/ },
    { name: 'an unknown type', bytes: '1300 ecff 00000000', says: /type 0x13 is not known/ },
    { name: 'a query of 10 bytes', bytes: '1164 ee9b 00000000 0000', says: /10 bytes are no query/ },
    {
      name: 'more sources than bytes',
      bytes: '1164 ec9b 00000000 0200 0000'.replace('0200 0000', '0000 0200'),
      says: /512 sources/,
    },
    { name: 'a report cut off', bytes: '2200 ddfe 0000 0001', says: /needs 1 more bytes/ },
  ])('$name is refused', ({ bytes, says }) => {
    expect(() => parseIgmp(hex(bytes))).toThrow(says);
  });

  test('records of types to come are left out, auxiliary data are passed over', () => {
    const message = hex('2200 0000 0000 0002 09010000 efff0101 deadbeef 02000000 efff0102');
    message.set([0xff, 0xff], 2);
    let sum = 0;
    for (let at = 0; at < message.length; at += 2)
      sum += at === 2 ? 0 : ((message[at] ?? 0) << 8) | (message[at + 1] ?? 0);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    message.set([(~sum >> 8) & 255, ~sum & 255], 2);
    expect(parseIgmp(message)).toEqual({
      type: 'report',
      version: 3,
      records: [{ type: 'isExclude', group: '239.255.1.2', sources: [] }],
    });
  });
});

describe('MLD', () => {
  test.each(MLD)('$name', ({ bytes, means, to = 'ff02::1' }) => {
    const packet = { source: 'fe80::1', destination: to };
    expect(parseMld(hex(bytes), packet)).toEqual(means);
    expect(parseMld(hex(bytes))).toEqual(means);
    expect(Buffer.from(formatMld(means, packet)).toString('hex')).toBe(hex(bytes).toHex());
  });

  test('a wrong checksum and other ICMPv6 are refused', () => {
    const bytes = hex(`8200 5918 2710 0000 ${ZEROS}`);
    expect(() => parseMld(bytes, LINK)).toThrow(/checksum is wrong/);
    expect(() => parseMld(hex(`8000 0000 0000 0000 ${ZEROS}`))).toThrow(/ICMPv6 type 128/);
  });
});

describe('what a version cannot say', () => {
  const types: readonly RecordType[] = ['isInclude', 'toExclude'];
  test.each(types)('%s in a version without records', (type) => {
    const records = [{ type, group: '239.255.1.2', sources: [] }];
    expect(() => formatIgmp({ type: 'report', version: 2, records })).toThrow(EncodeError);
    expect(() => formatMld({ type: 'report', version: 1, records }, LINK)).toThrow(EncodeError);
  });
  test('the other family, MLDv3, IGMPv2 with an immediate answer', () => {
    expect(() => formatIgmp(query({ group: 'ff15::1' }))).toThrow(EncodeError);
    expect(() => formatMld(query({ group: '239.255.1.2' }), LINK)).toThrow(EncodeError);
    expect(() => formatMld(query({ version: 3 }), LINK)).toThrow(EncodeError);
    expect(() => formatIgmp(query({ maxResponseMs: 0 }))).toThrow(EncodeError);
  });
});

describe('times', () => {
  test.each([
    [0, 0],
    [127, 127],
    [0x80, 128],
    [0x8f, 248],
    [0xa0, 512],
    [0xff, 31_744],
  ])('code 0x%s is %i', (code, value) => {
    expect([decodeTime8(code), encodeTime8(value)]).toEqual([value, code]);
  });
  test.each([
    [32_767, 32_767],
    [0x8000, 32_768],
    [0xffff, 8_387_584],
  ])('code %i is %i ms', (code, value) => {
    expect([decodeTime16(code), encodeTime16(value)]).toEqual([value, code]);
  });
  test('what has no code is told shorter, never longer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40_000 }), (value) => {
        const told = decodeTime8(encodeTime8(value));
        expect(told).toBeLessThanOrEqual(value);
        expect(told).toBeGreaterThan(Math.min(value, 31_744) * 0.93 - 1);
      }),
    );
  });
});

test('any bytes parse or throw DecodeError', () => {
  const failure = (parse: () => unknown): unknown => {
    try {
      parse();
      return undefined;
    } catch (error) {
      return error;
    }
  };
  fc.assert(
    fc.property(fc.constantFrom(0x11, 0x22, 130, 143), fc.uint8Array({ maxLength: 80 }), (type, rest) => {
      const bytes = Uint8Array.of(type, ...rest);
      const failures = [failure(() => parseIgmp(bytes)), failure(() => parseMld(bytes))];
      expect(failures.filter((it) => it !== undefined && !(it instanceof DecodeError))).toEqual([]);
    }),
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import {
  formatMadcapMessage,
  MADCAP_MINIMUM_BYTES,
  MadcapDecodeError,
  type MadcapMessage,
  type MadcapOptions,
  nestingOf,
  parseMadcapMessage,
} from '../../src/madcap/index.ts';
import { anyMessage } from './arbitraries.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
const END = '0000 0000';
const ACK = '00 05 0001 01020304';
const message = (options: MadcapOptions, more: Partial<MadcapMessage> = {}): MadcapMessage => ({
  type: 'ack',
  family: 4,
  xid: 0x01020304,
  options,
  ...more,
});

const scopeList = [
  {
    first: '239.192.0.0',
    last: '239.195.255.255',
    ttl: 10,
    names: [{ language: 'en', name: 'Inside abcd.com', isDefault: true }],
  },
  {
    first: '224.0.1.0',
    last: '238.255.255.255',
    ttl: 16,
    names: [{ language: 'en', name: 'world', isDefault: true }],
  },
];
const nested = (row: string): boolean[] => Array.from(row, (bit) => bit === '1');

describe('known bytes', () => {
  test.each<{ name: string; bytes: string; message: MadcapMessage }>([
    {
      name: 'the scope list of RFC 2730 §3.10',
      bytes: `${ACK} 0009 0033 02 efc00000 efc3ffff 0a 01 80 02 656e 0f 496e7369646520616263642e636f6d
              e0000100 eeffffff 10 01 80 02 656e 05 776f726c64 ${END}`,
      message: message({ scopeList }),
    },
    {
      name: 'a GETINFO (RFC 2730 §2.2.1)',
      bytes: `00 08 0001 01020304 0003 0011 00 000102030405060708090a0b0c0d0e0f 0005 0002 0009
              0008 0002 656e ${END}`,
      message: message(
        {
          leaseIdentifier: hex('00 000102030405060708090a0b0c0d0e0f'),
          optionRequestList: [9],
          language: 'en',
        },
        { type: 'getinfo' },
      ),
    },
    {
      name: 'the nesting of RFC 2907 §5',
      bytes: `${ACK} 0011 0008 07 fc7c1c1c0c0400 ${END}`,
      message: message({
        nesting: ['0111111', '0011111', '0000111', '0000111', '0000011', '0000001', '0000000'].map(nested),
      }),
    },
    {
      name: 'one scope has nothing to nest in: rows of no octets',
      bytes: `${ACK} 0011 0001 01 ${END}`,
      message: message({ nesting: [[false]] }),
    },
    {
      name: 'nine scopes need one octet, ten two',
      bytes: `${ACK} 0011 0015 0a 8000 ${'0000'.repeat(8)} 0080 ${END}`,
      message: message({
        nesting: Array.from({ length: 10 }, (_, row) =>
          Array.from(
            { length: 10 },
            (_each, column) => (row === 0 && column === 1) || (row === 9 && column === 8),
          ),
        ),
      }),
    },
    {
      name: 'times, counts and ranges',
      bytes: `${ACK} 0001 0004 00000e10 0004 0004 efff0000 0006 0004 65f00000 0007 0004 0001 0003
              000a 000c efff0102 0002 efff0200 0001 000b 0004 65efff00 000d 0004 65f01000
              000e 0004 00000001 000f 0004 65f00001 ${END}`,
      message: message({
        leaseTime: 3600,
        scope: '239.255.0.0',
        startTime: 0x65f00000,
        addressCount: { minimum: 1, desired: 3 },
        addressRanges: [
          { first: '239.255.1.2', count: 2 },
          { first: '239.255.2.0', count: 1 },
        ],
        currentTime: 0x65efff00,
        retryTime: 0x65f01000,
        minimumLeaseTime: 1,
        maximumStartTime: 0x65f00001,
      }),
    },
    {
      name: 'an IPv6 server answers about IPv4 (RFC 2730 §3.3)',
      bytes: `${ACK} 0002 0012 0002 20010db8000000000000000000000001 ${END}`,
      message: message({ serverIdentifier: '2001:db8::1' }),
    },
    {
      name: 'an IPv4 server answers about IPv6',
      bytes: `00 05 0002 01020304 0002 0006 0001 c0000201 0004 0010 ff030000000000000000000000000000
              000a 0012 ff130000000000000000000080000001 0001 ${END}`,
      message: message(
        {
          serverIdentifier: '192.0.2.1',
          scope: 'ff03::',
          addressRanges: [{ first: 'ff13::8000:1', count: 1 }],
        },
        { family: 6 },
      ),
    },
    {
      name: 'a server that is known by its station address',
      bytes: `${ACK} 0002 0008 0006 001122334455 ${END}`,
      message: message({ serverIdentifier: 'family-6:001122334455' }),
    },
    {
      name: 'features',
      bytes: `${ACK} 000c 000c 0002 0000 0001 0000 0001 0001 ${END}`,
      message: message({ featureList: { supported: [0, 1], requested: [], required: [1] } }),
    },
    ...[
      { name: 'names an option', bytes: '0010 0004 0000 000a', error: { code: 0, option: 10 } },
      { name: 'names none', bytes: '0010 0004 0001 ffff', error: { code: 1 } },
      {
        name: 'tells the time',
        bytes: '0010 0006 0002 65f00000',
        error: { code: 2, serverTime: 0x65f00000 },
      },
      { name: 'knows no such lease', bytes: '0010 0002 0003', error: { code: 3 } },
      { name: 'lacks a feature', bytes: '0010 0004 0004 0002', error: { code: 4, features: [2] } },
      { name: 'is an experiment', bytes: '0010 0003 0400 aa', error: { code: 1024, extra: hex('aa') } },
    ].map(({ name, bytes, error }) => ({
      name: `an error that ${name} (RFC 2730 §3.17)`,
      bytes: `00 06 0001 01020304 ${bytes} ${END}`,
      message: message({ error }, { type: 'nak' as const }),
    })),
  ])('$name', ({ bytes, message }) => {
    expect(parseMadcapMessage(hex(bytes))).toEqual(message);
    expect(Buffer.from(formatMadcapMessage(message)).toString('hex')).toBe(
      Buffer.from(hex(bytes)).toString('hex'),
    );
  });

  test('the example of RFC 2907 follows from how far its scopes reach', () => {
    const reach = [1, 2, 3, 3, 4, 5, 6]; // the third and fourth lie beside each other
    const scopes = reach.map((ttl, i) => ({
      first: `239.${i}.0.0`,
      last: `239.${i}.255.255`,
      ttl,
      names: [],
    }));
    const bytes = formatMadcapMessage(message({ nesting: nestingOf(scopes) }));
    expect(Buffer.from(bytes).toString('hex')).toContain('0011000807fc7c1c1c0c0400');
  });
});

describe('what others send is read', () => {
  test.each<{ name: string; bytes: string; options: MadcapOptions }>([
    {
      name: 'options in another order',
      bytes: `000b 0004 00000005 0001 0004 00000006 ${END}`,
      options: { currentTime: 5, leaseTime: 6 },
    },
    {
      name: 'an option that nobody knows',
      bytes: `00ff 0003 aabbcc 0001 0004 00000006 ${END}`,
      options: { leaseTime: 6 },
    },
    {
      name: 'one that comes twice: the first counts',
      bytes: `0001 0004 00000006 0001 0004 00000007 ${END}`,
      options: { leaseTime: 6 },
    },
    { name: 'no End', bytes: '0001 0004 00000006', options: { leaseTime: 6 } },
    { name: 'octets after the End', bytes: `0001 0004 00000006 ${END} ffff`, options: { leaseTime: 6 } },
    { name: 'an End of some length', bytes: '0001 0004 00000006 0000 0001 00', options: { leaseTime: 6 } },
    {
      name: 'an error without what should follow its code',
      bytes: `0010 0002 0000 ${END}`,
      options: { error: { code: 0 } },
    },
    { name: 'clock skew without the time', bytes: `0010 0002 0002 ${END}`, options: { error: { code: 2 } } },
    { name: 'no options at all', bytes: END, options: {} },
  ])('$name', ({ bytes, options }) => {
    expect(parseMadcapMessage(hex(`${ACK} ${bytes}`)).options).toEqual(options);
  });
});

describe('what cannot be read', () => {
  test.each([
    { name: 'eleven octets', bytes: `${ACK} 0000 00`, why: /shortest message/ },
    { name: '[MAC-01] another version', bytes: `01 05 0001 01020304 ${END}`, why: /version 1/ },
    { name: 'type 0', bytes: `00 00 0001 01020304 ${END}`, why: /type 0 is unknown/ },
    { name: 'type 9', bytes: `00 09 0001 01020304 ${END}`, why: /type 9 is unknown/ },
    { name: 'another protocol’s addresses', bytes: `00 05 0006 01020304 ${END}`, why: /address family 6/ },
  ])('the header: $name', ({ bytes, why }) => {
    expect(() => parseMadcapMessage(hex(bytes))).toThrow(why);
    expect(() => parseMadcapMessage(hex(bytes))).not.toThrow(MadcapDecodeError);
  });

  test.each([
    { name: 'a lease time of three octets', bytes: `0001 0003 000e10`, option: 1 },
    { name: 'a lease time of five octets', bytes: `0001 0005 00000e1000`, option: 1 },
    { name: 'an option longer than the message', bytes: '0001 00ff 00000e10', option: 1 },
    { name: 'half a code', bytes: '0001 0004 00000e10 00', option: undefined },
    { name: 'an empty lease identifier', bytes: `0003 0000`, option: 3 },
    {
      name: 'an IPv6 scope in an IPv4 message',
      bytes: `0004 0010 ff030000000000000000000000000000`,
      option: 4,
    },
    { name: 'a server identifier of another length', bytes: `0002 0005 0001 c00002`, option: 2 },
    { name: 'a server identifier without an address', bytes: `0002 0002 0006`, option: 2 },
    { name: 'a range cut short', bytes: `000a 0005 efff0102 00`, option: 10 },
    { name: 'more features than there are', bytes: `000c 0008 00ff 0001 0000 0000`, option: 12 },
    { name: 'half a code in a list', bytes: `0005 0003 0009 00`, option: 5 },
    { name: 'a name that is not UTF-8', bytes: `0008 0002 c328`, option: 8 },
    { name: 'fewer nesting rows than counted', bytes: `0011 0002 07 fc`, option: 17 },
    {
      name: 'more nesting rows than counted',
      bytes: `0011 0003 02 80 40`.replace('0003 02 80 40', '0004 02 80 40 00'),
      option: 17,
    },
  ])('$name is told with its header and lease identifier', ({ bytes, option }) => {
    const id = '0003 0011 00 000102030405060708090a0b0c0d0e0f';
    const orders = bytes.startsWith('0003') ? [bytes] : [`${id} ${bytes}`];
    for (const all of orders) {
      const error = caught(() => parseMadcapMessage(hex(`${ACK} ${all}`)));
      expect(error).toBeInstanceOf(MadcapDecodeError);
      expect(error).toMatchObject({ header: { type: 'ack', family: 4, xid: 0x01020304 }, option });
    }
  });

  test('the lease identifier is found behind the option at fault', () => {
    const error = caught(() => parseMadcapMessage(hex(`${ACK} 0001 0001 00 0003 0002 0aff ${END}`)));
    expect(error).toMatchObject({ option: 1, leaseIdentifier: hex('0aff') });
  });
});

function caught(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('what cannot be written', () => {
  test.each<{ name: string; message: MadcapMessage }>([
    { name: 'an empty lease identifier', message: message({ leaseIdentifier: new Uint8Array() }) },
    { name: 'an IPv6 scope in an IPv4 message', message: message({ scope: 'ff03::' }) },
    { name: 'a range of nothing', message: message({ addressRanges: [{ first: '239.255.0.1', count: 0 }] }) },
    { name: 'a lease without end', message: message({ leaseTime: Infinity }) },
    {
      name: 'a minimum above what is desired',
      message: message({ addressCount: { minimum: 2, desired: 1 } }),
    },
    { name: 'a server that is no address', message: message({ serverIdentifier: 'server' }) },
    { name: 'skew without a time', message: message({ error: { code: 2 } }) },
    {
      name: 'a name of 256 octets',
      message: message({
        scopeList: [
          {
            first: '239.0.0.0',
            last: '239.0.0.9',
            ttl: 1,
            names: [{ language: 'en', name: 'é'.repeat(128), isDefault: true }],
          },
        ],
      }),
    },
    { name: 'nesting that is no square', message: message({ nesting: [[false, true]] }) },
    { name: 'an xid of 33 bits', message: message({}, { xid: 2 ** 32 }) },
    { name: 'an option too long', message: message({ leaseIdentifier: new Uint8Array(65_536) }) },
  ])('$name', ({ message }) => {
    expect(() => formatMadcapMessage(message)).toThrow(EncodeError);
  });
});

describe('properties', () => {
  test('reading undoes writing', () => {
    fc.assert(
      fc.property(anyMessage, (it) => {
        const bytes = formatMadcapMessage(it);
        expect(bytes.length).toBeGreaterThanOrEqual(MADCAP_MINIMUM_BYTES);
        expect(parseMadcapMessage(bytes)).toEqual(it);
      }),
    );
  });

  test('any bytes are read or refused', () => {
    const header = fc.constantFrom(ACK, '00 08 0001 01020304', '00 03 0002 01020304').map(hex);
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 200 }), (start, rest) => {
        expectReadOrRefused(Uint8Array.from([...start, ...rest]));
      }),
    );
  });

  test('every prefix and every flipped bit of a message is read or refused', () => {
    fc.assert(
      fc.property(anyMessage, (it) => {
        const bytes = formatMadcapMessage(it);
        for (let end = 0; end < bytes.length; end++) expectReadOrRefused(bytes.subarray(0, end));
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          const flipped = bytes.slice();
          flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          expectReadOrRefused(flipped);
        }
      }),
      { numRuns: 25 },
    );
  });
});

function expectReadOrRefused(bytes: Uint8Array): void {
  try {
    const { options } = parseMadcapMessage(bytes);
    // What shares no memory with the receive buffer survives its reuse.
    const before = options.leaseIdentifier?.slice();
    bytes.slice().fill(0);
    expect(options.leaseIdentifier).toEqual(before);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
}

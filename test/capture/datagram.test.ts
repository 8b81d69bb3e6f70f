import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpDatagram, LINK_TYPES, readIpDatagram } from '../../src/capture/index.ts';
import { ipOffset } from '../../src/capture/link-layer.ts';
import { EncodeError } from '../../src/errors.ts';
import { datagram, hex, join } from './support.ts';

const IPV4 = hex(`45b8001f 00004000 4011b612 c0000201 c0000202
  138c138d 000b 50b9 010203`);
const PLAIN = {
  source: { address: '192.0.2.1', port: 5004 },
  destination: { address: '192.0.2.2', port: 5005 },
  payload: hex('010203'),
  ttl: 64,
  dscp: 46,
};
const IPV6_ENDS = '20010db8000000000000000000000001 ff150000000000000000000000000001';
const UDP = '138c138d 000b 0000 010203';
const PLAIN6 = {
  ...PLAIN,
  source: { address: '2001:db8::1', port: 5004 },
  destination: { address: 'ff15::1', port: 5005 },
  ttl: 3,
};

describe('reading', () => {
  test.each([
    { name: 'IPv4', packet: IPV4, want: PLAIN },
    { name: 'bytes after the packet', packet: join(IPV4, hex('ffff')), want: PLAIN },
    {
      name: 'IPv4 options',
      packet: hex(`46b80023 00004000 40110000 c0000201 c0000202 94040000 ${UDP}`),
      want: PLAIN,
    },
    {
      name: 'a length left to the network card',
      packet: hex(`45b80000 00004000 40110000 c0000201 c0000202 ${UDP}`),
      want: PLAIN,
    },
    { name: 'IPv6', packet: hex(`6b800000 000b 11 03 ${IPV6_ENDS} ${UDP}`), want: PLAIN6 },
    {
      name: 'IPv6 with options, routing and a fragment header that holds everything',
      packet: hex(`6b800000 0023 00 03 ${IPV6_ENDS}
        2b00010400000000 2c00000000000000 1100000000000001 ${UDP}`),
      want: PLAIN6,
    },
    {
      name: 'an empty datagram',
      packet: hex(`6b800000 0008 11 03 ${IPV6_ENDS} 138c138d00080000`),
      want: { ...PLAIN6, payload: hex('') },
    },
    { name: 'TCP', packet: hex(`45000014 00004000 40060000 c0000201 c0000202`), want: 'notUdp' },
    { name: 'ICMPv6', packet: hex(`60000000 0000 3a 03 ${IPV6_ENDS}`), want: 'notUdp' },
    { name: 'ARP, say', packet: hex('0001080006040001'), want: 'notIp' },
    {
      name: 'a first fragment',
      packet: hex(`4500001f 00002000 40110000 c0000201 c0000202 ${UDP}`),
      want: 'fragment',
    },
    {
      name: 'a later fragment',
      packet: hex(`4500001f 00000001 40110000 c0000201 c0000202 ${UDP}`),
      want: 'fragment',
    },
    {
      name: 'an IPv6 fragment',
      packet: hex(`60000000 0013 2c 03 ${IPV6_ENDS} 1100000100000001 ${UDP}`),
      want: 'fragment',
    },
    {
      name: 'a header of 4 words',
      packet: hex('4400001f 00000000 40110000 c0000201 c0000202'),
      want: 'malformed',
    },
    {
      name: 'UDP longer than its packet',
      packet: hex('4500001f 00000000 40110000 c0000201 c0000202 138c138d 000c 0000 01020304'),
      want: 'malformed',
    },
    {
      name: 'UDP shorter than its header',
      packet: hex('4500001f 00000000 40110000 c0000201 c0000202 138c138d 0007 0000 010203'),
      want: 'malformed',
    },
    { name: 'nothing', packet: hex(''), want: 'cut' },
  ])('$name', ({ packet, want }) => expect(readIpDatagram(packet)).toEqual(want));

  test('what is cut off anywhere is told as such', () => {
    for (let length = 0; length < IPV4.length; length++) {
      expect(readIpDatagram(IPV4.subarray(0, length))).toBe('cut');
    }
  });

  test('any bytes give a datagram or a reason', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), fc.constantFrom(0x45, 0x46, 0x60), (bytes, first) => {
        bytes[0] = first;
        const found = readIpDatagram(bytes);
        expect(typeof found === 'string' || found.payload.length <= bytes.length).toBe(true);
      }),
    );
  });
});

describe('writing', () => {
  test('the bytes of an IPv4 packet with both checksums', () => {
    expect(Buffer.from(formatIpDatagram(PLAIN)).toString('hex')).toBe(Buffer.from(IPV4).toString('hex'));
  });

  test('read undoes write', () => {
    fc.assert(
      fc.property(datagram(0n), ({ source, destination, payload, ttl, dscp }) => {
        const wanted = { source, destination, payload, ttl, dscp };
        expect(readIpDatagram(formatIpDatagram(wanted))).toEqual(wanted);
      }),
    );
  });

  test.each([
    { wrong: { source: { address: 'host', port: 1 } }, says: 'UDP datagram: source host is no IP address' },
    { wrong: { destination: { address: '::1', port: 1 } }, says: 'not of the family' },
    { wrong: { destination: { address: '192.0.2.2', port: 65_536 } }, says: 'destination port 65536' },
    { wrong: { ttl: 256 }, says: 'ttl 256' },
    { wrong: { dscp: 64 }, says: 'dscp 64' },
    { wrong: { payload: new Uint8Array(65_508) }, says: 'payload length 65508' },
  ])('refused: $says', ({ wrong, says }) => {
    expect(() => formatIpDatagram({ ...PLAIN, ...wrong })).toThrow(EncodeError);
    expect(() => formatIpDatagram({ ...PLAIN, ...wrong })).toThrow(says);
  });

  test('the longest payloads fit', () => {
    const payload = new Uint8Array(65_507);
    expect(readIpDatagram(formatIpDatagram({ ...PLAIN, payload }))).toEqual({ ...PLAIN, payload });
  });
});

test.each([
  { name: 'Ethernet', type: LINK_TYPES.ethernet, head: `${'00'.repeat(12)}0800`, want: 14 },
  { name: 'Ethernet, IPv6', type: LINK_TYPES.ethernet, head: `${'00'.repeat(12)}86dd`, want: 14 },
  { name: 'VLAN', type: LINK_TYPES.ethernet, head: `${'00'.repeat(12)}8100 0005 0800`, want: 18 },
  {
    name: 'VLAN in VLAN',
    type: LINK_TYPES.ethernet,
    head: `${'00'.repeat(12)}88a8 0005 8100 0006 86dd`,
    want: 22,
  },
  { name: 'ARP', type: LINK_TYPES.ethernet, head: `${'00'.repeat(12)}0806`, want: 'notIp' },
  {
    name: 'Linux cooked',
    type: LINK_TYPES.linuxCooked,
    head: `0000 0304 0006 ${'00'.repeat(8)} 0800`,
    want: 16,
  },
  {
    name: 'Linux cooked, ARP',
    type: LINK_TYPES.linuxCooked,
    head: `0000 0304 0006 ${'00'.repeat(8)} 0806`,
    want: 'notIp',
  },
  {
    name: 'Linux cooked 2',
    type: LINK_TYPES.linuxCooked2,
    head: `86dd 0000 00000001 0304 00 06 ${'00'.repeat(8)}`,
    want: 20,
  },
  { name: 'BSD loopback', type: LINK_TYPES.null, head: '02000000', want: 4 },
  { name: 'raw', type: LINK_TYPES.raw, head: '', want: 0 },
  { name: 'Bluetooth', type: 187, head: '', want: 'notIp' },
])('link type: $name', ({ type, head, want }) => {
  expect(ipOffset(join(hex(head), IPV4), type)).toBe(want);
});

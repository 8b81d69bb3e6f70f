import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncodeError, StateError } from '../../src/errors.ts';
import {
  connectionAddresses,
  formatConnection,
  parseConnection,
  parseSessionDescription,
  type SessionDescription,
} from '../../src/sdp/index.ts';

const withLines = (lines: string): SessionDescription =>
  parseSessionDescription(
    `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n${lines.replaceAll('|', '\r\n')}\r\nt=0 0\r\n`,
  );
const linesOf = (sdp: SessionDescription, types: string): string[] =>
  sdp.lines.filter(({ type }) => types.includes(type)).map(({ type, value }) => `${type}=${value}`);

describe('c= values (RFC 8866 §5.7)', () => {
  test.each([
    ['IN IP4 198.51.100.1', { addressType: 'IP4', address: '198.51.100.1', count: 1 }],
    ['IN IP4 233.252.0.1/127', { addressType: 'IP4', address: '233.252.0.1', ttl: 127, count: 1 }],
    ['IN IP4 233.252.0.1/127/3', { addressType: 'IP4', address: '233.252.0.1', ttl: 127, count: 3 }],
    ['IN IP6 ff00::db8:0:101/3', { addressType: 'IP6', address: 'ff00::db8:0:101', count: 3 }],
    ['IN IP6 2001:db8::1', { addressType: 'IP6', address: '2001:db8::1', count: 1 }],
    ['IN IP4 host.example', { addressType: 'IP4', address: 'host.example', count: 1 }],
  ])('%s', (value, want) => expect(parseConnection(value)).toEqual({ netType: 'IN', ...want }));

  test.each([
    '',
    'IN',
    'IN IP4',
    'IN IP4 /1',
    'IN IP4 1.2.3.4 x',
    'IN IP4 224.0.0.1/x',
    'IN IP4 224.0.0.1/1/0',
    'IN IP4 224.0.0.1/1/2/3',
    'IN IP6 ff15::1/1/2',
    'IN IP4 224.0.0.1/99999999999',
  ])('not one: %j', (value) => expect(parseConnection(value)).toBeUndefined());

  test.each([
    ['IPv4 multicast without TTL', { address: '239.1.1.1', count: 1 }, /needs a TTL/],
    ['TTL out of range', { address: '239.1.1.1', ttl: 256, count: 1 }, /not 0 to 255/],
    ['TTL with unicast', { address: '10.1.1.1', ttl: 1, count: 1 }, /only for an IPv4 multicast/],
    ['TTL with IPv6', { address: 'ff15::1', addressType: 'IP6', ttl: 1, count: 1 }, /only for an IPv4/],
    ['several unicast', { address: '10.1.1.1', count: 2 }, /only for multicast/],
    ['count 0', { address: '239.1.1.1', ttl: 1, count: 0 }, /1 to 256/],
    ['too many', { address: '239.1.1.1', ttl: 1, count: 257 }, /1 to 256/],
    ['wrong family', { address: 'ff15::1', count: 1 }, /IPv6 address/],
    ['slash', { address: '239.1.1.1/1', count: 1 }, /cannot hold/],
  ])('cannot be written: %s', (_, field, message) => {
    const write = (): string => formatConnection({ netType: 'IN', addressType: 'IP4', ...field });
    expect(write).toThrow(EncodeError);
    expect(write).toThrow(message);
  });

  test('addresses are contiguous across octets and end with the family', () => {
    const list = (address: string, count: number): string[] =>
      connectionAddresses({ netType: 'IN', addressType: 'IP4', address, count });
    expect(list('224.2.1.255', 3)).toEqual(['224.2.1.255', '224.2.2.0', '224.2.2.1']);
    expect(list('ff15::ffff', 2)).toEqual(['ff15::ffff', 'ff15::1:0']);
    expect(list('255.255.255.254', 9)).toEqual(['255.255.255.254', '255.255.255.255']);
    expect(list('224.0.0.0', 1_000_000)).toHaveLength(256);
    expect(list('host.example', 3)).toEqual(['host.example']);
  });

  test('parse undoes format', () => {
    const ttl = fc.integer({ min: 0, max: 255 });
    const count = fc.integer({ min: 1, max: 256 });
    const octet = fc.integer({ min: 0, max: 254 });
    fc.assert(
      fc.property(fc.integer({ min: 224, max: 239 }), octet, octet, ttl, count, (a, b, c, t, n) => {
        const field = { netType: 'IN', addressType: 'IP4', address: `${a}.${b}.${c}.1`, ttl: t, count: n };
        expect(parseConnection(formatConnection(field))).toEqual(field);
      }),
    );
  });
});

describe('connection editor', () => {
  test('[CON-01] [CON-02] [CON-03] [CON-04] network and address type', () => {
    const sdp = withLines('c=IN  IP4 host.example');
    const { connection } = sdp;
    expect([connection.netType, connection.addressType]).toEqual(['IN', 'IP4']);
    connection.netType = 'ATM';
    connection.addressType = 'NSAP';
    expect(linesOf(sdp, 'c')).toEqual(['c=ATM  NSAP host.example']);
    expect(() => (connection.netType = 'a b')).toThrow(EncodeError);
    expect(() => (withLines('i=x').connection.netType = 'IN')).toThrow(StateError);
  });

  test('[CON-05] [CON-06] [CON-07] start address, count and TTL', () => {
    const { connection } = withLines('c=IN IP4 224.2.1.1/127/3');
    expect([connection.address, connection.count, connection.ttl]).toEqual(['224.2.1.1', 3, 127]);
    expect(connection.addresses).toEqual(['224.2.1.1', '224.2.1.2', '224.2.1.3']);
    const none = withLines('i=x').connection;
    expect([none.address, none.count, none.ttl, none.addresses]).toEqual([undefined, 0, undefined, []]);
  });

  test('[CON-08] the three are set together, and the family follows the address', () => {
    const sdp = withLines('c=IN IP4 224.2.1.1/127/3');
    sdp.connection.setAddress('239.255.1.1', { count: 2, ttl: 15 });
    expect(linesOf(sdp, 'c')).toEqual(['c=IN IP4 239.255.1.1/15/2']);
    const spelled = withLines('c=IN  IP4 239.255.1.1/15/1');
    spelled.connection.setAddress('239.255.1.1', { ttl: 15 });
    expect(linesOf(spelled, 'c')).toEqual(['c=IN  IP4 239.255.1.1/15/1']); // says so already
    sdp.connection.setAddress('ff15::1', { count: 2 });
    expect(linesOf(sdp, 'c')).toEqual(['c=IN IP6 ff15::1/2']);
    sdp.connection.setAddress('host.example');
    expect(linesOf(sdp, 'c')).toEqual(['c=IN IP6 host.example']);
    sdp.connection.setAddress('host.example', { addressType: 'IP4' });
    expect(linesOf(sdp, 'c')).toEqual(['c=IN IP4 host.example']);
    expect(() => sdp.connection.setAddress('239.255.1.1')).toThrow(/TTL/);
    sdp.connection.remove();
    expect(linesOf(sdp, 'c')).toEqual([]);
  });

  test('several c= lines of a layered coding', () => {
    const sdp = withLines('i=x');
    const medium = sdp.media.add({ kind: 'video', formats: ['34'] });
    const layer = (address: string) => ({ netType: 'IN', addressType: 'IP4', address, ttl: 15, count: 1 });
    medium.connection.all = [layer('239.255.1.1'), layer('239.255.1.5')];
    expect(linesOf(sdp, 'c')).toEqual(['c=IN IP4 239.255.1.1/15', 'c=IN IP4 239.255.1.5/15']);
    expect(medium.groups).toEqual(['239.255.1.1', '239.255.1.5']);
  });

  test('[CON-09] [CON-10] [CON-11] bandwidth is a list with one value for each modifier', () => {
    const sdp = withLines('b=CT:512|b=X-YZ:128|b=rubbish');
    const { connection } = sdp;
    expect(connection.bandwidths).toEqual([
      { modifier: 'CT', value: 512 },
      { modifier: 'X-YZ', value: 128 },
    ]);
    expect([connection.bandwidth('CT'), connection.bandwidth('AS')]).toEqual([512, undefined]);
    connection.setBandwidth('CT', 64);
    connection.setBandwidth('AS', 32);
    connection.setBandwidth('X-YZ', undefined);
    expect(linesOf(sdp, 'b')).toEqual(['b=CT:64', 'b=rubbish', 'b=AS:32']);
    expect(() => connection.setBandwidth('AS', -1)).toThrow(EncodeError);
    expect(() => connection.setBandwidth('A S', 1)).toThrow(EncodeError);
    connection.bandwidths = [{ modifier: 'TIAS', value: 64_000 }];
    expect(linesOf(sdp, 'b')).toEqual(['b=TIAS:64000']);
  });

  test.each([
    ['clear:geheim', { method: 'clear', data: 'geheim' }],
    ['base64:Z2VoZWlt', { method: 'base64', data: 'Z2VoZWlt' }],
    ['uri:https://k.example/', { method: 'uri', data: 'https://k.example/' }],
    ['prompt', { method: 'prompt' }],
    ['clear', { method: 'other', data: 'clear' }],
    ['x:y', { method: 'other', data: 'x:y' }],
  ])('[CON-12] k=%s is readable', (value, want) => {
    expect(withLines(`k=${value}`).connection.key).toEqual(want);
  });

  test('[CON-13] k= is written only when a legacy reader is asked for', () => {
    const sdp = withLines('i=x');
    expect(() => sdp.connection.setKey({ method: 'prompt' })).toThrow(StateError);
    expect(() => sdp.connection.setKey({ method: 'prompt' })).toThrow(/RFC 8866 §5.12/);
    sdp.connection.setKey({ method: 'clear', data: 'geheim' }, { legacy: true });
    expect(linesOf(sdp, 'k')).toEqual(['k=clear:geheim']);
    sdp.connection.setKey(undefined); // taking it away is always right
    expect(linesOf(sdp, 'k')).toEqual([]);
  });
});

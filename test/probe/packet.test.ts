import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { formatProbeMessage, parseProbeMessage, type ProbeMessage, Tallier } from '../../src/probe/index.ts';

const session = 0x0102_0304_0506_0708n;
const HEAD = (type: number): string => `5244565001${type.toString(16).padStart(2, '0')}0102030405060708`;
const GROUP = '0b3233392e3235352e312e32'; // 239.255.1.2
const request = { group: '239.255.1.2', port: 5004, count: 50, spacingMs: 20, ttl: 15, dscp: 46 };
const REQUEST = `${GROUP}138c003200140f2e`;
const COOKIE = '00'.repeat(15) + '2a';
const cookie = Uint8Array.from([...Array.from({ length: 15 }, () => 0), 42]);

const MESSAGES: readonly { bytes: string; means: ProbeMessage }[] = [
  { bytes: HEAD(0) + '00'.repeat(50), means: { type: 'hello', session } },
  { bytes: HEAD(1) + COOKIE, means: { type: 'challenge', session, cookie } },
  { bytes: HEAD(2) + COOKIE + REQUEST, means: { type: 'begin', session, cookie, request } },
  {
    bytes: `${HEAD(3)}1304657468300831302e302e302e32${REQUEST}`,
    means: {
      type: 'ready',
      session,
      signs: {
        interfaceName: 'eth0',
        address: '10.0.0.2',
        member: true,
        strictReversePath: true,
        firewall: false,
        container: false,
        seesMarks: true,
      },
      request,
    },
  },
  {
    bytes: `${HEAD(4)}010007${'00'.repeat(15)}`,
    means: { type: 'probe', session, direction: 'back', number: 7 },
  },
  { bytes: `${HEAD(5)}00`, means: { type: 'ask', session, what: 'result' } },
  {
    bytes: `${HEAD(6)}003200010002010e0032022e003100000102040a0000011020010db8000000000000000000000001`,
    means: {
      type: 'result',
      session,
      tally: {
        heard: 50,
        duplicates: 1,
        reordered: 2,
        ttls: new Map([[14, 50]]),
        dscps: new Map([
          [46, 49],
          [0, 1],
        ]),
        sources: ['10.0.0.1', '2001:db8::1'],
      },
    },
  },
  { bytes: `${HEAD(7)}0032`, means: { type: 'sent', session, count: 50 } },
  { bytes: `${HEAD(8)}000462757379`, means: { type: 'refused', session, reason: 'busy', text: 'busy' } },
];

test.each(MESSAGES)('$means.type', ({ bytes, means }) => {
  expect(parseProbeMessage(Uint8Array.fromHex(bytes))).toEqual(means);
  expect(formatProbeMessage(means).toHex()).toBe(bytes);
});

test.each([
  { name: 'another protocol', bytes: '80000000', says: /no probe message/ },
  { name: 'a version to come', bytes: HEAD(0).replace('5001', '5002'), says: /version 2 is not 1/ },
  { name: 'a kind to come', bytes: HEAD(9), says: /unknown kind/ },
  {
    name: 'a unicast group',
    bytes: `${HEAD(2)}${COOKIE}0831302e302e302e31138c003200140f2e`,
    says: /no multicast group/,
  },
  { name: 'no packets', bytes: `${HEAD(2)}${COOKIE}${GROUP}138c000000140f2e`, says: /out of range/ },
  {
    name: 'an interface with an escape sequence in its name',
    bytes: `${HEAD(3)}13041b5b326a0831302e302e302e32${REQUEST}`,
    says: /names no interface/,
  },
  {
    name: 'a receiver without an address',
    bytes: `${HEAD(3)}1304657468300831302e302e302e78${REQUEST}`,
    says: /address of the receiver/,
  },
  { name: 'too many values', bytes: `${HEAD(6)}00320001000209`, says: /9 values/ },
])('$name is refused', ({ bytes, says }) => {
  expect(() => parseProbeMessage(Uint8Array.fromHex(bytes))).toThrow(says);
});

test('any bytes parse or throw DecodeError', () => {
  const failure = (bytes: Uint8Array): unknown => {
    try {
      parseProbeMessage(bytes);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), fc.uint8Array({ maxLength: 100 }), (type, rest) => {
      const found = failure(Uint8Array.of(...Uint8Array.fromHex(HEAD(type)), ...rest));
      expect(found === undefined || found instanceof DecodeError).toBe(true);
    }),
  );
});

test('a tally holds no more than it must', () => {
  const tallier = new Tallier(10);
  for (let i = 0; i < 1000; i++) tallier.add(i, { address: `10.0.0.${i % 200}`, ttl: i % 256, dscp: i % 64 });
  for (let i = 9; i >= 0; i--) tallier.add(i, { address: '10.0.0.1', ttl: 1, dscp: 1 });
  const { heard, duplicates, ttls, dscps, sources } = tallier.result();
  expect([heard, duplicates, ttls.size, dscps.size, sources.length]).toEqual([10, 10, 8, 8, 4]);
});

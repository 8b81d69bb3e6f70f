import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { encodeMessage, LdapFramer } from '../../src/ldap/index.ts';
import { anyMessage, bytes, hex, outcome } from './support.ts';

function framesOf(framer: LdapFramer): string[] {
  const frames: string[] = [];
  for (let frame; (frame = framer.pollFrame()) !== undefined; ) frames.push(hex(frame));
  return frames;
}

test('messages come out whole however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(anyMessage, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      (messages, cuts) => {
        const encoded = messages.map(encodeMessage);
        const stream = Buffer.concat(encoded);
        const framer = new LdapFramer();
        const frames: string[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = cuts[i % cuts.length]!;
          framer.handleBytes(stream.subarray(at, at + size));
          frames.push(...framesOf(framer));
          at += size;
        }
        expect(frames).toEqual(encoded.map(hex));
        expect(framer.buffered).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

test('one octet at a time', () => {
  const framer = new LdapFramer();
  const message = bytes('300c 020101 6007 020103 0400 8000');
  message.forEach((octet, i) => {
    framer.handleBytes(Uint8Array.of(octet));
    expect(framesOf(framer)).toEqual(i === message.length - 1 ? [hex(message)] : []);
  });
});

test.each([
  { name: 'another tag', octets: '47' }, // "GET / HTTP/1.1"
  { name: 'indefinite length', octets: '3080' },
  { name: 'length of five octets', octets: '3085' },
  { name: 'more than the limit', octets: '3083 100000' },
  { name: 'four gigabytes', octets: '3084 ffffffff' },
])('refused from the first octets: $name', ({ octets }) => {
  const framer = new LdapFramer(1024 * 1024);
  framer.handleBytes(bytes(octets));
  expect(() => framer.pollFrame()).toThrow(DecodeError);
});

test('a message of exactly the limit passes', () => {
  const framer = new LdapFramer(14);
  framer.handleBytes(bytes('300c 020101 6007 020103 0400 8000'));
  expect(framer.pollFrame()).toHaveLength(14);
  const smaller = new LdapFramer(13);
  smaller.handleBytes(bytes('300c'));
  expect(() => smaller.pollFrame()).toThrow(/14 bytes, more than the 13 allowed/);
});

test('any bytes give frames or a DecodeError, and never more is kept than was given', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 }), (chunks) => {
      const framer = new LdapFramer(4096);
      let given = 0;
      for (const chunk of chunks) {
        framer.handleBytes(chunk);
        given += chunk.length;
        if (outcome(() => framesOf(framer)) === 'refused') return;
        expect(framer.buffered).toBeLessThanOrEqual(given);
      }
    }),
  );
});

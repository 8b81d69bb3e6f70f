import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LdapConnection } from '../../../directory/server/connection.ts';
import type { LocatorService } from '../../../directory/server/index.ts';
import { networkPeer } from '../../../directory/server/peer.ts';
import { decodeMessage, LdapFramer } from '../../../src/ldap/index.ts';
import { EXCHANGES, readExchange } from './exchange.ts';
import { testService } from './support.ts';

let t: ReturnType<typeof testService>;
beforeEach(() => {
  t = testService({ sweepSeconds: 0, access: { allows: () => true }, limits: { maxMessageBytes: 65_536 } });
});
afterEach(() => t[Symbol.dispose]());

/** Requests of recorded sessions, each session from its bind to its unbind. */
const SESSIONS: readonly Uint8Array[][] = EXCHANGES.flatMap((name) => {
  const sessions: Uint8Array[][] = [];
  for (const step of readExchange(name, 3)) {
    if (step.kind === 'connect') sessions.push([]);
    else if (step.kind === 'request') sessions.at(-1)!.push(step.bytes);
  }
  return sessions;
});
/** Each once: every session binds alike. */
const MESSAGES = [...new Map(SESSIONS.flat().map((bytes) => [bytes.toString(), bytes])).values()];
const join = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Sends `parts` to a new session, without a transport between. @returns everything it answers */
async function talk(service: LocatorService, parts: Iterable<Uint8Array>): Promise<Uint8Array> {
  const connection = new LdapConnection(service, networkPeer('192.0.2.1', 5000), () => {});
  const answers: Uint8Array[] = [];
  for (const part of parts) {
    connection.handleBytes(part);
    // A bind is answered later, and everything else waits for it.
    for (let turns = 0; turns < 50; turns++) {
      for (let out = connection.pollTransmit(); out !== undefined; out = connection.pollTransmit()) {
        answers.push(out);
      }
      if (connection.isIdle || connection.isEnding) break;
      await Promise.resolve();
    }
  }
  connection.close();
  return join(answers);
}

/** Whatever a client sends, what it gets are whole LDAP messages, each an answer or the notice that all is over. */
function expectAnswers(bytes: Uint8Array): void {
  const framer = new LdapFramer();
  framer.handleBytes(bytes);
  let length = 0;
  for (let frame = framer.pollFrame(); frame !== undefined; frame = framer.pollFrame()) {
    length += frame.length;
    expect(decodeMessage(frame).op.type).toMatch(/^(?:search|intermediate|.*Response$)/);
  }
  expect(length).toBe(bytes.length);
}

/** Somebody else is served as if nothing had been. */
async function expectServed(service: LocatorService): Promise<void> {
  const rootDse = MESSAGES.find((bytes) => Buffer.from(bytes).includes('objectClass') && bytes.length < 60)!;
  expect((await talk(service, [rootDse])).length).toBeGreaterThan(0);
  expect(service.context.store.inTransaction).toBe(false);
}

describe('recorded sessions, damaged', () => {
  test('every prefix gets the answers to what is whole in it, and nothing else', async () => {
    for (const session of SESSIONS) {
      const all = join(session);
      const ends = session.map((_, index) => join(session.slice(0, index + 1)).length);
      for (let cut = 0; cut < all.length; cut++) {
        const connection = new LdapConnection(t.service, networkPeer('192.0.2.1', 5000), () => {});
        const before = t.service.counters.malformed;
        connection.handleBytes(all.slice(0, cut));
        expect(t.service.counters.malformed).toBe(before);
        expect(connection.isEnding).toBe(cut >= ends.at(-1)!);
        connection.close();
      }
    }
    // And as they would arrive: octet by octet they are answered as at once.
    for (const session of SESSIONS.slice(0, 4)) {
      const whole = await talk(t.service, session);
      expect(whole.length).toBeGreaterThan(0);
      expectAnswers(
        await talk(
          t.service,
          Array.from(join(session), (octet) => Uint8Array.of(octet)),
        ),
      );
    }
    await expectServed(t.service);
  });

  const flipped = async (bytes: Uint8Array, bit: number): Promise<void> => {
    const damaged = bytes.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    expectAnswers(await talk(t.service, [damaged]));
  };

  test('every bit flipped in short messages', async () => {
    for (const bytes of MESSAGES.filter(({ length }) => length < 100)) {
      for (let bit = 0; bit < bytes.length * 8; bit++) await flipped(bytes, bit);
    }
    await expectServed(t.service);
  }, 120_000);

  test('bits flipped in long messages: there are too many, so some', async () => {
    const long = MESSAGES.filter(({ length }) => length >= 100).map((bytes) =>
      fc.tuple(fc.constant(bytes), fc.nat(bytes.length * 8 - 1)),
    );
    const property = fc.asyncProperty(fc.oneof(...long), ([bytes, bit]) => flipped(bytes, bit));
    await fc.assert(property, { numRuns: 8000 });
    await expectServed(t.service);
  }, 120_000);

  test('every length a lie', async () => {
    for (const bytes of MESSAGES) {
      for (const at of lengthOctets(bytes)) {
        const length = bytes[at]!;
        for (const lie of [0, 1, length - 1, length + 1, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x88, 0xff]) {
          const damaged = bytes.slice();
          damaged[at] = lie;
          expectAnswers(await talk(t.service, [damaged]));
        }
        for (const form of ['820000', '84ffffffff', '847fffffff', '8400000000', '88ffffffffffffffff']) {
          const more = new Uint8Array(Buffer.from(form, 'hex'));
          expectAnswers(await talk(t.service, [join([bytes.slice(0, at), more, bytes.slice(at + 1)])]));
        }
      }
    }
    await expectServed(t.service);
  }, 120_000);

  test('several kinds of damage at once, to whole sessions in pieces of any size', async () => {
    const damage = fc.tuple(fc.constantFrom('set', 'cut', 'repeat'), fc.nat(), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...SESSIONS),
        fc.array(damage, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 700 }),
        async (session, damages, size) => {
          let bytes = join(session);
          for (const [kind, where, octet] of damages) {
            const at = where % Math.max(1, bytes.length);
            if (kind === 'set') bytes[at] = octet;
            else if (kind === 'cut') bytes = join([bytes.slice(0, at), bytes.slice(at + octet)]);
            else
              bytes = join([bytes.slice(0, at), bytes.slice(Math.max(0, at - octet), at), bytes.slice(at)]);
          }
          const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
            bytes.slice(i * size, (i + 1) * size),
          );
          expectAnswers(await talk(t.service, pieces));
        },
      ),
      { numRuns: 1500 },
    );
    await expectServed(t.service);
  }, 120_000);
});

/** Offsets of the first octet of every length. */
function lengthOctets(bytes: Uint8Array, start = 0, end = bytes.length): number[] {
  const found: number[] = [];
  for (let at = start; at < end; ) {
    const tag = bytes[at]!;
    found.push(at + 1);
    let length = bytes[at + 1]!;
    at += 2;
    if (length > 0x80) {
      const count = length & 0x7f;
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + bytes[at++]!;
    }
    if ((tag & 0x20) !== 0) found.push(...lengthOctets(bytes, at, at + length));
    at += length;
  }
  return found;
}

import type { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LdapConnection } from '../../../directory/server/connection.ts';
import { IN_PROCESS } from '../../../directory/server/peer.ts';
import { decodeMessage, encodeMessage, LdapFramer } from '../../../src/ldap/index.ts';
import { anyMessage } from '../../ldap/support.ts';
import { addRequest, conferenceDn, searchRequest, TestClient, testService } from './support.ts';

const turn = () =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** Takes everything a session sends, until it has nothing more to do. */
function drain(connection: LdapConnection): Uint8Array[] {
  const sent: Uint8Array[] = [];
  for (let i = 0; i < 10_000 && connection.hasWork; i++) {
    const bytes = connection.pollTransmit();
    if (bytes !== undefined) sent.push(bytes);
  }
  const rest = connection.pollTransmit();
  if (rest !== undefined) sent.push(rest);
  return sent;
}

describe('a session with a client that means no good', () => {
  test('any bytes are answered by whole messages, and the service goes on', () => {
    using t = testService();
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), (chunks) => {
        const connection = new LdapConnection(t.service, IN_PROCESS, () => {});
        for (const chunk of chunks) connection.handleBytes(chunk);
        for (const bytes of drain(connection)) expect(wholeMessages(bytes)).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  test('any sequence of messages is answered, none twice', async () => {
    using t = testService();
    await fc.assert(
      fc.asyncProperty(fc.array(anyMessage, { maxLength: 5 }), async (messages) => {
        const connection = new LdapConnection(t.service, IN_PROCESS, () => {});
        for (const message of messages) connection.handleBytes(encodeMessage(message));
        const sent = drain(connection);
        while (!connection.isIdle) {
          await turn(); // a bind is answered later
          sent.push(...drain(connection));
        }
        for (const bytes of sent) expect(wholeMessages(bytes)).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
    expect((await new TestClient(t.service).read(''))?.dn).toBe('');
  });

  test('requests beyond the limit are not read until others are done', () => {
    using t = testService({ limits: { maxPendingOperations: 10 } });
    const connection = new LdapConnection(t.service, IN_PROCESS, () => {});
    for (let i = 1; i <= 10; i++) {
      expect(connection.wantsInput).toBe(true);
      connection.handleBytes(
        encodeMessage({
          messageId: i,
          op: addRequest(conferenceDn(`c${i}`), { objectClass: 'rtConference' }),
        }),
      );
    }
    expect(connection.wantsInput).toBe(false);
    drain(connection);
    expect(connection.wantsInput).toBe(true);
  });

  test('a client that does not read its answers is not worked for', async () => {
    using t = testService({ limits: { outputChunkBytes: 4096 } });
    const blob = 'x'.repeat(2000);
    await Promise.all(
      Array.from({ length: 200 }, (_, i) => t.client.addConference(`c${i}`, { conferenceBlob: blob })),
    );
    const { counters } = t.service;
    const before = counters.bytesOut;
    const stream: Duplex = t.service.connect();
    stream.pause();
    const all = encodeMessage({ messageId: 1, op: searchRequest('(uid=*)') });
    for (let i = 0; i < 20; i++) stream.write(all);
    for (let i = 0; i < 200; i++) await turn();
    const unread = counters.bytesOut - before;
    expect(unread).toBeLessThan(300_000); // of 8 MB
    let received = 0;
    let results = 0;
    const framer = new LdapFramer();
    const done = new Promise<void>((resolve) => {
      stream.on('data', (chunk: Uint8Array) => {
        received += chunk.length;
        framer.handleBytes(chunk);
        for (let frame; (frame = framer.pollFrame()) !== undefined; ) {
          if (decodeMessage(frame).op.type === 'searchResultDone' && ++results === 20) resolve();
        }
      });
    });
    stream.resume();
    await done;
    expect(received).toBeGreaterThan(8_000_000);
    stream.destroy();
  });

  test('a long search lets others have their turn', async () => {
    using t = testService({ limits: { outputChunkBytes: 1024 } });
    await Promise.all(Array.from({ length: 300 }, (_, i) => t.client.addConference(`c${i}`)));
    const order: string[] = [];
    const other = new TestClient(t.service);
    await Promise.all([
      t.client.search('(uid=*)').then(() => order.push('long')),
      other.search('(uid=c5)').then(() => order.push('short')),
    ]);
    expect(order).toEqual(['short', 'long']);
  });

  test('a client that closes its side still gets its answers', async () => {
    using t = testService();
    const answer = t.client.search('(ou=dynamic)');
    t.client.stream.end();
    expect((await answer).entries).toHaveLength(1);
    await t.client.closed;
  });

  test('connections are counted while they are open', async () => {
    using t = testService({ limits: { maxConnections: 2 } });
    expect(t.service.hasRoom).toBe(true);
    const other = new TestClient(t.service);
    expect(t.service.hasRoom).toBe(false);
    other.stream.destroy();
    await other.closed;
    expect(t.service.connections).toBe(1);
  });
});

/** How many messages the bytes are; throws when they are anything else. */
function wholeMessages(bytes: Uint8Array): number {
  const framer = new LdapFramer();
  framer.handleBytes(bytes);
  let count = 0;
  for (let frame; (frame = framer.pollFrame()) !== undefined; count++) decodeMessage(frame);
  if (framer.buffered > 0) throw new Error('half a message was sent');
  return count;
}

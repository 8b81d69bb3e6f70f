import { describe, expect, test } from 'vitest';
import { BindDelay } from '../../../directory/server/bind-delay.ts';
import { LdapConnection } from '../../../directory/server/connection.ts';
import { accountDn, makeSecret, networkPeer } from '../../../directory/server/index.ts';
import { IN_PROCESS } from '../../../directory/server/peer.ts';
import {
  type BindRequest,
  encodeMessage,
  EXTENDED,
  parseFilter,
  persistentSearchControl,
  RESULT,
  utf8Bytes,
} from '../../../src/ldap/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { addRequest, conferenceDn, searchRequest, TestClient, testService } from './support.ts';

const peer = networkPeer('192.0.2.1', 4000);
const secret = await makeSecret('hush');

const simple = (name: string, password: string): BindRequest => ({
  type: 'bindRequest',
  version: 3,
  name: accountDn(name),
  authentication: { kind: 'simple', password: utf8Bytes(password) },
});
const turns = async (count = 20): Promise<void> => {
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
};
/** Whether a promise is fulfilled by now, without waiting for time. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(
    () => (done = true),
    () => (done = true),
  );
  await turns();
  return done;
}
/** The text of the notice that a client was sent off with. */
function noticeOf({ notices }: TestClient): unknown {
  const [notice] = notices;
  return notice?.op.type === 'extendedResponse' && notice.op.responseName === EXTENDED.noticeOfDisconnection
    ? [notice.op.resultCode, notice.op.diagnosticMessage]
    : undefined;
}

describe('guessing passwords', () => {
  test('costs twice the time after each failure, once three are over', async () => {
    const clock = new FakeClock();
    const delay = new BindDelay(clock);
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      const turn = delay.turn('a');
      let waited = 0;
      while (!(await isDone(turn))) {
        clock.advance(50);
        waited += 50;
      }
      waits.push(waited);
      delay.failed('a');
    }
    expect(waits).toEqual([0, 0, 0, 250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    expect(await isDone(delay.turn('b'))).toBe(true);
  });

  test('many connections at once gain nothing, and too many are refused', async () => {
    const clock = new FakeClock();
    const delay = new BindDelay(clock);
    for (let i = 0; i < 9; i++) delay.failed('a'); // 15 s for each attempt
    const attempts = Array.from({ length: 4 }, () => delay.turn('a'));
    await expect(attempts[2]).rejects.toThrow(/too many failed binds.*try again in 45 s/);
    await expect(attempts[3]).rejects.toThrow(/try again/);
    clock.advance(15_000);
    expect([await isDone(attempts[0]!), await isDone(attempts[1]!)]).toEqual([true, false]);
    clock.advance(15_000);
    expect(await isDone(attempts[1]!)).toBe(true);
  });

  test('is forgiven after a while, one failure a minute', async () => {
    const clock = new FakeClock();
    const delay = new BindDelay(clock);
    for (let i = 0; i < 5; i++) delay.failed('a');
    clock.advance(3 * 60_000);
    expect(await isDone(delay.turn('a'))).toBe(true);
    delay.failed('a');
    expect(await isDone(delay.turn('a'))).toBe(false);
    delay.close();
  });

  test('the table of addresses is bounded: who failed longest ago is forgotten', () => {
    const delay = new BindDelay(new FakeClock(), 100);
    for (let i = 0; i < 1000; i++) delay.failed(`192.0.2.${i}`);
    expect(delay.size).toBe(100);
  });

  test('the right password waits behind it too, from that address only', async () => {
    using t = testService();
    t.service.principals.add('ann', secret);
    const client = new TestClient(t.service, peer);
    for (let i = 0; i < 3; i++) {
      expect((await client.request(simple('ann', 'wrong'))).code).toBe(RESULT.invalidCredentials);
    }
    const right = client.request(simple('ann', 'hush'));
    expect(await isDone(right)).toBe(false);
    const other = new TestClient(t.service, networkPeer('192.0.2.2', 4000));
    expect((await other.request(simple('ann', 'hush'))).code).toBe(RESULT.success);
    t.clock.advance(250);
    expect((await right).code).toBe(RESULT.success);
  });

  test('one network of IPv6 is one address', () => {
    const { address } = networkPeer('2001:db8:0:1::5', 1);
    expect(networkPeer('2001:db8::1:ffff:0:0:1', 1).address).toBe(address);
    expect(networkPeer('2001:db8:0:2::5', 1).address).not.toBe(address);
    expect(networkPeer('::ffff:192.0.2.1', 1).address).toBe('192.0.2.1');
  });
});

describe('connections', () => {
  test('from one address are limited, and the one too many is told', async () => {
    using t = testService({ limits: { maxConnectionsPerAddress: 2 } });
    const clients = Array.from({ length: 3 }, () => new TestClient(t.service, peer));
    await clients[2]!.closed;
    expect(noticeOf(clients[2]!)).toEqual([RESULT.unavailable, expect.stringContaining('192.0.2.1')]);
    const other = new TestClient(t.service, networkPeer('192.0.2.2', 1));
    expect((await other.read(''))?.dn).toBe('');
    clients[0]!.stream.destroy();
    await clients[0]!.closed;
    expect((await new TestClient(t.service, peer).read(''))?.dn).toBe('');
    expect(t.service.counters.refused).toBe(1);
  });

  test('are ended when nothing is asked for a long time, but not while a search follows changes', async () => {
    using t = testService({ limits: { idleSeconds: 100 } });
    const idle = new TestClient(t.service, peer);
    const busy = new TestClient(t.service, peer);
    const own = new TestClient(t.service, IN_PROCESS);
    const follower = new TestClient(t.service, peer);
    const follow = { changeTypes: new Set(['add'] as const), changesOnly: true, returnChanges: true };
    follower.send(searchRequest('(uid=*)'), [persistentSearchControl(follow)]);
    await Promise.all([idle, busy, own].map((client) => client.read('')));
    for (let i = 0; i < 3; i++) {
      t.clock.advance(45_000);
      await busy.read('');
    }
    await idle.closed;
    expect(noticeOf(idle)).toEqual([
      RESULT.unavailable,
      expect.stringContaining('nothing was asked for 100 s'),
    ]);
    expect([(await busy.read(''))?.dn, (await own.read(''))?.dn]).toEqual(['', '']);
    expect([follower.stream.destroyed, follower.notices]).toEqual([false, []]);
  });

  test.each([
    ['says nothing at all', new Uint8Array(0)],
    ['begins a message and does not end it', Uint8Array.of(0x30, 0x50, 0x02)],
  ])('are ended soon when the client %s', async (_, bytes) => {
    using t = testService({ limits: { stallSeconds: 20 } });
    const client = new TestClient(t.service, peer);
    client.stream.write(bytes);
    await turns();
    t.clock.advance(10_000);
    await turns();
    expect(client.stream.destroyed).toBe(false);
    t.clock.advance(20_000);
    await client.closed;
    expect(t.service.connections).toBe(1); // the support's own
  });

  test('are ended when a message comes drop by drop', async () => {
    using t = testService({ limits: { stallSeconds: 20 } });
    const client = new TestClient(t.service, peer);
    const bytes = encodeMessage({ messageId: 1, op: searchRequest('(uid=*)') });
    for (let i = 0; i < bytes.length - 1 && !client.stream.destroyed; i++) {
      client.stream.write(bytes.subarray(i, i + 1));
      await turns(2);
      t.clock.advance(2000);
    }
    await client.closed;
    expect(client.notices).toEqual([]);
  });

  test('are ended when the client does not take its answers', async () => {
    using t = testService({ limits: { stallSeconds: 20, outputChunkBytes: 4096 } });
    const blob = 'x'.repeat(2000);
    await Promise.all(
      Array.from({ length: 200 }, (_, i) => t.client.addConference(`c${i}`, { conferenceBlob: blob })),
    );
    const slow = t.service.connect(peer);
    slow.pause();
    slow.write(encodeMessage({ messageId: 1, op: searchRequest('(uid=*)') }));
    await turns(100);
    expect(t.service.connections).toBe(2);
    t.clock.advance(30_000);
    await turns();
    expect(t.service.connections).toBe(1);
  });
});

describe('what waits', () => {
  test('takes a bounded amount of memory over all connections', async () => {
    using t = testService({ limits: { maxBufferedBytes: 100_000 } });
    const half = (): Uint8Array => {
      const whole = encodeMessage({ messageId: 1, op: addRequest('cn=x', { cn: 'x'.repeat(100_000) }) });
      return whole.subarray(0, 60_000);
    };
    const [first, second] = [new TestClient(t.service, peer), new TestClient(t.service, peer)];
    first.stream.write(half());
    await turns();
    second.stream.write(half());
    await second.closed;
    expect(noticeOf(second)).toEqual([RESULT.unavailable, expect.stringContaining('try again later')]);
    first.stream.destroy();
    await first.closed;
    const third = new TestClient(t.service, peer);
    third.stream.write(half());
    await turns();
    expect(third.stream.destroyed).toBe(false); // there is room again
  });

  test('on one connection is no more than one message may be', () => {
    using t = testService({ limits: { maxMessageBytes: 20_000 } });
    const connection = new LdapConnection(t.service, IN_PROCESS, () => {});
    let written = 0;
    for (; connection.wantsInput && written < 100; written++) {
      const op = addRequest(conferenceDn(`c${written}`), { conferenceBlob: 'x'.repeat(5000) });
      connection.handleBytes(encodeMessage({ messageId: written + 1, op }));
    }
    expect(written).toBe(4);
    expect(connection.heldBytes).toBeGreaterThan(20_000);
    connection.close();
    expect(connection.heldBytes).toBe(0);
  });

  test('a filter that is nested too deep ends the session, and is told', async () => {
    using t = testService({ limits: { maxDepth: 30 } });
    const nested = (depth: number): string => '(!'.repeat(depth) + '(uid=x)' + ')'.repeat(depth);
    const op = (depth: number) => ({ ...searchRequest('(uid=x)'), filter: parseFilter(nested(depth)) });
    expect((await t.client.request(op(20))).code).toBe(RESULT.success);
    t.client.send(op(40));
    await t.client.closed;
    expect(noticeOf(t.client)).toEqual([RESULT.protocolError, expect.stringMatching(/nested|deep|depth/)]);
  });
});

describe('entries of one client', () => {
  test('are limited, and there is room again when some are gone', async () => {
    using t = testService({ limits: { maxEntriesPerOwner: 12 } });
    t.service.principals.add('ann', secret);
    const client = new TestClient(t.service, peer);
    await client.request(simple('ann', 'hush'));
    const add = async (name: string): Promise<number> => (await client.addConference(name)).code;
    const codes: number[] = [];
    for (let i = 0; i < 13; i++) codes.push(await add(`c${i}`));
    expect(codes).toEqual([...Array.from({ length: 12 }, () => RESULT.success), RESULT.adminLimitExceeded]);
    expect((await client.addConference('more')).message).toContain('12 entries');
    expect((await t.client.addConference('by another')).code).toBe(RESULT.success);
    await client.request({ type: 'delRequest', entry: conferenceDn('c0') });
    expect(await add('at once')).toBe(RESULT.adminLimitExceeded); // it is not counted at every attempt
    t.clock.advance(5000);
    expect([await add('later'), await add('again')]).toEqual([RESULT.success, RESULT.adminLimitExceeded]);
  });
});

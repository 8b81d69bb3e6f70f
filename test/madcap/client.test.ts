import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncodeError } from '../../src/errors.ts';
import {
  formatMadcapMessage,
  hexOf,
  type LeaseQuery,
  MADCAP_ERROR,
  MADCAP_FEATURE,
  type MadcapOptions,
} from '../../src/madcap/index.ts';
import { anyMessage } from './arbitraries.ts';
import { ClientRig, EPOCH, SCOPE, SERVER } from './rig.ts';

const OTHER = { address: '192.0.2.2', port: 2535 };
const id = Uint8Array.of(0, ...Array.from({ length: 16 }, (_, i) => i));

function requesting(query: Partial<LeaseQuery> = {}): ClientRig {
  const rig = new ClientRig();
  rig.client.request({ family: 4, scope: SCOPE, id, ...query }, rig.now);
  rig.poll();
  return rig;
}
const range = (first: string, count: number): MadcapOptions => ({ addressRanges: [{ first, count }] });

describe('GETINFO', () => {
  const scopeList = [
    { first: SCOPE, last: '239.255.255.255', ttl: 15, names: [] },
    { first: '239.192.0.0', last: '239.195.255.255', ttl: 63, names: [] },
  ];
  const nesting = [
    [false, true],
    [false, false],
  ];

  test('[MAA-01] [MAC-07] asks the servers of the local scope, and takes the answers of all', () => {
    const rig = new ClientRig();
    rig.client.getInfo({ family: 4, language: 'en' }, rig.now);
    rig.poll();
    expect(rig.last).toMatchObject({
      type: 'getinfo',
      to: { address: '239.255.255.254', port: 2535, multicastTtl: 16 },
      options: { optionRequestList: [9, 17], language: 'en' },
    });
    rig.answer('ack', {
      scopeList,
      nesting,
      currentTime: EPOCH + 5,
      featureList: { supported: [1], requested: [], required: [] },
    });
    rig.advance(400);
    rig.answer('ack', { scopeList: [] }, { from: OTHER });
    expect(rig.events).toEqual([]);
    rig.advance(200);
    expect(rig.events).toEqual([
      {
        type: 'info',
        operation: 1,
        answers: [
          { server: SERVER.address, from: SERVER, scopes: scopeList, nesting, features: [1], clockAhead: 5 },
          {
            server: OTHER.address,
            from: OTHER,
            scopes: [],
            nesting: undefined,
            features: undefined,
            clockAhead: undefined,
          },
        ],
      },
    ]);
    expect(rig.client.pollTimeout()).toBeUndefined();
  });

  test('asks for IPv6 at the group of SCOP 3', () => {
    const rig = new ClientRig();
    rig.client.getInfo({ family: 6 }, rig.now);
    rig.poll();
    expect(rig.last).toMatchObject({ family: 6, to: { address: 'ff13::ffff:fffe', multicastTtl: 16 } });
  });

  test('asks one server, whose answer is enough', () => {
    const rig = new ClientRig();
    rig.client.getInfo({ family: 4, server: OTHER }, rig.now);
    rig.poll();
    expect(rig.last.to).toEqual({ ...OTHER, multicastTtl: undefined });
    rig.answer('ack', { scopeList }, { from: OTHER });
    expect(rig.events).toMatchObject([{ type: 'info', answers: [{ server: OTHER.address }] }]);
  });
});

describe('retransmission (RFC 2730 §2.3)', () => {
  test('the same octets after 4, 12 and 28 seconds; given up after 60', () => {
    const rig = requesting();
    rig.advance(59_999);
    expect(rig.sent.map(({ at }) => at)).toEqual([0, 4000, 12_000, 28_000]);
    expect(new Set(rig.sent.map(({ bytes }) => hexOf(bytes))).size).toBe(1);
    expect(rig.events).toEqual([]);
    rig.advance(1);
    expect(rig.events).toEqual([{ type: 'failed', operation: 1, failure: { reason: 'no answer' } }]);
    expect(rig.client.stats).toEqual({ sent: 4, resent: 3, received: 0, ignored: 0 });
  });

  test('nothing is sent again after a NAK', () => {
    const rig = requesting({ server: SERVER });
    rig.advance(5000);
    rig.answer('nak', { error: { code: MADCAP_ERROR.unknownLease } });
    expect(rig.events).toMatchObject([
      { type: 'failed', failure: { reason: 'refused', error: { code: 3 } } },
    ]);
    rig.advance(60_000);
    expect(rig.sent).toHaveLength(2);
  });

  test('a NAK to a question to all leaves the others until the wait is over', () => {
    const rig = requesting();
    rig.answer('nak', { error: { code: MADCAP_ERROR.clockSkew, serverTime: EPOCH + 7200 } });
    expect(rig.events).toEqual([]);
    rig.advance(3000);
    rig.answer('offer', {}, { from: OTHER });
    rig.advance(300);
    expect(rig.last).toMatchObject({ type: 'request', options: { serverIdentifier: OTHER.address } });
  });

  test('where only a NAK came, it is told when the wait is over', () => {
    const rig = requesting();
    rig.answer('nak', { error: { code: MADCAP_ERROR.clockSkew, serverTime: EPOCH + 7200 } });
    rig.advance(4000);
    expect(rig.events).toMatchObject([
      {
        type: 'failed',
        failure: { reason: 'refused', server: SERVER.address, error: { code: 2, serverTime: EPOCH + 7200 } },
      },
    ]);
    expect(rig.sent).toHaveLength(1);
  });

  test('transaction ids do not come twice', () => {
    const rig = new ClientRig();
    for (let i = 0; i < 200; i++) rig.client.release({ family: 4, id, servers: [SERVER] }, rig.now);
    rig.poll();
    expect(new Set(rig.sent.map(({ xid }) => xid)).size).toBe(200);
  });
});

describe('a lease', () => {
  test('[MAA-02] [MAC-06] is discovered, offered, requested and granted', () => {
    const rig = requesting({ ttl: 10 });
    expect(rig.last).toMatchObject({ type: 'discover', options: { scope: SCOPE, leaseIdentifier: id } });
    rig.answer('offer');
    rig.advance(300);
    expect(rig.last).toMatchObject({
      type: 'request',
      to: { address: '239.255.255.254' },
      options: { serverIdentifier: SERVER.address, addressRanges: [{ first: '239.255.1.1', count: 1 }] },
    });
    expect(rig.sent.map(({ xid }) => xid)[0]).not.toBe(rig.last.xid);
    rig.answer('ack');
    expect(rig.events).toEqual([
      {
        type: 'lease',
        operation: 1,
        lease: {
          id,
          family: 4,
          scope: SCOPE,
          server: SERVER.address,
          serverAddress: SERVER,
          addresses: ['239.255.1.1'],
          start: EPOCH,
          stop: EPOCH + 3600,
          ttl: 10,
          features: [],
          clockAhead: undefined,
        },
      },
    ]);
    expect(rig.client.pollTimeout()).toBeUndefined();
  });

  test('[MAC-05] asks for start, duration, least and wanted number', () => {
    const rig = requesting({
      count: 4,
      minimumCount: 2,
      start: EPOCH + 100,
      latestStart: EPOCH + 200,
      seconds: 3600,
      minimumSeconds: 600,
      ranges: [{ first: '239.255.9.0', count: 4 }],
    });
    expect(rig.last.options).toMatchObject({
      addressCount: { minimum: 2, desired: 4 },
      startTime: EPOCH + 100,
      maximumStartTime: EPOCH + 200,
      leaseTime: 3600,
      minimumLeaseTime: 600,
      addressRanges: [{ first: '239.255.9.0', count: 4 }],
      currentTime: EPOCH,
    });
  });

  test('of a server that is known is requested at once', () => {
    const rig = requesting({ server: OTHER });
    expect(rig.last).toMatchObject({ type: 'request', to: { ...OTHER, multicastTtl: undefined } });
    expect(rig.last.options.serverIdentifier).toBeUndefined();
    rig.answer(
      'ack',
      { startTime: EPOCH + 50, currentTime: EPOCH + 3, ...range('239.255.7.254', 3) },
      { from: OTHER },
    );
    expect(rig.events).toMatchObject([
      {
        type: 'lease',
        lease: {
          addresses: ['239.255.7.254', '239.255.7.255', '239.255.8.0'],
          start: EPOCH + 50,
          stop: EPOCH + 3650,
          clockAhead: 3,
          ttl: 15,
        },
      },
    ]);
  });

  test('that cannot be asked for is refused at once', () => {
    const rig = new ClientRig();
    expect(() => rig.client.request({ family: 4, scope: 'ff13::8000:0', id }, 0)).toThrow(EncodeError);
    expect(() => rig.client.request({ family: 4, scope: SCOPE, id, start: 5, latestStart: 4 }, 0)).toThrow(
      /before the start/,
    );
    expect(rig.client.pollTimeout()).toBeUndefined();
  });
});

describe('the best of several offers', () => {
  test.each<{
    name: string;
    query: Partial<LeaseQuery>;
    one: MadcapOptions;
    other: MadcapOptions;
    best: string;
  }>([
    {
      name: 'has more addresses',
      query: { count: 3, minimumCount: 1 },
      one: range('239.255.1.1', 1),
      other: range('239.255.2.1', 2),
      best: OTHER.address,
    },
    {
      name: 'lasts longer',
      query: { seconds: 9000 },
      one: { leaseTime: 100 },
      other: { leaseTime: 200 },
      best: OTHER.address,
    },
    {
      name: 'starts nearer to what was wanted',
      query: { start: EPOCH + 10, latestStart: EPOCH + 900 },
      one: { startTime: EPOCH + 500, currentTime: EPOCH },
      other: { startTime: EPOCH + 100, currentTime: EPOCH },
      best: OTHER.address,
    },
    { name: 'came first', query: { seconds: 9000 }, one: {}, other: {}, best: SERVER.address },
    {
      name: 'is not shorter than it may be',
      query: { seconds: 9000, minimumSeconds: 500 },
      one: { leaseTime: 499 },
      other: { leaseTime: 500 },
      best: OTHER.address,
    },
    {
      name: 'has as many as are needed',
      query: { count: 3, minimumCount: 2 },
      one: range('239.255.1.1', 1),
      other: range('239.255.2.1', 2),
      best: OTHER.address,
    },
    {
      name: 'does not start too late',
      query: { start: EPOCH, latestStart: EPOCH + 9 },
      one: { startTime: EPOCH + 10, currentTime: EPOCH },
      other: { startTime: EPOCH + 9, currentTime: EPOCH },
      best: OTHER.address,
    },
    {
      name: 'is of the scope',
      query: { seconds: 9000 },
      one: { scope: '239.192.0.0' },
      other: {},
      best: OTHER.address,
    },
  ])('$name', ({ query, one, other, best }) => {
    const rig = requesting(query);
    const discover = rig.last;
    rig.answer('offer', one, { to: discover });
    rig.answer('offer', other, { to: discover, from: OTHER });
    rig.advance(3999);
    expect(rig.sent).toHaveLength(1); // none has all: whoever else there is has until the delay ends
    rig.advance(1);
    expect(rig.last).toMatchObject({ type: 'request', options: { serverIdentifier: best } });
  });

  test('is the next best when the server has thought better of it', () => {
    const rig = requesting();
    const discover = rig.last;
    rig.answer('offer', {}, { to: discover });
    rig.answer('offer', {}, { to: discover, from: OTHER });
    rig.advance(300);
    rig.answer('nak', { error: { code: MADCAP_ERROR.notCompletable } }, { from: OTHER });
    expect(rig.last.options.serverIdentifier).toBe(SERVER.address); // not whom we asked
    rig.answer('nak', { error: { code: MADCAP_ERROR.notCompletable } });
    expect(rig.last).toMatchObject({ type: 'request', options: { serverIdentifier: OTHER.address } });
    rig.answer('nak', { error: { code: MADCAP_ERROR.notCompletable } }, { from: OTHER });
    expect(rig.events).toMatchObject([
      { type: 'failed', failure: { reason: 'refused', server: OTHER.address } },
    ]);
  });

  test('comes too late after the request', () => {
    const rig = requesting();
    const discover = rig.last;
    rig.answer('offer', {}, { to: discover });
    rig.advance(300);
    rig.answer('offer', {}, { to: discover, from: OTHER });
    expect(rig.client.stats.ignored).toBe(1);
  });

  test('holds for a minute: a server that is silent then is given back what it may have granted', () => {
    const rig = requesting();
    const discover = rig.last;
    rig.answer('offer', {}, { to: discover });
    rig.answer('offer', {}, { to: discover, from: OTHER });
    rig.advance(60_300);
    expect(rig.events).toMatchObject([{ type: 'failed', failure: { reason: 'no answer' } }]);
    expect(rig.last).toMatchObject({ type: 'release', to: SERVER, options: { leaseIdentifier: id } });
  });
});

describe('Retry After (RFC 2730 §2.13.2)', () => {
  const later = (rig: ClientRig, seconds: number): void =>
    rig.answer('ack', {
      addressRanges: [],
      retryTime: rig.unix + 500 + seconds,
      currentTime: rig.unix + 500,
    });

  test('the same request at the time that the server said, with a new transaction id', () => {
    const rig = requesting({ server: SERVER, retryForMs: 60_000 });
    const first = rig.last;
    later(rig, 30);
    expect(rig.events).toEqual([{ type: 'retry', operation: 1, at: EPOCH + 30, server: SERVER.address }]);
    rig.advance(29_999);
    expect(rig.sent).toHaveLength(1);
    rig.advance(1);
    expect(rig.last).toMatchObject({ type: 'request', options: first.options });
    expect(rig.last.xid).not.toBe(first.xid);
    rig.answer('ack');
    expect(rig.events.at(-1)).toMatchObject({ type: 'lease' });
  });

  test('after a DISCOVER the server that said it is asked directly', () => {
    const rig = requesting({ retryForMs: 60_000 });
    rig.answer('offer');
    rig.advance(300);
    later(rig, 10);
    rig.advance(10_000);
    expect(rig.last).toMatchObject({ type: 'request', to: { ...SERVER, multicastTtl: undefined } });
  });

  test('a renewal too', () => {
    const rig = new ClientRig();
    rig.client.renew({ family: 4, id, servers: [SERVER], retryForMs: 60_000 }, 0);
    rig.poll();
    later(rig, 10);
    rig.advance(10_000);
    expect(rig.sent.map(({ type }) => type)).toEqual(['renew', 'renew']);
    rig.answer('ack');
    expect(rig.events.map(({ type }) => type)).toEqual(['retry', 'lease']);
  });

  test('a wait longer than wanted is told instead', () => {
    const rig = requesting({ server: SERVER });
    later(rig, 30);
    expect(rig.events).toEqual([
      {
        type: 'failed',
        operation: 1,
        failure: { reason: 'try later', server: SERVER.address, retryTime: EPOCH + 30 },
      },
    ]);
    rig.advance(100_000);
    expect(rig.sent).toHaveLength(1);
  });
});

describe('renewal and release', () => {
  const start = (type: 'renew' | 'release', servers = [SERVER]): ClientRig => {
    const rig = new ClientRig();
    rig.client[type]({ family: 4, id, servers }, rig.now);
    rig.poll();
    return rig;
  };

  test('[MAA-03] [MAC-04] RENEW names the lease by its identifier alone', () => {
    const rig = new ClientRig();
    rig.client.renew({ family: 4, id, servers: [SERVER], seconds: 7200 }, rig.now);
    rig.poll();
    expect(rig.last).toMatchObject({ type: 'renew', to: { ...SERVER, multicastTtl: undefined } });
    expect(Object.keys(rig.last.options)).toEqual(['leaseTime', 'leaseIdentifier', 'featureList']);
    rig.answer('ack', { leaseTime: 7200 });
    expect(rig.events).toMatchObject([{ type: 'lease', lease: { id, stop: EPOCH + 7200 } }]);
  });

  test('[MAA-04] [MAC-04] RELEASE too', () => {
    const rig = start('release');
    expect(Object.keys(rig.last.options)).toEqual(['leaseIdentifier', 'featureList']);
    rig.answer('ack');
    expect(rig.events).toEqual([{ type: 'released', operation: 1, id }]);
  });

  test.each(['renew', 'release'] as const)(
    '%s of a mobile lease goes to the next server (RFC 2730 §2.13.1)',
    (type) => {
      const silent = start(type, [SERVER, OTHER]);
      silent.advance(60_000);
      expect(silent.last.to).toMatchObject(OTHER);
      const ignorant = start(type, [SERVER, OTHER]);
      ignorant.answer('nak', { error: { code: MADCAP_ERROR.unknownLease } });
      expect(ignorant.last.to).toMatchObject(OTHER);
      ignorant.answer('nak', { error: { code: MADCAP_ERROR.notCompletable } }, { from: OTHER });
      expect(ignorant.events).toMatchObject([{ type: 'failed', failure: { server: OTHER.address } }]);
    },
  );

  test('without a server there is nobody to ask', () => {
    expect(start('release', []).events).toMatchObject([{ type: 'failed', failure: { reason: 'no answer' } }]);
  });

  test('what is given up ends at once, and what may have been granted is given back', () => {
    const rig = requesting({ server: SERVER });
    rig.client.cancel(1, rig.now);
    rig.poll();
    expect(rig.events).toMatchObject([{ type: 'failed', failure: { reason: 'cancelled' } }]);
    expect(rig.last.type).toBe('release');
    rig.answer('ack', {}, { to: rig.sent[0] });
    expect(rig.events).toHaveLength(1);
    const discovering = requesting();
    discovering.client.cancel(1, 0);
    discovering.poll();
    expect(discovering.sent).toHaveLength(1); // nobody was asked to grant anything
  });
});

describe('bad messages are overlooked (RFC 2730 §2.6)', () => {
  test.each<{ name: string; options?: MadcapOptions; change?: (bytes: Uint8Array) => void }>([
    { name: 'another transaction', change: (bytes) => bytes.set([9, 9, 9, 9], 4) },
    { name: 'another family', change: (bytes) => bytes.set([2], 3) },
    { name: 'another version', change: (bytes) => bytes.set([1], 0) },
    { name: 'an offer instead of an ACK', change: (bytes) => bytes.set([2], 1) },
    { name: 'a message that only clients send', change: (bytes) => bytes.set([3], 1) },
    { name: 'another lease', options: { leaseIdentifier: Uint8Array.of(1) } },
    { name: 'another scope', options: { scope: '239.192.0.0' } },
    { name: 'addresses that are no groups', options: { addressRanges: [{ first: '192.0.2.1', count: 1 }] } },
    {
      name: 'addresses beyond the groups',
      options: { addressRanges: [{ first: '239.255.255.255', count: 2 }] },
    },
    {
      name: 'the same address twice',
      options: {
        addressRanges: [
          { first: '239.255.1.1', count: 2 },
          { first: '239.255.1.2', count: 1 },
        ],
      },
    },
    {
      name: 'more addresses than can be asked for',
      options: {
        addressRanges: [
          { first: '239.0.0.0', count: 65_535 },
          { first: '239.2.0.0', count: 1 },
        ],
      },
    },
    { name: 'no addresses and no time to retry', options: { addressRanges: [] } },
    { name: 'a start without the current time', options: { startTime: EPOCH } },
    {
      name: 'a feature that nobody has heard of',
      options: { featureList: { supported: [], requested: [], required: [99] } },
    },
  ])('$name', ({ options, change }) => {
    const rig = requesting({ server: SERVER });
    const good = formatMadcapMessage({
      type: 'ack',
      family: 4,
      xid: rig.last.xid,
      options: {
        leaseIdentifier: id,
        serverIdentifier: SERVER.address,
        scope: SCOPE,
        leaseTime: 60,
        ...range('239.255.1.1', 1),
        ...options,
      },
    });
    change?.(good);
    rig.receive(good);
    rig.receive(good.subarray(0, good.length - 5));
    expect(rig.events).toEqual([]);
    expect(rig.client.stats.ignored).toBe(2);
    rig.answer('ack');
    expect(rig.events).toMatchObject([{ type: 'lease' }]);
  });

  test('whatever servers answer, an operation ends once', () => {
    const begin = fc.constantFrom('getInfo', 'request', 'direct', 'renew', 'release');
    fc.assert(
      fc.property(
        begin,
        fc.array(fc.tuple(anyMessage, fc.nat(9000)), { maxLength: 10 }),
        (kind, messages) => {
          const rig = new ClientRig();
          const servers = [SERVER, OTHER];
          if (kind === 'getInfo') rig.client.getInfo({ family: 4 }, 0);
          else if (kind === 'renew') rig.client.renew({ family: 4, id, servers }, 0);
          else if (kind === 'release') rig.client.release({ family: 4, id, servers }, 0);
          else {
            const server = kind === 'direct' ? { server: SERVER } : {};
            rig.client.request({ family: 4, scope: SCOPE, id, count: 2, minimumCount: 1, ...server }, 0);
          }
          rig.poll();
          for (const [message, wait] of messages) {
            const { xid, options } = rig.last;
            const own = options.leaseIdentifier ?? id;
            rig.receive(
              formatMadcapMessage({ ...message, xid, options: { ...message.options, leaseIdentifier: own } }),
            );
            rig.advance(wait);
          }
          rig.advance(1_000_000);
          expect(rig.events.filter(({ type }) => type !== 'retry')).toHaveLength(1);
          expect(rig.client.pollTimeout()).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a second answer', () => {
    const rig = requesting({ server: SERVER });
    const request = rig.last;
    rig.answer('ack');
    rig.answer('ack', {}, { to: request });
    expect(rig.events).toHaveLength(1);
  });

  test('features in use are told', () => {
    const rig = requesting({
      server: SERVER,
      features: { required: [MADCAP_FEATURE.sharedLeaseIdentifier] },
    });
    expect(rig.last.options.featureList).toEqual({ supported: [0, 1, 2], requested: [], required: [2] });
    rig.answer('ack', { featureList: { supported: [0, 1, 2], requested: [], required: [2] } });
    expect(rig.events).toMatchObject([{ lease: { features: [2] } }]);
  });
});

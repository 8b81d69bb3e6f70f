import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidValueError } from '../../src/errors.ts';
import {
  countAddresses,
  formatMadcapMessage,
  MADCAP_FEATURE,
  type MadcapOptions,
  MadcapServer,
  MemoryLeaseStore,
  type ServedScope,
} from '../../src/madcap/index.ts';
import { anyMessage } from './arbitraries.ts';
import { EPOCH } from './rig.ts';
import { addressOf, CLIENT, errorOf, ID, OWN, servedScope, ServerRig, smallScope } from './server-rig.ts';

const otherId = Uint8Array.of(0, ...Array.from({ length: 16 }, (_, i) => i + 100));
const retryAfter: MadcapOptions = { featureList: { supported: [1], requested: [], required: [] } };

describe('a server grants', () => {
  test('[MAA-02] what it offered', () => {
    const rig = new ServerRig();
    const offer = rig.ask('discover', { leaseTime: 3600 });
    expect(offer).toMatchObject({
      type: 'offer',
      xid: 1,
      options: { leaseTime: 3600, serverIdentifier: OWN, leaseIdentifier: ID, scope: '239.255.0.0' },
    });
    const ack = rig.ask('request', { leaseTime: 3600, serverIdentifier: OWN }, { multicast: true });
    expect(ack).toMatchObject({ type: 'ack', xid: 2, options: { leaseTime: 3600 } });
    expect(addressOf(ack)).toBe(addressOf(offer));
    expect(rig.store.size).toBe(1);
    expect(rig.server.offers).toBe(0);
    expect(rig.events.map(({ type }) => type)).toEqual(['offered', 'granted']);
  });

  test('[MAC-04] to a REQUEST that comes straight away, as long as it likes', () => {
    const rig = new ServerRig();
    expect(rig.ask('request')?.options).toMatchObject({ leaseTime: 86_400 });
    expect([...rig.store.all()]).toMatchObject([
      { start: EPOCH, stop: EPOCH + 86_400, client: CLIENT.address },
    ]);
  });

  test('the same to whoever asks again for the same lease', () => {
    const rig = new ServerRig();
    const first = rig.ask('request', { leaseTime: 3600 });
    rig.now = 200_000; // the answer is not kept any more
    const second = rig.ask('request', { leaseTime: 3600 });
    expect(addressOf(second)).toBe(addressOf(first));
    expect(second?.options.leaseTime).toBe(3400);
    expect(addressOf(rig.ask('discover'))).toBe(addressOf(first));
    expect(rig.store.size).toBe(1);
  });

  test('several addresses, beside each other where there is room', () => {
    const rig = new ServerRig();
    const ack = rig.ask('request', { addressCount: { minimum: 2, desired: 10 } });
    expect(ack?.options.addressRanges).toMatchObject([{ count: 10 }]);
  });

  test('fewer than desired when there are no more, but never fewer than the minimum', () => {
    const rig = new ServerRig({ scopes: [smallScope(5)] });
    expect(
      countAddresses(
        rig.ask('request', { addressCount: { minimum: 2, desired: 10 } })?.options.addressRanges ?? [],
      ),
    ).toBe(5);
    expect(
      errorOf(rig.ask('request', { leaseIdentifier: otherId, addressCount: { minimum: 6, desired: 10 } })),
    ).toEqual({ code: 0, option: 7 });
  });

  test('a lease that begins later, and says so', () => {
    const rig = new ServerRig();
    const start = EPOCH + 5000;
    const ack = rig.ask('request', { startTime: start, leaseTime: 60, currentTime: EPOCH });
    expect(ack?.options).toMatchObject({ startTime: start, leaseTime: 60, currentTime: EPOCH });
    expect([...rig.store.all()]).toMatchObject([{ start, stop: start + 60 }]);
  });

  test('the next time that will do when the first is taken', () => {
    const rig = new ServerRig({ scopes: [smallScope(1)] });
    rig.ask('request', { leaseTime: 1000 });
    const late = EPOCH + 1000 + 2 * 3600;
    const ask = (latest: number) =>
      rig.ask('request', {
        leaseIdentifier: otherId,
        leaseTime: 60,
        startTime: EPOCH,
        maximumStartTime: latest,
        currentTime: EPOCH,
      });
    expect(errorOf(ask(late - 1))).toEqual({ code: 0 });
    expect(ask(late)?.options).toMatchObject({ startTime: late });
  });

  test('the shorter time that will do when the longer is taken', () => {
    const rig = new ServerRig({ scopes: [smallScope(1)] });
    rig.ask('request', { startTime: EPOCH + 10_000, leaseTime: 60, currentTime: EPOCH });
    const ask = (minimumLeaseTime: number) =>
      rig.ask('request', { leaseIdentifier: otherId, leaseTime: 9000, minimumLeaseTime });
    expect(errorOf(ask(2801))).toEqual({ code: 0 });
    expect(ask(2800)?.options.leaseTime).toBe(2800);
  });

  test('only of the ranges that are asked for', () => {
    const rig = new ServerRig();
    const ranges = [{ first: '239.255.7.9', count: 1 }];
    expect(addressOf(rig.ask('request', { addressRanges: ranges }))).toBe('239.255.7.9');
    expect(errorOf(rig.ask('request', { leaseIdentifier: otherId, addressRanges: ranges }))).toEqual({
      code: 0,
      option: 10,
    });
    const elsewhere = [{ first: '239.1.0.0', count: 5 }];
    expect(errorOf(rig.ask('request', { leaseIdentifier: otherId, addressRanges: elsewhere }))).toEqual({
      code: 0,
      option: 10,
    });
  });
});

describe('addresses', () => {
  test('never of the last /24, the excluded, or those in use (RFC 2365 §9)', () => {
    const rig = new ServerRig({
      scopes: [smallScope(8)].map((it) => ({
        ...it,
        exclusions: [{ first: '239.255.0.2', last: '239.255.0.3' }],
      })),
      isInUse: (address) => address === '239.255.0.5',
    });
    const ack = rig.ask('request', { addressCount: { minimum: 1, desired: 100 } });
    expect(ack?.options.addressRanges).toEqual([
      { first: '239.255.0.0', count: 2 },
      { first: '239.255.0.4', count: 1 },
      { first: '239.255.0.6', count: 2 },
    ]);
  });

  test('are drawn at random, in both families', () => {
    const scopes = [servedScope(), servedScope({ first: 'ff13::8000:0', last: 'ff13::ffff:ffff' })];
    const rig = new ServerRig({ scopes });
    const draw = (i: number, scope: string, family: 4 | 6) =>
      addressOf(rig.ask('request', { leaseIdentifier: Uint8Array.of(family, i), scope }, { family }));
    for (const [scope, family] of [
      ['239.255.0.0', 4],
      ['ff13::8000:0', 6],
    ] as const) {
      const drawn = Array.from({ length: 100 }, (_, i) => draw(i, scope, family) ?? '');
      expect(new Set(drawn).size).toBe(100);
      const thirds = new Set(drawn.map((it) => it.slice(0, family === 4 ? 10 : 9)));
      expect(thirds.size).toBeGreaterThan(20);
    }
  });

  test.each<{ name: string; scopes: ServedScope[]; why: RegExp }>([
    { name: 'of no group', scopes: [servedScope({ first: '10.0.0.0' })], why: /no multicast/ },
    {
      name: 'that senders choose themselves',
      scopes: [servedScope({ first: '232.1.0.0', last: '232.1.255.255' })],
      why: /source-specific/,
    },
    {
      name: 'of IPv6 that senders choose themselves',
      scopes: [servedScope({ first: 'ff35::8000:0', last: 'ff35::ffff:ffff' })],
      why: /source-specific/,
    },
    { name: 'of two families', scopes: [servedScope({ last: 'ff13::1' })], why: /one address family/ },
    { name: 'too small', scopes: [servedScope({ last: '239.255.0.255' })], why: /nothing to lease/ },
    { name: 'backwards', scopes: [servedScope({ last: '239.254.0.0' })], why: /nothing to lease/ },
    { name: 'twice', scopes: [servedScope(), servedScope()], why: /twice/ },
    {
      name: 'that overlap',
      scopes: [servedScope(), servedScope({ first: '239.255.128.0' })],
      why: /overlaps/,
    },
    {
      name: 'with an exclusion of the other family',
      scopes: [servedScope({ exclusions: [{ first: 'ff13::1', last: 'ff13::2' }] })],
      why: /excludes/,
    },
    { name: 'without a TTL', scopes: [servedScope({ ttl: 0 })], why: /TTL 0/ },
    { name: 'with leases of no time', scopes: [servedScope({ maximumSeconds: 0 })], why: /0 seconds/ },
    {
      name: 'with two default names',
      scopes: [
        servedScope({ names: ['a', 'b'].map((language) => ({ language, name: 'x', isDefault: true })) }),
      ],
      why: /default name/,
    },
  ])('are not served of scopes $name', ({ scopes, why }) => {
    const make = (): unknown =>
      new MadcapServer({ scopes, store: new MemoryLeaseStore(), random: () => 0, unixSeconds: () => EPOCH });
    expect(make).toThrow(InvalidValueError);
    expect(make).toThrow(why);
  });
});

describe('offers', () => {
  test('hold their addresses for a minute', () => {
    const rig = new ServerRig({ scopes: [smallScope(1)] });
    expect(rig.ask('discover')).toBeDefined();
    expect(rig.ask('discover', { leaseIdentifier: otherId })).toBeUndefined();
    rig.advance(59_999);
    expect(rig.ask('discover', { leaseIdentifier: otherId })).toBeUndefined();
    rig.advance(1);
    expect(rig.ask('discover', { leaseIdentifier: otherId })).toBeDefined();
  });

  test('are free again when the client takes another server’s (RFC 2730 §2.2.3)', () => {
    const rig = new ServerRig({ scopes: [smallScope(1)] });
    rig.ask('discover');
    expect(rig.ask('request', { serverIdentifier: '192.0.2.2' }, { multicast: true })).toBeUndefined();
    expect(rig.store.size).toBe(0);
    expect(rig.ask('discover', { leaseIdentifier: otherId })).toBeDefined();
  });

  test('that were taken meanwhile are made good with other addresses', () => {
    const inUse = new Set<string>();
    const rig = new ServerRig({ isInUse: (address) => inUse.has(address) });
    const offered = addressOf(rig.ask('discover')) ?? '';
    inUse.add(offered);
    const granted = addressOf(rig.ask('request', { serverIdentifier: OWN }));
    expect(granted).toBeDefined();
    expect(granted).not.toBe(offered);
  });
});

describe('answers are repeated, not worked out again (RFC 2730 §2.1.4)', () => {
  test('for two minutes, by transaction, type and lease', () => {
    const rig = new ServerRig();
    const first = rig.ask('request', {}, { xid: 9 });
    rig.now = 119_000;
    expect(rig.ask('request', {}, { xid: 9 })).toEqual(first);
    expect(rig.server.stats.replayed).toBe(1);
    rig.ask('release', {}, { xid: 9 });
    expect(rig.store.size).toBe(0);
    expect(rig.ask('request', {}, { xid: 9 })).toEqual(first); // a late copy grants nothing
    expect(rig.store.size).toBe(0);
    expect(rig.ask('release', {}, { xid: 9 })?.type).toBe('ack');
    rig.now = 240_000;
    expect(errorOf(rig.ask('release', {}, { xid: 9 }))).toEqual({ code: 3 });
  });

  test('for each client as far as memory allows', () => {
    const rig = new ServerRig({ limits: { messagesPerSecond: Infinity } });
    for (let i = 0; i < 600; i++) rig.ask('renew');
    expect(rig.server.cached).toBe(512);
    rig.ask('renew', {}, { from: { address: '192.0.2.78', port: 1 } });
    expect(rig.server.cached).toBe(513);
  });
});

describe('a server says no', () => {
  test.each<{ name: string; ask: (rig: ServerRig) => unknown; error: unknown }>([
    {
      name: 'to a scope that it has not',
      ask: (rig) => rig.ask('request', { scope: '239.192.0.0' }),
      error: { code: 0, option: 4 },
    },
    {
      name: 'to longer leases than there are',
      ask: (rig) => rig.ask('request', { leaseTime: 10 ** 6, minimumLeaseTime: 86_401 }),
      error: { code: 0, option: 14 },
    },
    {
      name: 'to a lease of no time',
      ask: (rig) => rig.ask('request', { leaseTime: 0 }),
      error: { code: 0, option: 1 },
    },
    {
      name: 'to a lease too far ahead',
      ask: (rig) => rig.ask('request', { startTime: EPOCH + 400 * 86_400, currentTime: EPOCH }),
      error: { code: 0, option: 6 },
    },
    {
      name: 'to a start that is over',
      ask: (rig) => rig.ask('request', { startTime: EPOCH - 4000, currentTime: EPOCH }),
      error: { code: 0, option: 15 },
    },
    {
      name: 'to more addresses than one may have',
      ask: (rig) => rig.ask('request', { addressCount: { minimum: 257, desired: 300 } }),
      error: { code: 0, option: 7 },
    },
    {
      name: 'to a start without the current time',
      ask: (rig) => rig.ask('request', { startTime: EPOCH }),
      error: { code: 1, option: 11 },
    },
    {
      name: 'to a GETINFO that asks for nothing',
      ask: (rig) => rig.ask('getinfo'),
      error: { code: 1, option: 5 },
    },
    {
      name: 'to a multicast REQUEST for nobody',
      ask: (rig) => rig.ask('request', {}, { multicast: true }),
      error: { code: 1, option: 2 },
    },
    {
      name: 'to a clock that is behind',
      ask: (rig) => rig.ask('request', { currentTime: EPOCH - 1801 }),
      error: { code: 2, serverTime: EPOCH },
    },
    {
      name: 'to a clock that is ahead',
      ask: (rig) => rig.ask('discover', { currentTime: EPOCH + 1801 }),
      error: { code: 2, serverTime: EPOCH },
    },
    { name: 'to the renewal of no lease', ask: (rig) => rig.ask('renew'), error: { code: 3 } },
    { name: 'to the release of no lease', ask: (rig) => rig.ask('release'), error: { code: 3 } },
    {
      name: 'to a feature that it has not',
      ask: (rig) =>
        rig.ask('request', { featureList: { supported: [], requested: [], required: [0, 2, 77] } }),
      error: { code: 4, features: [0, 77] },
    },
    {
      name: 'to another lease under the same identifier',
      ask: (rig) => (rig.ask('request'), rig.ask('request', { addressCount: { minimum: 2, desired: 2 } })),
      error: { code: 1, option: 3 },
    },
  ])('$name', ({ ask, error }) => {
    const rig = new ServerRig();
    const nak = ask(rig);
    expect(nak).toMatchObject({
      type: 'nak',
      options: { error, serverIdentifier: OWN, leaseIdentifier: ID },
    });
    expect(rig.events.at(-1)).toMatchObject({ type: 'refused' });
  });

  test('a clock within half an hour will do', () => {
    const rig = new ServerRig();
    expect(rig.ask('request', { currentTime: EPOCH - 1800 })?.type).toBe('ack');
  });

  test.each([{ scope: '239.192.0.0' }, { featureList: { supported: [], requested: [], required: [77] } }])(
    'but not to all where another server may say yes: %o',
    (options) => expect(new ServerRig().ask('discover', options)).toBeUndefined(),
  );

  test('to what cannot be read, naming the option', () => {
    const rig = new ServerRig();
    const bytes = formatMadcapMessage({
      type: 'renew',
      family: 4,
      xid: 5,
      options: { leaseTime: 1, leaseIdentifier: ID },
    });
    bytes.set([0, 3], 10); // a lease time of three octets: the rest makes no sense either
    expect(rig.receive(bytes)).toBeUndefined(); // whose lease it is about is lost
    const whole = Uint8Array.from([0, 4, 0, 1, 0, 0, 0, 5, 0, 3, 0, 2, 7, 7, 0, 1, 0, 1, 9, 0, 0, 0, 0]);
    expect(rig.receive(whole)).toMatchObject({ type: 'nak', options: { error: { code: 1, option: 1 } } });
  });

  test.each([
    { name: 'an ACK', type: 5 },
    { name: 'an OFFER', type: 2 },
    { name: 'a NAK', type: 6 },
  ])('never to $name, readable or not', ({ type }) => {
    const rig = new ServerRig();
    const good = [0, type, 0, 1, 0, 0, 0, 5, 0, 3, 0, 2, 7, 7, 0, 0, 0, 0];
    const bad = [0, type, 0, 1, 0, 0, 0, 5, 0, 3, 0, 2, 7, 7, 0, 1, 0, 1, 9, 0, 0, 0, 0];
    expect(rig.receive(Uint8Array.from(good))).toBeUndefined();
    expect(rig.receive(Uint8Array.from(bad))).toBeUndefined();
    expect(rig.server.stats.ignored).toBe(2);
  });
});

describe('a range that is full', () => {
  const fill = (): ServerRig => {
    const rig = new ServerRig({ scopes: [smallScope(2)] });
    rig.ask('request', { addressCount: { minimum: 2, desired: 2 }, leaseTime: 600 });
    return rig;
  };

  test('says when to ask again to who understands it (RFC 2730 §2.13.2)', () => {
    const rig = fill();
    const ack = rig.ask('request', { leaseIdentifier: otherId, ...retryAfter });
    expect(ack).toMatchObject({
      type: 'ack',
      options: {
        addressRanges: [],
        retryTime: EPOCH + 60,
        currentTime: EPOCH,
        featureList: { supported: [1, 2], requested: [], required: [MADCAP_FEATURE.retryAfter] },
      },
    });
    expect(rig.store.size).toBe(1);
  });

  test('is refused to who does not', () => {
    expect(errorOf(fill().ask('request', { leaseIdentifier: otherId }))).toEqual({ code: 0 });
  });

  test('is not offered', () => expect(fill().ask('discover', { leaseIdentifier: otherId })).toBeUndefined());

  test('is free an hour after the end and an hour before the start (EXTRA-ALLOCATION-TIME)', () => {
    const rig = fill();
    const ask = () => rig.ask('request', { leaseIdentifier: otherId, leaseTime: 60 });
    rig.now = (600 + 7199) * 1000;
    expect(errorOf(ask())).toEqual({ code: 0 });
    rig.now = (600 + 7200) * 1000;
    expect(ask()?.type).toBe('ack');
  });

  test('is free at once after a release, and after the sweep', () => {
    const released = fill();
    released.ask('release');
    expect(released.ask('request', { leaseIdentifier: otherId })?.type).toBe('ack');
    const ended = fill();
    ended.advance((600 + 3600 + 61) * 1000);
    expect(ended.store.size).toBe(0);
    expect(ended.events.at(-1)).toMatchObject({ type: 'expired' });
  });
});

describe('renewal and release', () => {
  test('[MAA-03] other times for the same addresses, by the identifier alone', () => {
    const rig = new ServerRig();
    const first = addressOf(rig.ask('request', { leaseTime: 600 }));
    rig.now = 500_000;
    const ack = rig.ask('renew', { leaseTime: 7200 }, { from: { address: '198.51.100.9', port: 7 } });
    expect(ack?.options).toMatchObject({ leaseTime: 7200, scope: '239.255.0.0' });
    expect(addressOf(ack)).toBe(first);
    expect([...rig.store.all()]).toMatchObject([{ stop: EPOCH + 500 + 7200, client: CLIENT.address }]);
  });

  test('an hour after the end it is still to be had', () => {
    const rig = new ServerRig();
    rig.ask('request', { leaseTime: 600 });
    rig.now = 4_200_000;
    expect(rig.ask('renew', { leaseTime: 600 })?.type).toBe('ack');
    rig.now = 9_100_000;
    expect(errorOf(rig.ask('renew', { leaseTime: 600 }))).toEqual({ code: 3 });
  });

  test('not into a time that somebody else has', () => {
    const rig = new ServerRig({ scopes: [smallScope(1)] });
    rig.ask('request', { leaseTime: 600 });
    rig.ask('request', {
      leaseIdentifier: otherId,
      startTime: EPOCH + 20_000,
      leaseTime: 60,
      currentTime: EPOCH,
    });
    expect(errorOf(rig.ask('renew', { leaseTime: 12_801 }))).toEqual({ code: 0 });
    expect(rig.ask('renew', { leaseTime: 12_801, ...retryAfter })?.options).toMatchObject({
      addressRanges: [],
    });
    expect(rig.ask('renew', { leaseTime: 12_800 })?.type).toBe('ack');
  });

  test('[MAA-04] a release is of all addresses', () => {
    const rig = new ServerRig();
    rig.ask('request', { addressCount: { minimum: 3, desired: 3 } });
    expect(rig.ask('release')).toMatchObject({ type: 'ack', options: { leaseIdentifier: ID } });
    expect(rig.store.size).toBe(0);
    expect(rig.store.addressesOf(CLIENT.address)).toBe(0);
  });
});

describe('GETINFO', () => {
  const names = [
    { language: 'en', name: 'Local', isDefault: true },
    { language: 'de', name: 'Lokal', isDefault: false },
  ];
  const scopes = [
    servedScope({ first: '239.192.0.0', last: '239.195.255.255', ttl: 63, names: [] }),
    servedScope({ names }),
    servedScope({ first: 'ff13::8000:0', last: 'ff13::ffff:ffff' }),
  ];
  const plain = (scope: ServedScope | undefined) =>
    scope && { first: scope.first, last: scope.last, ttl: scope.ttl, names: scope.names };

  test('[MAA-01] tells the scopes of the family, smallest first, and how they nest', () => {
    const ack = new ServerRig({ scopes }).ask('getinfo', { optionRequestList: [9, 17, 4711] });
    expect(ack).toMatchObject({ type: 'ack', options: { currentTime: EPOCH, serverIdentifier: OWN } });
    expect(ack?.options.scopeList).toEqual([plain(scopes[1]), plain(scopes[0])]);
    expect(ack?.options.nesting).toEqual([
      [false, true],
      [false, false],
    ]);
    const six = new ServerRig({ scopes }).ask('getinfo', { optionRequestList: [9] }, { family: 6 });
    expect(six?.options.scopeList).toEqual([plain(scopes[2])]);
    expect(six?.options.nesting).toBeUndefined();
  });

  test.each([
    ['de', 'Lokal'],
    ['fr', 'Local'],
  ])('[SCP-04] in the language %s calls the scope %s, and nothing else', (language, name) => {
    const ack = new ServerRig({ scopes }).ask('getinfo', { optionRequestList: [9], language });
    expect(ack?.options.scopeList?.[0]?.names.map((it) => it.name)).toEqual([name]);
  });

  test('tells only what is asked for', () => {
    expect(
      new ServerRig({ scopes }).ask('getinfo', { optionRequestList: [1] })?.options.scopeList,
    ).toBeUndefined();
  });
});

test('whatever comes in, the server stays up, and says only what can be read', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyMessage, fc.nat(), fc.boolean()), { maxLength: 20 }), (messages) => {
      const six = servedScope({ first: 'ff13::8000:0', last: 'ff13::ffff:ffff' });
      const rig = new ServerRig({ scopes: [smallScope(40), six], limits: { messagesPerSecond: Infinity } });
      const ids = [ID, otherId, Uint8Array.of(1)];
      for (const [message, n, multicast] of messages) {
        // Sensible enough to get far: a scope that there is, one of three leases, clocks that agree or not.
        const scope = message.family === 4 ? '239.255.0.0' : 'ff13::8000:0';
        const { scope: _, featureList: __, currentTime, ...rest } = message.options;
        const options = {
          ...(n % 3 === 0 ? {} : rest),
          leaseIdentifier: ids[n % ids.length] ?? ID,
          ...(n % 7 === 0 ? {} : { scope }),
          ...(currentTime === undefined ? {} : { currentTime: EPOCH + (n % 5) }),
        };
        const bytes = formatMadcapMessage({ ...message, options });
        rig.now += n % 100_000;
        rig.receive(bytes, { multicast });
        const flipped = bytes.slice();
        flipped[n % flipped.length] = n & 255;
        rig.receive(flipped, { multicast });
        rig.advance(n % 1000);
      }
    }),
    { numRuns: 300 },
  );
});

describe('no client has it all', () => {
  const from = (last: number, port = 1) => ({ from: { address: `192.0.2.${last}`, port } });
  const id = (n: number): MadcapOptions => ({ leaseIdentifier: Uint8Array.of(9, n >> 8, n & 255) });

  test('so many addresses for one, whatever its port; others get theirs', () => {
    const rig = new ServerRig({ limits: { addressesPerClient: 3 } });
    for (let n = 0; n < 3; n++) expect(rig.ask('request', id(n), from(5, n))?.type).toBe('ack');
    expect(errorOf(rig.ask('request', id(3), from(5)))).toEqual({ code: 0, option: 7 });
    expect(rig.ask('discover', id(3), from(5))).toBeUndefined();
    expect(rig.ask('request', id(3), from(6))?.type).toBe('ack');
    rig.ask('release', id(0), from(5));
    expect(rig.ask('request', id(4), from(5))?.type).toBe('ack');
  });

  test('offers count too', () => {
    const rig = new ServerRig({ limits: { addressesPerClient: 2 } });
    for (let n = 0; n < 2; n++) expect(rig.ask('discover', id(n), from(5))?.type).toBe('offer');
    expect(rig.ask('discover', id(2), from(5))).toBeUndefined();
    expect(rig.ask('request', { ...id(0), serverIdentifier: OWN }, from(5))?.type).toBe('ack');
  });

  test('a host of IPv6 is known by its network', () => {
    const rig = new ServerRig({ limits: { addressesPerClient: 1 } });
    const host = (address: string) => ({ from: { address, port: 1 } });
    expect(rig.ask('request', id(0), host('2001:db8::1'))?.type).toBe('ack');
    expect(errorOf(rig.ask('request', id(1), host('2001:db8::ffff:2')))).toEqual({ code: 0, option: 7 });
    expect(rig.ask('request', id(1), host('2001:db8:0:1::1'))?.type).toBe('ack');
  });

  test('so many messages of one in a second', () => {
    const rig = new ServerRig({ limits: { messagesPerSecond: 10 } });
    const answered = Array.from({ length: 50 }, () => rig.ask('renew', {}, from(5))).filter(
      (it) => it !== undefined,
    );
    expect(answered).toHaveLength(10);
    expect(rig.server.stats.limited).toBe(40);
    expect(rig.ask('renew', {}, from(6))).toBeDefined();
    rig.now += 500;
    expect(rig.ask('renew', {}, from(5))).toBeDefined();
  });

  test('ranges beyond counting, and lease identifiers beyond reason', () => {
    const rig = new ServerRig();
    const one = { first: '239.255.7.9', count: 1 };
    const again = Array.from({ length: 5000 }, () => one);
    const twice = { addressRanges: again, addressCount: { minimum: 2, desired: 2 } };
    expect(errorOf(rig.ask('request', twice))).toEqual({ code: 0, option: 10 });
    expect(rig.ask('request', { addressRanges: again })?.options.addressRanges).toEqual([one]);
    expect(rig.ask('request', { leaseIdentifier: new Uint8Array(128) })).toBeDefined();
    expect(rig.ask('request', { leaseIdentifier: new Uint8Array(129) })).toBeUndefined();
  });

  test('a lease is not renewed in another family', () => {
    const rig = new ServerRig();
    rig.ask('request');
    expect(errorOf(rig.ask('renew', {}, { family: 6 }))).toEqual({ code: 3 });
  });

  test('so many addresses in all', () => {
    const rig = new ServerRig({ limits: { addresses: 5 } });
    const three = { addressCount: { minimum: 3, desired: 3 } };
    expect(rig.ask('request', { ...id(0), ...three }, from(0))?.type).toBe('ack');
    expect(errorOf(rig.ask('request', { ...id(1), ...three }, from(1)))).toEqual({ code: 0 });
    expect(rig.ask('request', id(2), from(2))?.type).toBe('ack');
    rig.ask('release', id(0), from(0));
    expect(rig.ask('request', { ...id(1), ...three }, from(1))?.type).toBe('ack');
  });

  test('so many leases in all', () => {
    const rig = new ServerRig({ limits: { leases: 2 } });
    for (let n = 0; n < 2; n++) rig.ask('request', id(n), from(n));
    expect(errorOf(rig.ask('request', id(2), from(9)))).toEqual({ code: 0 });
  });
});

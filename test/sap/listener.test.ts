import { describe, expect, test } from 'vitest';
import { deflateSap, inflateSap } from '../../src/net/sap-compression.ts';
import {
  compressSapPacket,
  parseSapPacket,
  SapListener,
  type SapListenerOptions,
} from '../../src/sap/index.ts';
import { deletion, hex, packet, sdp, utf8 } from './support.ts';

const HOUR = 3_600_000;
const LOCAL = { group: '239.255.255.255', interface: 'eth0' };
const GLOBAL = { group: '224.2.127.254', interface: 'eth0' };

/** A listener with hosts that send to it, and a clock that stands still. */
function setUp(options: SapListenerOptions = {}) {
  const listener = new SapListener({ inflate: inflateSap, ...options });
  const clock = { now: 0 };
  const hear = (bytes: Uint8Array, from = '192.0.2.1', channel = LOCAL): string[] => {
    listener.handleDatagram(bytes, { address: from, port: 9875 }, clock.now, channel);
    return events();
  };
  const events = (): string[] => {
    const told: string[] = [];
    for (let event = listener.pollEvent(); event !== undefined; event = listener.pollEvent()) {
      const name = /^s=(.*?)\r?$/m.exec(event.session.text)?.[1];
      told.push(`${event.type}${'reason' in event ? ` (${event.reason})` : ''} ${name}`);
    }
    return told;
  };
  const wait = (ms: number): string[] => {
    const end = clock.now + ms;
    for (
      let next = listener.pollTimeout();
      next !== undefined && next <= end;
      next = listener.pollTimeout()
    ) {
      clock.now = Math.max(clock.now, next);
      listener.handleTimeout(clock.now);
    }
    clock.now = end;
    return events();
  };
  const names = (): string[] =>
    [...listener.sessions()].map(({ text }) => /^s=(.*?)\r?$/m.exec(text)?.[1] ?? '');
  return { listener, clock, hear, wait, names };
}

describe('a session', () => {
  test('appears, is heard again, changes and is deleted', () => {
    const { hear, names, listener, clock } = setUp();
    expect(hear(packet(sdp({})))).toEqual(['appeared Studio']);
    clock.now += 5000;
    expect(hear(packet(sdp({})))).toEqual([]);
    const changed = sdp({ version: 2, name: 'Hall' });
    expect(hear(packet(changed))).toEqual(['changed Hall']);
    expect(names()).toEqual(['Hall']);
    expect(hear(deletion(changed))).toEqual(['withdrawn (deleted) Hall']);
    expect(listener.size).toBe(0);
    expect(listener.stats).toMatchObject({ received: 4, appeared: 1, refreshed: 1, changed: 1, deleted: 1 });
  });

  test('is described with who, where and when', () => {
    const { hear, listener, clock } = setUp();
    for (let n = 0; n < 4; n++) {
      hear(packet(sdp({})), '192.0.2.1', LOCAL);
      hear(packet(sdp({})), '192.0.2.1', GLOBAL);
      clock.now += 30_000;
    }
    const [session] = listener.sessions();
    expect(session).toMatchObject({
      key: '- 1 IN IP4 192.0.2.1',
      origin: { sessionId: '1', address: '192.0.2.1' },
      sender: '192.0.2.1',
      source: '192.0.2.1',
      firstHeard: 0,
      lastHeard: 90_000,
      count: 8,
      period: 30_000,
      nextExpected: 120_000,
      expiresAt: 90_000 + HOUR,
      heard: [
        { ...LOCAL, sender: '192.0.2.1', count: 4, period: 30_000 },
        { ...GLOBAL, sender: '192.0.2.1', count: 4, period: 30_000 },
      ],
    });
    expect(listener.sessionsIn(LOCAL.group)).toBe(1);
    expect(listener.sessionsIn('224.0.0.56')).toBe(0);
    expect(listener.get('- 1 IN IP4 192.0.2.1')?.text).toBe(sdp({}));
  });

  test('is compared by content: the same hash with other content is a change', () => {
    const { hear } = setUp();
    hear(packet(sdp({}), { hash: 7 }));
    expect(hear(packet(sdp({ name: 'Hall' }), { hash: 7 }))).toEqual(['changed Hall']);
    expect(hear(packet(sdp({ name: 'Hall' }), { hash: 8 }))).toEqual([]);
  });

  test('may go without a hash, and two of one host share it', () => {
    const { hear, names } = setUp();
    const [one, two] = [sdp({ id: 1, name: 'One' }), sdp({ id: 2, name: 'Two' })];
    for (let n = 0; n < 3; n++) {
      hear(packet(one, { hash: 0 }));
      hear(packet(two, { hash: 0 }));
    }
    expect(names()).toEqual(['One', 'Two']);
    expect(hear(deletion(one, { hash: 0 }))).toEqual(['withdrawn (deleted) One']);
  });

  test('with a lower version after a restart replaces the old one, unless it was overtaken on the way', () => {
    const { hear, clock, listener } = setUp();
    hear(packet(sdp({ version: 7 })));
    clock.now += 500;
    expect(hear(packet(sdp({ version: 6, name: 'Late' })))).toEqual([]);
    expect(listener.stats.stale).toBe(1);
    clock.now += 60_000;
    expect(hear(packet(sdp({ version: 1, name: 'Restarted' })))).toEqual(['changed Restarted']);
  });

  test('keeps its bytes: Latin-1, line feeds alone, NULs at the end', () => {
    const { hear, listener } = setUp();
    const latin = 'v=0\no=- 1 1 IN IP4 192.0.2.1\ns=B\xfchne\nt=0 0\n';
    hear(packet('', { hash: 1, payload: utf8(`${latin}\0\0`, 'latin1') }));
    const [session] = listener.sessions();
    expect(session?.text).toBe(latin);
    expect(session?.description).toEqual(utf8(latin, 'latin1'));
  });

  test('is told apart by media where the origin says nothing', () => {
    const { hear, names } = setUp();
    const nowhere = { id: 0, host: '127.0.0.1' };
    const [one, two] = [
      sdp({ ...nowhere, name: 'One', group: '239.255.0.1' }),
      sdp({ ...nowhere, name: 'Two', group: '239.255.0.2' }),
    ];
    hear(packet(one));
    hear(packet(two));
    hear(packet(one), '192.0.2.2');
    expect(names()).toEqual(['One', 'Two', 'One']);
    const renamed = sdp({ ...nowhere, name: 'Three', group: '239.255.0.2' });
    expect(hear(packet(renamed))).toEqual(['changed Three']);
    expect(hear(deletion(renamed))).toEqual(['withdrawn (deleted) Three']);
    expect(hear(deletion(one, { hash: 0 }), '192.0.2.2')).toEqual(['withdrawn (deleted) One']);
    expect(names()).toEqual(['One']);
  });
});

describe('hosts', () => {
  test('cannot delete what they do not announce (RFC 2974 §5)', () => {
    const { hear, names, listener } = setUp();
    hear(packet(sdp({})));
    expect(hear(deletion(sdp({})), '192.0.2.66')).toEqual([]);
    expect(hear(deletion(sdp({ id: 9 })))).toEqual([]);
    expect(names()).toEqual(['Studio']);
    expect(listener.stats).toMatchObject({ foreignDeletes: 1, unknownDeletes: 1, deleted: 0 });
  });

  test('cannot change what another host announces: theirs is another session', () => {
    const { hear, names, listener } = setUp();
    hear(packet(sdp({ version: 3 })));
    expect(hear(packet(sdp({ version: 4, name: 'Clone' })), '192.0.2.66')).toEqual(['appeared Clone']);
    expect(hear(packet(sdp({ version: 2, name: 'Old copy' })), '192.0.2.77')).toEqual([]);
    expect(listener.stats.stale).toBe(1);
    expect(hear(packet(sdp({ version: 5, name: 'Clone 2' })), '192.0.2.66')).toEqual(['changed Clone 2']);
    expect(names()).toEqual(['Studio', 'Clone 2']);
    expect(hear(deletion(sdp({})), '192.0.2.66')).toEqual(['withdrawn (deleted) Clone 2']);
    expect(names()).toEqual(['Studio']);
  });

  test('may repeat what others announce; a copy that was ahead becomes a repetition', () => {
    const { hear, names, listener } = setUp();
    hear(packet(sdp({})));
    hear(packet(sdp({})), '192.0.2.2', GLOBAL);
    expect([...listener.sessions()][0]?.heard.map(({ sender }) => sender)).toEqual([
      '192.0.2.1',
      '192.0.2.2',
    ]);
    const newer = sdp({ version: 2, name: 'Newer' });
    expect(hear(packet(newer), '192.0.2.2', GLOBAL)).toEqual(['appeared Newer']);
    expect(hear(packet(newer))).toEqual(['changed Newer', 'withdrawn (merged) Newer']);
    expect(hear(packet(newer), '192.0.2.2', GLOBAL)).toEqual([]);
    expect(names()).toEqual(['Newer']);
    expect(hear(deletion(newer), '192.0.2.2', GLOBAL)).toEqual([]);
    expect(names()).toEqual(['Newer']);
  });

  test('take over what its own host has given up', () => {
    const { hear, clock, names } = setUp();
    hear(packet(sdp({})));
    clock.now += 30_000;
    hear(packet(sdp({})));
    clock.now += 80_000;
    expect(hear(packet(sdp({ version: 2, name: 'Too soon' })), '192.0.2.2')).toEqual(['appeared Too soon']);
    clock.now += 20_000;
    expect(hear(packet(sdp({ version: 3, name: 'Moved' })), '192.0.2.3')).toEqual(['changed Moved']);
    expect(hear(packet(sdp({ version: 4, name: 'Again' })), '192.0.2.3')).toEqual(['changed Again']);
    expect(names()).toEqual(['Again', 'Too soon']);
  });

  test('that repeat and stop leave the session to the others', () => {
    const { hear, names, listener } = setUp();
    hear(packet(sdp({})));
    hear(packet(sdp({})), '192.0.2.2', GLOBAL);
    expect(listener.sessionsIn(GLOBAL.group)).toBe(1);
    expect(hear(deletion(sdp({})), '192.0.2.2', GLOBAL)).toEqual([]);
    expect(names()).toEqual(['Studio']);
    expect(listener.sessionsIn(GLOBAL.group)).toBe(0);
    expect(listener.hosts).toBe(1);
  });
});

describe('expiry', () => {
  test('comes after an hour of silence, not before (RFC 2974 §4)', () => {
    const { hear, wait } = setUp();
    hear(packet(sdp({})));
    expect(wait(HOUR - 1)).toEqual([]);
    hear(packet(sdp({})));
    expect(wait(HOUR - 1)).toEqual([]);
    expect(wait(1)).toEqual([]); // ten periods are longer by now
    expect(wait(9 * HOUR)).toEqual(['expired (silent) Studio']);
  });

  test('waits for ten periods of those who announce rarely', () => {
    const { hear, wait, listener } = setUp({ timeoutMs: 60_000 });
    for (let n = 0; n < 5; n++) {
      hear(packet(sdp({})));
      expect(wait(30_000)).toEqual([]);
    }
    expect([...listener.sessions()][0]?.expiresAt).toBe(4 * 30_000 + 300_000);
    expect(wait(269_999)).toEqual([]);
    expect(wait(1)).toEqual(['expired (silent) Studio']);
  });

  test('comes when the session is over, and it is not listed afterwards', () => {
    const unix = 1_800_000_000;
    const { hear, wait, listener, names } = setUp({ unixMs: (now) => unix * 1000 + now });
    const until = (seconds: number): string => `0 ${unix + 2_208_988_800 + seconds}`;
    hear(packet(sdp({ times: until(60) })));
    expect(wait(59_999)).toEqual([]);
    expect(wait(1)).toEqual(['expired (over) Studio']);
    expect(hear(packet(sdp({ times: until(60) })))).toEqual([]);
    expect(listener.stats.over).toBe(1);
    expect(hear(packet(sdp({ times: `${until(60)}\r\nt=${until(600)}` })))).toEqual(['appeared Studio']);
    expect(hear(packet(sdp({ version: 2, times: until(1) })))).toEqual(['expired (over) Studio']);
    expect(hear(packet(sdp({ version: 3, times: `${until(1)}\r\nt=0 0` })))).toEqual(['appeared Studio']);
    expect(names()).toEqual(['Studio']);
  });
});

describe('counted, and otherwise left alone', () => {
  test.each([
    { name: 'SAP version 0', bytes: hex('0000 1234 c0000201'), count: 'version0' },
    { name: 'another version', bytes: hex('4000 1234 c0000201'), count: 'malformed' },
    { name: 'nothing', bytes: new Uint8Array(), count: 'malformed' },
    { name: 'a header alone', bytes: hex('2000 1234 c0000201'), count: 'malformed' },
    { name: 'a description without origin', bytes: packet('v=0\r\ns=x\r\n'), count: 'malformed' },
    { name: 'an encrypted payload', bytes: hex('2200 1234 c0000201 deadbeef'), count: 'encrypted' },
    { name: 'a damaged compressed payload', bytes: hex('2100 1234 c0000201 deadbeef'), count: 'malformed' },
    { name: 'another payload', bytes: packet('hi', { payloadType: 'text/plain' }), count: 'otherPayloads' },
  ])('$name', ({ bytes, count }) => {
    const { hear, listener } = setUp();
    expect(hear(bytes)).toEqual([]);
    expect(listener.stats).toMatchObject({ received: 1, [count]: 1 });
    expect(listener.unreadSenders).toMatchObject([{ sender: '192.0.2.1', [count]: 1 }]);
    expect(listener.size).toBe(0);
  });

  test('by sender, of whom made-up ones push out only each other', () => {
    const { hear, listener } = setUp();
    const secret = hex('2200 1234 c0000201 deadbeef');
    for (let n = 0; n < 3; n++) hear(secret, '192.0.2.7');
    for (let n = 0; n < 300; n++) hear(secret, `10.0.${n >> 8}.${n & 255}`);
    hear(secret, '192.0.2.8');
    expect(listener.unreadSenders).toHaveLength(100);
    expect(listener.unreadSenders[0]).toMatchObject({ sender: '192.0.2.7', encrypted: 3, malformed: 0 });
    expect(listener.unreadSenders.map(({ sender }) => sender)).toContain('192.0.2.8');
    expect(listener.stats.encrypted).toBe(304);
  });

  test('our own, where somebody can tell', () => {
    const { hear, listener } = setUp({ isOwn: (it, sender) => it.hash === 7 && sender === '192.0.2.1' });
    hear(packet(sdp({}), { hash: 7 }));
    hear(packet(sdp({ id: 2 }), { hash: 7 }), '192.0.2.2');
    expect(listener.stats.own).toBe(1);
    expect(listener.size).toBe(1);
  });
});

test('compressed and signed announcements are listed as such, and decompressed once', () => {
  let inflated = 0;
  const { hear, listener } = setUp({
    inflate: (bytes, most) => {
      inflated++;
      return inflateSap(bytes, most);
    },
  });
  const authentication = { version: 1, type: 0, padding: 0, data: hex('aabbcc') };
  const clear = parseSapPacket(packet(sdp({}), { authentication }));
  const { payload } = compressSapPacket(clear, deflateSap);
  const bytes = packet('', { ...clear, compressed: true, payload, payloadType: undefined });
  for (let n = 0; n < 3; n++) hear(bytes);
  const [session] = listener.sessions();
  expect(session).toMatchObject({ compressed: true, authentication, text: sdp({}) });
  expect(listener.stats).toMatchObject({ compressed: 3, authenticated: 3, refreshed: 2 });
  expect(inflated).toBe(1);
});

import { describe, expect, test } from 'vitest';
import { EncodeError, InvalidValueError } from '../../src/errors.ts';
import { deflateSap, inflateSap } from '../../src/net/sap-compression.ts';
import {
  announceInterval,
  decompressSapPacket,
  parseSapPacket,
  SapAnnouncer,
  type SapAnnouncerOptions,
  type SapPacket,
  type SapSource,
} from '../../src/sap/index.ts';
import { sdp, text, utf8 } from './support.ts';

const LOCAL = '239.255.255.255';
const GLOBAL = '224.2.127.254';
const KEY = '- 1 IN IP4 192.0.2.1';

interface Sent {
  readonly at: number;
  readonly group: string;
  readonly interface: string | undefined;
  readonly packet: SapPacket;
}

function setUp(
  options: Partial<SapAnnouncerOptions> = {},
  sources: SapSource[] = [{ address: '192.0.2.1' }],
) {
  const announcer = new SapAnnouncer({ random: () => 0.5, ...options }, sources);
  const clock = { now: 0 };
  const sent = (): Sent[] => {
    const all: Sent[] = [];
    for (let out = announcer.pollTransmit(); out !== undefined; out = announcer.pollTransmit()) {
      const { group, bytes } = out;
      all.push({ at: clock.now, group, interface: out.interface, packet: parseSapPacket(bytes) });
    }
    return all;
  };
  const run = (ms: number): Sent[] => {
    const all = sent();
    const end = clock.now + ms;
    for (
      let next = announcer.pollTimeout();
      next !== undefined && next <= end;
      next = announcer.pollTimeout()
    ) {
      clock.now = Math.max(clock.now, next);
      announcer.handleTimeout(clock.now);
      all.push(...sent());
    }
    clock.now = end;
    return all;
  };
  const announce = (description: string, groups = [LOCAL]) =>
    announcer.announce(utf8(description), clock.now, { groups });
  return { announcer, clock, run, announce };
}

const kinds = (all: readonly Sent[]): string[] => all.map(({ at, packet }) => `${packet.type} ${at}`);

describe('interval (RFC 2974 §3.1)', () => {
  test.each([
    { size: 300, count: 1, limit: 4000, want: 300 },
    { size: 500, count: 300, limit: 4000, want: 300 },
    { size: 500, count: 301, limit: 4000, want: 301 },
    { size: 400, count: 1000, limit: 4000, want: 800 },
    { size: 400, count: 1000, limit: 8000, want: 400 },
  ])('$size bytes, $count sessions, $limit bit/s: $want s', ({ size, count, limit, want }) => {
    expect(announceInterval(size, count, limit)).toBe(want);
  });

  test.each([
    [0, 4000],
    [1, 0],
    [1, Number.NaN],
  ])('not for %d sessions at %d bit/s', (count, limit) => {
    expect(() => announceInterval(300, count, limit)).toThrow(RangeError);
  });
});

describe('a session', () => {
  test('is announced at once, then every interval, and deleted three times', () => {
    const { announce, announcer, clock, run } = setUp();
    const own = announce(sdp({}));
    expect(own).toMatchObject({
      key: KEY,
      warnings: [],
      schedules: [{ group: LOCAL, count: 1, next: 300_000 }],
    });
    const all = run(700_000);
    expect(kinds(all)).toEqual(['announce 0', 'announce 300000', 'announce 600000']);
    for (const { packet, group } of all) {
      expect(group).toBe(LOCAL);
      expect(packet).toMatchObject({ source: '192.0.2.1', payloadType: 'application/sdp', hash: own.hash });
      expect(text(packet.payload)).toBe(sdp({}));
    }
    expect(announcer.withdraw(KEY, clock.now)).toBe(true);
    const deletions = run(10_000);
    expect(kinds(deletions)).toEqual(['delete 700000', 'delete 700250', 'delete 701000']);
    expect(deletions[0]?.packet.hash).toBe(own.hash);
    expect(text(deletions[0]?.packet.payload ?? new Uint8Array())).toBe('o=- 1 1 IN IP4 192.0.2.1\r\n');
    expect(announcer.pollTimeout()).toBeUndefined();
    expect(announcer.withdraw(KEY, clock.now)).toBe(false);
  });

  test.each([
    { chance: 0, next: 200_000 },
    { chance: 0.999999, next: 400_000 },
  ])('is announced up to a third earlier or later by chance: $chance', ({ chance, next }) => {
    const { announce } = setUp({ random: () => chance });
    expect(announce(sdp({})).schedules[0]?.next).toBeCloseTo(next, -1);
  });

  test('has another hash after a change, is announced at once, and then at its rate', () => {
    const { announce, run } = setUp();
    const { hash } = announce(sdp({}));
    run(50_000);
    const changed = announce(sdp({ version: 2 }));
    expect(changed.hash).not.toBe(hash);
    expect(announce(sdp({ version: 2 })).hash).toBe(changed.hash);
    const all = run(400_000);
    expect(kinds(all)).toEqual(['announce 50000', 'announce 350000']);
    expect(all[0]?.packet.hash).toBe(changed.hash);
  });

  test('that changes all the time keeps to the bandwidth', () => {
    const { announce, run } = setUp();
    const sent: Sent[] = [];
    for (let second = 0; second < 600; second++) {
      announce(sdp({ version: second }));
      sent.push(...run(1000));
    }
    const bits = sent.length * 8 * (announce(sdp({})).size + 2);
    expect(bits / 600).toBeLessThan(4000);
    expect(sent.length).toBeGreaterThan(300);
  });

  test('that is announced again while it is being deleted is not deleted any more', () => {
    const { announce, announcer, clock, run } = setUp();
    announce(sdp({}));
    run(1000);
    announcer.withdraw(KEY, clock.now);
    run(100);
    announce(sdp({}));
    expect(kinds(run(5000))).toEqual(['announce 1100']);
  });

  test('that was never announced is not deleted', () => {
    const { announce, announcer, clock, run } = setUp({ bandwidth: 40 });
    announce(sdp({ id: 1 }));
    announce(sdp({ id: 2 }));
    expect(kinds(run(100))).toEqual(['announce 0']);
    announcer.withdraw('- 2 IN IP4 192.0.2.1', clock.now);
    expect(run(200_000)).toEqual([]);
  });
});

describe('groups', () => {
  test('each have a rate of their own', () => {
    const counts: Record<string, number> = { [GLOBAL]: 2999 };
    const { announce, run } = setUp({ sessionsIn: (group) => counts[group] ?? 0 });
    const { size } = announce(sdp({}), [LOCAL, GLOBAL]);
    const all = run(1_200_000);
    expect(all.filter(({ group }) => group === LOCAL)).toHaveLength(5);
    const global = all.filter(({ group }) => group === GLOBAL).map(({ at }) => at);
    expect(global).toEqual([0, (8 * size * 3000) / 4]);
    const [first] = all;
    expect(
      all.every(({ packet }) => text(packet.payload) === text(first?.packet.payload ?? new Uint8Array())),
    ).toBe(true);
  });

  test('are reckoned again when the interval is over: more sessions, a longer wait', () => {
    const counts = { now: 0 };
    const { announce, run } = setUp({ sessionsIn: () => counts.now });
    const { size } = announce(sdp({}));
    counts.now = 1999;
    const all = run(900_000);
    expect(all.map(({ at }) => at)).toEqual([0, (8 * size * 2000) / 4]);
  });

  test('may have a bandwidth of their own', () => {
    const { announce } = setUp({
      sessionsIn: () => 99_999,
      bandwidth: (group) => (group === LOCAL ? 40_000 : 4000),
    });
    const [local, global] = announce(sdp({}), [LOCAL, GLOBAL]).schedules;
    expect(global?.intervalMs).toBe(10 * (local?.intervalMs ?? 0));
  });

  test('that a session leaves hear it deleted, and those where it stays hear it anew', () => {
    const { announce, run } = setUp();
    announce(sdp({}), [LOCAL, GLOBAL]);
    run(1000);
    announce(sdp({ version: 2 }), [GLOBAL, 'ff05::2:7ffe']);
    const all = run(5000).map(({ group, packet }) => `${packet.type} ${group}`);
    expect(all).toEqual([`delete ${LOCAL}`, `announce ${GLOBAL}`]);
    announce(sdp({ version: 2 }), [LOCAL]);
    expect(run(5000).map(({ group, packet }) => `${packet.type} ${group}`)).toEqual([
      `delete ${GLOBAL}`,
      `announce ${LOCAL}`,
    ]);
  });

  test('are sent to from every source of their family', () => {
    const sources = [
      { address: '192.0.2.1', interface: 'eth0' },
      { address: '198.51.100.1', interface: 'eth1' },
      { address: '2001:db8::1', interface: 'eth0' },
    ];
    const { announce, announcer, clock, run } = setUp({}, sources);
    announce(sdp({}), [LOCAL, 'ff05::2:7ffe']);
    const all = run(0).map((it) => `${it.group} ${it.interface} ${it.packet.source}`);
    expect(all).toEqual([
      `${LOCAL} eth0 192.0.2.1`,
      `${LOCAL} eth1 198.51.100.1`,
      'ff05::2:7ffe eth0 2001:db8::1',
    ]);
    clock.now += 5000;
    announcer.setSources([{ address: '203.0.113.1', interface: 'wlan0' }], clock.now);
    expect(run(0).map((it) => `${it.group} ${it.interface} ${it.packet.source}`)).toEqual([
      `${LOCAL} wlan0 203.0.113.1`,
    ]);
  });
});

test('many sessions at once go out at the bandwidth after a short burst, and all of them do', () => {
  const { announce, run } = setUp();
  for (let id = 1; id <= 200; id++) announce(sdp({ id }));
  const all = run(170_000);
  expect(new Set(all.map(({ packet }) => text(packet.payload))).size).toBe(200);
  const { size } = announce(sdp({}));
  const atOnce = all.filter(({ at }) => at === 0).length;
  expect(atOnce).toBeGreaterThan(20);
  expect(atOnce).toBeLessThan(100);
  expect((all.length - atOnce) * 8 * size).toBeLessThan(170 * 4000);
});

test('thousands of sessions end one after the other, each three times', () => {
  const { announce, announcer, clock, run } = setUp({ bandwidth: 1e9 });
  for (let id = 1; id <= 3000; id++) announce(sdp({ id }));
  run(10_000);
  announcer.withdrawAll(clock.now);
  const [first, ...others] = run(200);
  expect(first?.at).toBe(10_000);
  expect(others).toHaveLength(1999);
  expect(run(5000)).toHaveLength(7000);
  expect(announcer.pollTimeout()).toBeUndefined();
});

test('a group without an interface of its family is a warning', () => {
  const { announce, run } = setUp();
  const own = announce(sdp({}), [LOCAL, 'ff05::2:7ffe']);
  expect(own.warnings).toEqual([expect.stringContaining('not announced in ff05::2:7ffe')]);
  expect(own.schedules.map(({ count }) => count)).toEqual([1, 0]);
  expect(run(0)).toHaveLength(1);
});

test('a fixed interval, as AES67 devices have it, is kept whatever the number of sessions', () => {
  const { announce, run } = setUp({ intervalMs: 30_000, sessionsIn: () => 100_000 });
  announce(sdp({}));
  expect(run(90_000).map(({ at }) => at)).toEqual([0, 30_000, 60_000, 90_000]);
});

test('knows its own packets when they come back, also those of a moment ago', () => {
  const { announce, announcer, clock, run } = setUp();
  announce(sdp({}));
  const [first] = run(1000);
  announce(sdp({ version: 2 }));
  const [second] = run(1000);
  if (first === undefined || second === undefined) throw new Error('nothing was sent');
  expect(announcer.isOwn(first.packet)).toBe(true);
  expect(announcer.isOwn(second.packet)).toBe(true);
  expect(announcer.isOwn({ ...second.packet, payload: utf8('v=0\r\n') })).toBe(false);
  announcer.withdraw(KEY, clock.now);
  const [deleted] = run(5000);
  expect(deleted?.packet.type).toBe('delete');
  expect(announcer.isOwn(deleted?.packet ?? first.packet)).toBe(true);
  expect(announcer.isOwn(first.packet)).toBe(true);
  run(20_000);
  announcer.handleTimeout(clock.now);
  expect(announcer.isOwn(second.packet)).toBe(false);
});

test('compresses when told to', () => {
  const { announce, announcer, run } = setUp({ deflate: deflateSap });
  announce(sdp({ name: 'x'.repeat(500) }));
  const [sent] = run(0);
  if (sent === undefined) throw new Error('nothing was sent');
  expect(sent.packet.compressed).toBe(true);
  expect(sent.packet.payload.length).toBeLessThan(250);
  expect(text(decompressSapPacket(sent.packet, inflateSap).payload)).toBe(sdp({ name: 'x'.repeat(500) }));
  expect(announcer.isOwn(sent.packet)).toBe(true);
});

test.each([
  { length: 700, want: [] },
  { length: 1100, want: [/recommends at most 1024\. Shorten/] },
  { length: 2000, want: [/fragments/] },
])('warns of what is too long: a name of $length', ({ length, want }) => {
  const { announce } = setUp();
  const { warnings } = announce(sdp({ name: 'x'.repeat(length) }));
  expect(warnings).toEqual(want.map((pattern) => expect.stringMatching(pattern)));
});

test('refuses what cannot be announced', () => {
  const { announce, announcer } = setUp();
  expect(() => announce('v=0\r\ns=x\r\n')).toThrow(EncodeError);
  expect(() => announce(sdp({ name: 'x'.repeat(66_000) }))).toThrow('UDP carries 65507');
  expect(() => announce(sdp({}), [])).toThrow(InvalidValueError);
  expect(() => announce(sdp({}), ['192.0.2.7'])).toThrow('is no multicast address');
  expect(announcer.size).toBe(0);
});

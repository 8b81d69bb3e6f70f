import { describe, expect, test } from 'vitest';
import { SapListener } from '../../src/sap/index.ts';
import { packet, sdp } from './support.ts';

const LIMIT = 1000;
const GROUP = { group: '239.255.255.255' };

function setUp() {
  const listener = new SapListener({ limit: LIMIT });
  const announce = (host: string, id: number, now: number, bytes = 0): void => {
    const description = sdp({ id, host, name: `x${'y'.repeat(bytes)}` });
    listener.handleDatagram(packet(description), { address: host, port: 9875 }, now, GROUP);
    while (listener.pollEvent() !== undefined);
  };
  const of = (host: string): number =>
    [...listener.sessions()].filter(({ sender }) => sender === host).length;
  return { listener, announce, of };
}

describe('a host that announces without end', () => {
  test('fills what is free and no more, and what it has then stays as it is', () => {
    const { listener, announce, of } = setUp();
    for (let id = 0; id < 3 * LIMIT; id++) announce('192.0.2.66', id, id);
    expect(of('192.0.2.66')).toBe(LIMIT);
    expect(listener.stats).toMatchObject({ overQuota: 2 * LIMIT, evicted: 0 });
    expect([...listener.sessions()][0]?.origin?.sessionId).toBe('0');
  });

  test('makes room for hosts that come later, and pushes none of them out', () => {
    const { listener, announce, of } = setUp();
    for (let id = 0; id < 2 * LIMIT; id++) announce('192.0.2.66', id, id);
    for (let host = 1; host <= 10; host++) {
      for (let id = 0; id < 20; id++) announce(`192.0.2.${host}`, id, 10_000);
    }
    for (let id = 0; id < 2 * LIMIT; id++) announce('192.0.2.66', id, 20_000);
    for (let host = 1; host <= 10; host++) expect(of(`192.0.2.${host}`)).toBe(20);
    expect(of('192.0.2.66')).toBe(LIMIT - 200);
    expect(listener.weight).toBe(LIMIT);
  });

  test('is cut to its share by hosts that need theirs', () => {
    const { announce, of } = setUp();
    for (let id = 0; id < LIMIT; id++) announce('192.0.2.66', id, id);
    for (let id = 0; id < LIMIT; id++) announce('192.0.2.66', id, 5000 + id); // settled
    for (let id = 0; id < LIMIT; id++) announce('192.0.2.1', id, 20_000);
    expect(of('192.0.2.66')).toBe(LIMIT / 2);
    expect(of('192.0.2.1')).toBe(LIMIT / 2);
  });

  test('pays for long descriptions by their length', () => {
    const { listener, announce, of } = setUp();
    for (let id = 0; id < LIMIT; id++) announce('192.0.2.66', id, id, 10_000);
    expect(of('192.0.2.66')).toBe(LIMIT / 10);
    expect(listener.weight).toBe(LIMIT);
    announce('192.0.2.1', 1, 5000);
    expect(of('192.0.2.1')).toBe(1);
  });
});

test('made-up hosts by the thousand push out nobody who was heard twice', () => {
  const { listener, announce, of } = setUp();
  for (const now of [0, 5000]) {
    for (let host = 1; host <= 9; host++) {
      for (let id = 0; id < 50; id++) announce(`192.0.2.${host}`, id, now);
    }
  }
  for (let n = 0; n < 5000; n++) announce(`10.0.${n >> 8}.${n & 255}`, 1, 10_000 + n);
  for (let host = 1; host <= 9; host++) expect(of(`192.0.2.${host}`)).toBe(50);
  expect(listener.size).toBe(LIMIT);
  expect(listener.hosts).toBe(9 + LIMIT - 450);
});

test('made-up hosts that repeat themselves leave each host its hundred', () => {
  const { announce, of } = setUp();
  for (const now of [0, 5000]) {
    for (let id = 0; id < 500; id++) announce('192.0.2.1', id, now);
    for (let id = 0; id < 90; id++) announce('192.0.2.2', id, now);
  }
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 2000; n++) announce(`10.0.${n >> 8}.${n & 255}`, 1, 10_000 + round * 5000 + n);
  }
  expect(of('192.0.2.2')).toBe(90);
  expect(of('192.0.2.1')).toBeGreaterThanOrEqual(100);
});

test('a session that is repeated by everybody is remembered with a few of them', () => {
  const listener = new SapListener({ limit: LIMIT });
  const description = packet(sdp({}));
  listener.handleDatagram(description, { address: '192.0.2.1', port: 9875 }, 0, GROUP);
  for (let n = 0; n < 5000; n++) {
    listener.handleDatagram(description, { address: `10.0.${n >> 8}.${n & 255}`, port: 9875 }, n, GROUP);
  }
  const [session] = listener.sessions();
  expect(session?.heard).toHaveLength(8);
  expect(session?.heard[0]?.sender).toBe('192.0.2.1');
  expect(listener.hosts).toBe(8);
  expect(listener.sessionsIn(GROUP.group)).toBe(1);
});

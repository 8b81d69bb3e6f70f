import { describe, expect, test } from 'vitest';
import { SapAnnouncer, SapListener } from '../../src/sap/index.ts';
import { sdp, utf8 } from './support.ts';

const GROUP = '239.255.255.255';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A small generator with a seed, so that a failure can be played again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Member {
  readonly address: string;
  readonly announcer: SapAnnouncer;
  /** What it has heard; those who were there from the start have heard the same. */
  readonly listener: SapListener;
  readonly joins: number;
  readonly leaves: number;
}

interface Sent {
  readonly at: number;
  readonly from: string;
  readonly bytes: number;
}

/**
 * Announcers of one session each in one group, on a network without loss.
 *
 * @param early how many join within the first minutes; the others come in the hour, each with an empty list
 */
function simulate({
  members,
  early,
  minutes,
  seed,
}: {
  members: number;
  early: number;
  minutes: number;
  seed: number;
}) {
  const random = randomFrom(seed);
  const common = new SapListener();
  const all: Member[] = Array.from({ length: members }, (_, n) => {
    const address = `10.0.${n >> 8}.${n & 255}`;
    const late = n >= early;
    const listener = late ? new SapListener() : common;
    const ownInList = late ? 0 : 1; // the common list has the member's own session too
    const sessionsIn = (group: string): number => Math.max(0, listener.sessionsIn(group) - ownInList);
    return {
      address,
      listener,
      announcer: new SapAnnouncer({ random, sessionsIn }, [{ address }]),
      joins: late ? random() * HOUR : random() * minutes * MINUTE,
      leaves: n % 10 === 0 ? random() * HOUR : Infinity,
    };
  });
  const sent: Sent[] = [];
  const flush = (member: Member, now: number): void => {
    for (
      let out = member.announcer.pollTransmit();
      out !== undefined;
      out = member.announcer.pollTransmit()
    ) {
      sent.push({ at: now, from: member.address, bytes: out.bytes.length });
      const from = { address: member.address, port: 9875 };
      for (const listener of listening) listener.handleDatagram(out.bytes, from, now, { group: GROUP });
    }
  };
  const listening = new Set<SapListener>([common]);
  const next = all.map(({ joins }) => joins);
  const joined = new Set<Member>();
  const left = new Set<Member>();
  for (;;) {
    let at = 0;
    for (let i = 1; i < next.length; i++) if ((next[i] ?? Infinity) < (next[at] ?? Infinity)) at = i;
    const now = next[at] ?? Infinity;
    const member = all[at];
    if (member === undefined || now > HOUR) break;
    if (!joined.has(member)) {
      joined.add(member);
      listening.add(member.listener);
      const description = sdp({ id: at, host: member.address, name: `Session ${at} ${'x'.repeat(200)}` });
      member.announcer.announce(utf8(description), now, { groups: [GROUP] });
    } else if (now >= member.leaves && !left.has(member)) {
      left.add(member);
      member.announcer.withdrawAll(now);
      if (member.listener !== common) listening.delete(member.listener);
    } else {
      member.announcer.handleTimeout(now);
    }
    flush(member, now);
    const due = member.announcer.pollTimeout() ?? Infinity;
    next[at] = left.has(member) ? due : Math.min(due, Math.max(now, member.leaves));
  }
  for (const listener of [common]) while (listener.pollEvent() !== undefined);
  return { sent, all, common, left };
}

function bitsPerSecond(sent: readonly Sent[], from: number, to: number): number {
  const bytes = sent.reduce((sum, it) => (it.at >= from && it.at < to ? sum + it.bytes : sum), 0);
  return (8 * bytes) / ((to - from) / 1000);
}

describe('a thousand announcers in one group, a tenth of them late and a tenth leaving', () => {
  const { sent, all, common, left } = simulate({ members: 1000, early: 900, minutes: 10, seed: 1 });

  test('stay within 4000 bit/s over the hour, and in each ten minutes once they know of each other', () => {
    const rates = [10, 20, 30, 40, 50].map((from) =>
      bitsPerSecond(sent, from * MINUTE, (from + 10) * MINUTE),
    );
    expect(bitsPerSecond(sent, 0, HOUR)).toBeLessThan(4000);
    for (const rate of rates) expect(rate).toBeLessThan(4000);
    expect(Math.max(...rates)).toBeGreaterThan(2500); // and use what they may
  });

  test('are all known to those who listen, but for those who left', () => {
    expect(left.size).toBeGreaterThan(50);
    expect(common.size).toBe(all.length - left.size);
    expect(common.stats.deleted).toBe(left.size);
    expect(common.stats.foreignDeletes + common.stats.malformed + common.stats.changed).toBe(0);
  });

  test('each get their turn', () => {
    const interval = (8 * 1000 * (sent[0]?.bytes ?? 0)) / 4000;
    for (const member of all.slice(0, 900)) {
      if (left.has(member)) continue;
      const times = sent.filter(({ from }) => from === member.address).map(({ at }) => at);
      const gaps = times.slice(1).map((time, n) => (time - (times[n] ?? 0)) / 1000);
      expect(times.length).toBeGreaterThanOrEqual(2);
      expect(Math.max(...gaps)).toBeLessThan((4 / 3) * interval + 1);
      expect(Math.min(...gaps)).toBeGreaterThan(199);
    }
  });
});

test('ten announcers take the shortest interval there is', () => {
  const { sent } = simulate({ members: 10, early: 10, minutes: 1, seed: 2 });
  expect(bitsPerSecond(sent, 0, HOUR)).toBeLessThan(200);
  const perMember = sent.filter(({ from }) => from === '10.0.0.1').length;
  expect(perMember).toBeGreaterThan(9);
  expect(perMember).toBeLessThan(18);
});

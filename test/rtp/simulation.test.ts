import { describe, expect, test } from 'vitest';
import { type Node, Simulation } from './simulation.ts';

const seconds = (n: number): number => n * 1000;
/** Bits per second of RTCP that all participants sent in a span of time. */
const rtcpRate = (nodes: readonly Node[], from: number, to: number): number => {
  const bytes = nodes.flatMap((node) => node.sent.filter(({ at }) => at >= from && at < to));
  return (bytes.reduce((sum, { bytes: size }) => sum + size, 0) * 8000) / (to - from);
};

describe('two participants', () => {
  test('[PEV-01] [PEV-10] [PEV-11] [PEV-03] they find each other, talk, fall silent, leave', () => {
    const sim = new Simulation(1, { delay: [1, 5] });
    const ada = sim.join('ada', { sdes: { name: 'Ada' } });
    const bob = sim.join('bob', { sdes: { name: 'Bob' } });
    sim.talk(ada);
    sim.runUntil(seconds(10));
    expect(bob.told('sourceAdded')).toHaveLength(1);
    expect(bob.told('sourceActive')).toHaveLength(1);
    expect(ada.told('sourceAdded')).toHaveLength(1);
    expect(ada.told('sourceActive')).toHaveLength(0);
    expect(bob.sees('ada')).toMatchObject({
      isSender: true,
      sdes: { name: 'Ada' },
      packetsLost: 0,
      duplicates: 0,
    });
    expect(ada.sees('bob')).toMatchObject({ isSender: false, sdes: { name: 'Bob' } });

    ada.sending = false;
    sim.runUntil(seconds(30));
    expect(bob.told('sourceInactive')).toHaveLength(1);
    const silent = bob.events.find(({ event }) => event.type === 'sourceInactive')?.at ?? 0;
    expect(silent).toBeGreaterThan(seconds(20)); // two intervals of 5 s
    expect(silent).toBeLessThan(seconds(23));
    expect(bob.sees('ada')?.isSender).toBe(false);

    sim.leave(ada, 'lunch');
    sim.runUntil(seconds(31));
    expect(bob.told('sourceBye')).toMatchObject([{ reason: 'lunch' }]);
    expect(bob.session.sources.size).toBe(0);
    expect(ada.told('left')).toHaveLength(1);
    sim.runUntil(seconds(120));
    expect(bob.told('sourceTimeout')).toHaveLength(0);
  });

  test('report blocks agree with what the network did: loss, duplicates, reordering, jitter, round trip', () => {
    const sim = new Simulation(2, { loss: 0.1, duplicate: 0.05, delay: [20, 60] });
    const ada = sim.join('ada');
    const bob = sim.join('bob');
    sim.talk(ada);
    sim.talk(bob);
    sim.runUntil(seconds(120));
    const source = bob.sees('ada');
    expect(source?.packetsExpected).toBeGreaterThan(5900);
    const lostForGood = 1 - new Set(bob.heard.get(source?.ssrc ?? 0)).size / (source?.packetsExpected ?? 1);
    expect(lostForGood).toBeGreaterThan(0.08);
    expect(lostForGood).toBeLessThan(0.12);
    // RFC 3550 counts duplicates as received.
    const lost = (source?.packetsLost ?? 0) + (source?.duplicates ?? 0);
    expect(lost / (source?.packetsExpected ?? 1)).toBeCloseTo(lostForGood, 3);
    expect((source?.duplicates ?? 0) / 6000).toBeGreaterThan(0.03);
    expect(source?.reordered).toBeGreaterThan(500);
    // Differences of two even draws over 40 ms have a mean of 40/3 ms.
    expect(source?.jitterSeconds).toBeGreaterThan(0.009);
    expect(source?.jitterSeconds).toBeLessThan(0.018);
    // There and back takes 40 to 120 ms.
    expect(source?.roundTripSeconds).toBeGreaterThan(0.04);
    expect(source?.roundTripSeconds).toBeLessThan(0.12);
    const report = ada.sees('bob')?.reports.get(ada.session.ssrc);
    expect((report?.block.fractionLost ?? 0) / 256).toBeGreaterThan(0.01);
    expect((report?.block.fractionLost ?? 0) / 256).toBeLessThan(0.2);
    expect(report?.block.cumulativeLost).toBeGreaterThan(100);
  });

  test('a sender report ties RTP timestamps to the sender’s wall clock', () => {
    const sim = new Simulation(3);
    const ada = sim.join('ada');
    const bob = sim.join('bob');
    sim.talk(ada);
    sim.runUntil(seconds(20));
    // The next packet will carry this timestamp, 20 ms after the last.
    const { timestamp } = ada.session.own;
    expect(bob.sees('ada')?.wallAt(timestamp)).toBeCloseTo(sim.wall + 20, 0);
    expect(bob.sees('ada')?.senderInfo?.packets).toBeGreaterThan(500);
  });

  test('[PEV-08] [PEV-09] one who vanishes times out after five intervals, and is recognised when back', () => {
    const sim = new Simulation(4);
    const ada = sim.join('ada', { sdes: { name: 'Ada' } });
    const bob = sim.join('bob');
    sim.runUntil(seconds(20));
    ada.online = false;
    const lastWords = ada.sent.at(-1)?.at ?? 0;
    sim.runUntil(seconds(80));
    const timeout = bob.events.find(({ event }) => event.type === 'sourceTimeout');
    expect((timeout?.at ?? 0) - lastWords).toBeGreaterThanOrEqual(seconds(25));
    expect((timeout?.at ?? 0) - lastWords).toBeLessThan(seconds(29));
    expect(bob.session.sources.size).toBe(0);
    ada.online = true;
    sim.talk(ada);
    sim.runUntil(seconds(81));
    expect(bob.told('sourceRecovered')).toHaveLength(1);
    expect(bob.sees('ada')?.sdes.name).toBe('Ada');
    expect(bob.told('sourceAdded')).toHaveLength(1);
  });

  test('a participant that never sent anything leaves without a word', () => {
    const sim = new Simulation(5);
    const ada = sim.join('ada');
    sim.leave(ada);
    expect(ada.sent).toHaveLength(0);
    expect(ada.told('left')).toHaveLength(1);
    expect(ada.session.pollTimeout()).toBeUndefined();
  });

  test('SSRC collision: the second one says BYE and goes on under another number (RFC 3550 §8.2)', () => {
    const sim = new Simulation(6);
    const ada = sim.join('ada', { ssrc: 7 });
    const eve = sim.join('eve');
    sim.talk(ada);
    sim.runUntil(seconds(10));
    const bob = sim.join('bob', { ssrc: 7 });
    sim.talk(bob);
    sim.runUntil(seconds(40));
    expect(bob.told('ownSsrcChanged')).toMatchObject([{ before: 7, from: { address: ada.rtp.address } }]);
    expect(bob.session.ssrc).not.toBe(7);
    // Ada meets the same collision, so both move; all three then know the two others.
    expect(ada.session.ssrc).not.toBe(bob.session.ssrc);
    expect([ada, eve, bob].map((node) => node.session.sources.size)).toEqual([2, 2, 2]);
    expect(eve.sees('ada')?.isSender).toBe(true);
    expect(eve.sees('bob')?.isSender).toBe(true);
    // And nobody changes again.
    expect(ada.told('ownSsrcChanged').length).toBeLessThanOrEqual(1);
  });
});

test('50 participants: RTCP stays at 5 % of the session bandwidth, and all know all', () => {
  const sim = new Simulation(7, { delay: [1, 20] }, true);
  const nodes = Array.from({ length: 50 }, (_, n) => sim.join(`m${n}`, { bandwidth: 16_000 }));
  for (const node of nodes.slice(0, 2)) sim.talk(node);
  sim.runUntil(seconds(300));
  expect(nodes.every((node) => node.session.size.members === 50 && node.session.size.senders === 2)).toBe(
    true,
  );
  const rate = rtcpRate(nodes, seconds(100), seconds(300));
  expect(rate).toBeGreaterThan(800 * 0.6);
  expect(rate).toBeLessThan(800 * 1.15);
  // The two senders have a quarter for themselves.
  const senders = rtcpRate(nodes.slice(0, 2), seconds(100), seconds(300));
  expect(senders).toBeLessThan(200 * 1.3);
  // Everyone reports about both: the reception matrix is full.
  const [first, second, third] = nodes;
  expect(first?.sees('m7')?.reports.size).toBe(2);
  expect(third?.sees('m0')?.reports.has(second?.session.ssrc ?? 0)).toBe(true);
});

// About 3 s of work; the limit leaves room for a busy machine.
describe('500 participants', { timeout: 30_000 }, () => {
  const limit = 64_000 * 0.05;
  const sim = new Simulation(8, { delay: [1, 20] }, true);
  const nodes = Array.from({ length: 500 }, (_, n) => sim.join(`m${n}`));

  test('joining at once makes no storm: reconsideration holds the rate (RFC 3550 §6.3.6)', () => {
    sim.runUntil(seconds(60));
    // Without it all 500 would report within 3.1 s: 130 kbit/s.
    expect(rtcpRate(nodes, 0, seconds(4))).toBeLessThan(limit * 8);
    expect(rtcpRate(nodes, seconds(10), seconds(60))).toBeLessThan(limit * 1.2);
    sim.runUntil(seconds(170));
    const known = nodes.map((node) => node.session.size.members);
    expect(Math.min(...known)).toBeGreaterThan(480);
    const rate = rtcpRate(nodes, seconds(90), seconds(170));
    expect(rate).toBeGreaterThan(limit * 0.6);
    expect(rate).toBeLessThan(limit * 1.2);
  });

  test('400 who leave at once do not flood: BYE backs off (RFC 3550 §6.3.7)', () => {
    const leavers = nodes.slice(100);
    const start = sim.now;
    for (const node of leavers) sim.leave(node);
    sim.runUntil(start + seconds(4));
    // Without back-off 270 kbit at once; without counting the BYEs of others 49 kbit/s over these seconds.
    expect(rtcpRate(nodes, start, start + seconds(4))).toBeLessThan(limit * 4);
    sim.runUntil(start + seconds(80));
    expect(rtcpRate(nodes, start + seconds(5), sim.now)).toBeLessThan(limit * 1.3);
    expect(leavers.filter((node) => node.told('left').length === 1).length).toBeGreaterThan(200);
    // Those who stay hear them go, and speak sooner: reverse reconsideration.
    expect(nodes[0]?.session.size.members).toBeLessThan(350);
  });
});

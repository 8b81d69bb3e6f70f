import { describe, expect, test } from 'vitest';
import { ReflectionLimiter } from '../../src/rtcp/index.ts';

/** PCMU with its headers: 80 kbit/s, of which receivers have 3.75 %. */
const RECEIVERS = 3000;

describe('what is sent on for receivers', () => {
  test('a hundred who join at once and then report every five seconds and more all pass', () => {
    const limiter = new ReflectionLimiter({ receiverBandwidth: RECEIVERS }, 0);
    let refused = 0;
    for (let round = 0; round < 20; round++) {
      for (let who = 0; who < 100; who++) {
        // the first reports within 1 to 3 s; later ones as RFC 3550 spreads them for a hundred members
        const at = round === 0 ? 1000 + who * 20 : 5000 + round * 32_000 + who * 320;
        if (!limiter.allow(who, round > 0, 120, at)) refused++;
      }
    }
    expect(refused).toBeLessThan(70); // newcomers wait for their second report when so many come at once
    expect(limiter.allow(7, true, 120, 1_000_000)).toBe(true);
  });

  test('one that reports too often is held to two a second', () => {
    const limiter = new ReflectionLimiter({ receiverBandwidth: 1e6 }, 0);
    let passed = 0;
    for (let at = 0; at < 10_000; at += 10) if (limiter.allow(1, true, 100, at)) passed++;
    expect(passed).toBeGreaterThanOrEqual(20);
    expect(passed).toBeLessThanOrEqual(24);
  });

  test('a flood of invented receivers stays bounded and leaves members their share', () => {
    const limiter = new ReflectionLimiter({ receiverBandwidth: RECEIVERS }, 0);
    let [flooded, members] = [0, 0];
    let ssrc = 1000;
    for (let at = 0; at < 60_000; at++) {
      for (let i = 0; i < 10; i++) if (limiter.allow(ssrc++, false, 120, at)) flooded += 120;
      if (at % 5000 === 0 && limiter.allow(1, true, 120, at)) members++;
    }
    expect(members).toBe(12);
    expect((flooded * 8) / 60).toBeLessThan(5000); // bits per second, of ten million
  });
});

import { describe, expect, test } from 'vitest';
import { type Block, BLOCK_MS, BlockClock } from '../../conference/rtp/block-clock.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** A clock whose polls of the sockets happen when the test says so, each finding the next number of datagrams. */
function bench() {
  const clock = new FakeClock(0);
  const waiting: (() => void)[] = [];
  const blocks = new BlockClock({ clock, afterPoll: (callback) => waiting.push(callback) });
  const played: Block[] = [];
  const unsubscribe = blocks.subscribe((block) => played.push(block));
  const poll = (datagrams: number): void => {
    blocks.received += datagrams;
    waiting.shift()?.();
  };
  return { clock, blocks, played, poll, waiting, unsubscribe };
}

describe('the beat', () => {
  test('comes every 20 ms, numbered, and stops with the last listener', () => {
    const { clock, played, blocks, unsubscribe } = bench();
    clock.advance(100);
    expect(played.map(({ index, due }) => [index, due])).toEqual(
      [0, 1, 2, 3, 4].map((i) => [i, (i + 1) * BLOCK_MS]),
    );
    expect(blocks.nextDue).toBe(120);
    unsubscribe();
    expect(clock.nextDeadline).toBeUndefined();
  });

  test('what collects packets in its own time is asked right before each playing', () => {
    const clock = new FakeClock(0);
    const order: string[] = [];
    const blocks = new BlockClock({ clock, beforeBlocks: () => order.push('collect') });
    const unsubscribe = blocks.subscribe(({ index }) => order.push(`play ${index}`));
    clock.advance(40);
    unsubscribe();
    expect(order).toEqual(['collect', 'play 0', 'collect', 'play 1']);
  });

  test('after a stall nothing is played before the sockets have run dry', () => {
    const { clock, played, poll, waiting } = bench();
    clock.advance(40);
    clock.stall(100);
    expect(played.length).toBe(2);
    for (let i = 0; i < 15; i++) poll(32); // a backlog comes in pieces
    expect(played.length).toBe(2);
    poll(7);
    expect(played.length).toBe(7);
    expect(waiting.length).toBe(0);
  });

  test('a flood cannot hold the playing up for ever, nor again at once', () => {
    const { clock, played, poll, waiting } = bench();
    clock.stall(100);
    for (let i = 0; i < 100 && waiting.length > 0; i++) {
      clock.advance(1);
      poll(100);
    }
    const before = played.length;
    expect(before).toBeGreaterThanOrEqual(5);
    clock.stall(60); // late again within 200 ms: played at once
    expect(played.length).toBeGreaterThan(before);
    expect(waiting.length).toBe(0);
  });

  test('after a long stall the backlog has as long as the stall took, and half a second at most', () => {
    const wait = (stallMs: number): number => {
      const { clock, played, poll } = bench();
      clock.stall(stallMs);
      let waited = 0;
      for (; played.length === 0; waited++) {
        clock.advance(1);
        poll(100);
      }
      return waited;
    };
    expect(wait(320)).toBe(300); // the first beat was due after 20 ms
    expect(wait(2000)).toBe(500);
  });

  test('upkeep comes ten times a second for each, and not for all in the same block', () => {
    const { clock, blocks } = bench();
    const calls = [0, 0, 0];
    const blocksOf = new Map<number, Set<number>>();
    for (const i of calls.keys()) {
      blocks.subscribeUpkeep((now) => {
        calls[i] = (calls[i] ?? 0) + 1;
        blocksOf.set(now, (blocksOf.get(now) ?? new Set()).add(i));
      });
    }
    clock.advance(1000);
    expect(calls).toEqual([10, 10, 10]);
    expect([...blocksOf.values()].every(({ size }) => size === 1)).toBe(true);
  });
});

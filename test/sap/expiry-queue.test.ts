import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Expiring, ExpiryQueue } from '../../src/sap/index.ts';

class Item implements Expiring {
  expiresAt: number;
  scheduled: number | undefined;
  gone = false;
  constructor(expiresAt: number) {
    this.expiresAt = expiresAt;
  }
}

test('gives everything when it is due, in order, wherever its deadline moved, and nothing twice', () => {
  const moment = fc.integer({ min: 0, max: 1000 });
  fc.assert(
    fc.property(fc.array(fc.tuple(moment, moment, fc.boolean()), { maxLength: 60 }), (plan) => {
      const queue = new ExpiryQueue<Item>();
      const items = plan.map(([first, then, gone]) => {
        const item = new Item(first);
        queue.schedule(item);
        item.expiresAt = then;
        queue.schedule(item);
        item.gone = gone;
        return item;
      });
      const taken: Item[] = [];
      for (let now = 0; now <= 1000; now += 50) {
        for (let item = queue.take(now); item !== undefined; item = queue.take(now)) {
          expect(item.expiresAt).toBeGreaterThan(now - 50);
          taken.push(item);
        }
      }
      expect(new Set(taken)).toEqual(new Set(items.filter(({ gone }) => !gone)));
      expect(taken.length).toBe(items.filter(({ gone }) => !gone).length);
      expect(queue.next()).toBeUndefined();
    }),
  );
});

test('does not keep what has gone until it would have been due', () => {
  const queue = new ExpiryQueue<Item>();
  const staying = new Item(5_000_000);
  queue.schedule(staying);
  for (let n = 0; n < 100_000; n++) {
    const item = new Item(3_600_000 + n);
    queue.schedule(item);
    item.gone = true;
    if (n % 2 === 0) {
      staying.expiresAt -= 1; // a deadline that comes nearer leaves one behind each time
      queue.schedule(staying);
    }
  }
  expect(queue.length).toBeLessThanOrEqual(1024);
  expect(queue.take(4_900_000)).toBeUndefined();
  expect(queue.take(5_000_000)).toBe(staying);
});

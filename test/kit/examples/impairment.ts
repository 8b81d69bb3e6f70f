/** What a bad network does to a thousand packets, with the same bad luck each time. Run it with node. */
import { setTimeout as delay } from 'node:timers/promises';
import { listen, openLab, send } from '../index.ts';

await using lab = await openLab({ hosts: 2 });
const where = { group: '239.255.1.1', port: 5004 };
await using impaired = await lab.host(2).impair({
  direction: 'in',
  loss: 0.05,
  delayMs: 40,
  jitterMs: 15,
  reorder: 0.02,
  duplicate: 0.01,
  seed: 42,
});
await using member = await listen(lab.host(2), where);
await send(lab.host(1), { ...where, count: 1000, spacingMs: 1 });
await delay(200);

const { packets, duplicates, reordered, delays } = await member.heard();
const at = (share: number): string => (delays[Math.floor(share * delays.length)] ?? Number.NaN).toFixed(1);
console.log(`${packets} of 1000 heard, ${duplicates} twice, ${reordered} out of order`);
console.log(`delay: median ${at(0.5)} ms, 95th percentile ${at(0.95)} ms`);
console.log('the wire says', await impaired.statistics());

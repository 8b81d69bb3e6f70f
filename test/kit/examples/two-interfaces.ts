/** The commonest fault of all: who joins on the wrong one of two interfaces hears nothing. Run it with node. */
import { setTimeout as delay } from 'node:timers/promises';
import { listen, openLab, send } from '../index.ts';

await using lab = await openLab({ hosts: 3, networks: 2 });
const where = { group: '239.255.1.1', port: 5004 };
await using wrong = await listen(lab.host(2), { ...where, interfaceName: 'eth1' });
await using right = await listen(lab.host(3), { ...where, interfaceName: 'eth0' });
await using capture = await lab.host(3).capture('udp', 'eth0');
await send(lab.host(1), { ...where, count: 50 });
await delay(100);

console.log(`joined on eth1: ${(await wrong.heard()).packets} of 50`);
console.log(`joined on eth0: ${(await right.heard()).packets} of 50`);
const rows = await capture.rows('ip.src', 'ip.dst', 'ip.ttl');
console.log(`captured on eth0: ${rows.length} packets, the first ${rows[0]?.join(' ')}`);

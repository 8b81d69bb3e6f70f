/** Why a stream stops four minutes after it began: nobody asks who listens, and the switch forgets. Run it with node. */
import { setTimeout as delay } from 'node:timers/promises';
import { listen, openLab, send } from '../index.ts';

await using lab = await openLab({ hosts: 2 });
await lab.setSwitch({ querier: 'missing', membershipSeconds: 2 }); // 260 in real switches
const where = { group: '239.255.1.1', port: 5004 };
await using member = await listen(lab.host(2), where);

let before = 0;
for (let second = 1; second <= 4; second++) {
  await send(lab.host(1), { ...where, count: second * 100 }); // numbered from 0: new ones count
  await delay(800);
  const { packets } = await member.heard();
  console.log(`second ${second}: ${packets > before ? 'heard' : 'silence, although still joined'}`);
  before = packets;
}

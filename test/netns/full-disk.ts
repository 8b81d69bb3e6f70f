import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLocatorService, openStore } from '../../directory/server/index.ts';
import { systemClock } from '../../src/net/index.ts';
import { conferenceDn, TestClient } from '../directory/server/support.ts';

/**
 * A service whose disk, the folder given, becomes full and then has room again. Prints what happened as JSON. Its disk
 * is small: the test mounts it.
 */
const [folder = ''] = process.argv.slice(2);
const filler = join(folder, 'filler');
const told: string[] = [];
using store = openStore({ path: join(folder, 'directory.db'), durability: 'power' });
using service = createLocatorService({
  store,
  clock: systemClock,
  sweepSeconds: 0,
  onTrouble: (text) => told.push(text),
});
const client = new TestClient(service);
writeFileSync(filler, Buffer.alloc(256 * 1024));
const acknowledged: string[] = [];
let refusal = { code: 0, message: '' };
for (let i = 0; refusal.code === 0 && i < 5000; i += 4) {
  const names = [0, 1, 2, 3].map((k) => `c${i + k}`);
  const answers = await Promise.all(
    names.map((name) => client.addConference(name, { description: 'x'.repeat(2000) })),
  );
  answers.forEach(({ code, message }, k) => {
    if (code === 0) acknowledged.push(names[k]!);
    else refusal = { code, message };
  });
}
const again = await client.addConference('once more', { description: 'x'.repeat(2000) });
const missing: string[] = [];
for (const name of acknowledged)
  if ((await client.read(conferenceDn(name))) === undefined) missing.push(name);
const { entries } = await client.search('(description=*x*)', { attributes: ['1.1'] });
rmSync(filler);
const afterwards = await client.addConference('afterwards');
console.log(
  JSON.stringify({
    acknowledged: acknowledged.length,
    missing,
    found: entries.length,
    refusal,
    again: again.code,
    afterwards: afterwards.code,
    notices: client.notices.length,
    told,
  }),
);
process.exit(0);

import { afterAll, beforeAll, expect, test } from 'vitest';
import { createConference, createDirectory, type Directory, openDirectory } from '../../directory/index.ts';
import { HastyClock } from '../support/hasty-clock.ts';
import { type Slapd, startSlapdPair } from '../support/slapd.ts';

/** Two OpenLDAP servers that replicate each other, and one directory that has both. */
let pair: readonly [Slapd, Slapd];
let clock: HastyClock;
let directory: Directory;

beforeAll(async () => {
  pair = await startSlapdPair();
});
afterAll(() => Promise.all(pair.map((slapd) => slapd.stop())));

const credentials = () => ({ kind: 'simple', dn: pair[0].adminDn, password: pair[0].adminPassword }) as const;

async function namesAt(slapd: Slapd): Promise<string[]> {
  await using one = await openDirectory(slapd.url, { credentials: credentials(), clock });
  const names = (await one.search().toArray()).map(({ name }) => name);
  return names.sort((a, b) => (a < b ? -1 : 1));
}

/** Waits for what replication brings about. */
async function eventually(look: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 40_000;
  while (!(await look().catch(() => false))) {
    if (performance.now() > end) throw new Error('it never came about');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

test('[DIR-06] [DIR-09] one of two replicating servers is killed among many changes and comes back: nothing is lost', async () => {
  clock = new HastyClock();
  for (const slapd of pair) await slapd.restart(); // as they were before a first try
  await eventually(async () => (await namesAt(pair[1])).join() === (await namesAt(pair[0])).join());
  await pair[0].clear();
  await eventually(async () => (await namesAt(pair[1])).length === 0);
  directory = await createDirectory(`${pair[0].url} ${pair[1].url}`, { clock });
  await directory.connect({ timeoutMs: 20_000 });
  await directory.bind(credentials());
  try {
    directory.autoRefresh = true;
    await directory.add(createConference({ name: 'Kept' }), { ttlSeconds: 600 });
    directory.autoRefresh = false;
    // what was acknowledged and not replicated yet can be had from nobody while its server is down
    await eventually(async () => (await namesAt(pair[1])).includes('Kept'));
    const names = Array.from({ length: 200 }, (_, i) => `c${1000 + i}`);
    for (let wave = 0; wave < 10; wave++) {
      const adding = names
        .slice(wave * 20, wave * 20 + 20)
        .map((name) => directory.add(createConference({ name }), { ttlSeconds: 3600 }));
      if (wave === 3) await Promise.all([pair[0].kill(), ...adding]);
      else await Promise.all(adding);
    }
    expect(pair[1].url).toContain(directory.displayName);
    const refreshed = new Promise((resolve) => directory.on('refreshed', (...told) => resolve(told)));
    clock.forward(301_000);
    await expect(refreshed).resolves.toEqual(['Kept', 600]);

    await pair[0].restart();
    const all = ['Kept', ...names];
    await eventually(async () => (await namesAt(pair[0])).join() === all.join());
    await eventually(async () => (await namesAt(pair[1])).join() === all.join());

    // back at the preferred one, what is deleted there is gone at both: no ghosts
    clock.forward(290_000);
    await eventually(async () => {
      await directory.get('Kept');
      return pair[0].url.includes(directory.displayName);
    });
    await Promise.all(names.map((name) => directory.delete(name)));
    for (const slapd of pair) await eventually(async () => (await namesAt(slapd)).join() === 'Kept');
  } finally {
    await directory.close();
  }
});

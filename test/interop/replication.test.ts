import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConference, createDirectory, type Directory, openDirectory } from '../../directory/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { asAdmin } from '../support/ldap-admin.ts';
import { type Slapd, startSlapd, startSlapdPair } from '../support/slapd.ts';

const conference = (name: string) => createConference({ name, machine: 'host.example' });
const credentialsOf = ({ adminDn, adminPassword }: Slapd) =>
  ({ kind: 'simple', dn: adminDn, password: adminPassword }) as const;

/** Looks until it holds: what one server knows the other hears of a moment later. */
async function expectEventually<T>(look: () => Promise<T>, wanted: T): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    const seen = await look().catch((error: unknown) => error);
    try {
      expect(seen).toEqual(wanted);
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const namesIn = async (directory: Directory): Promise<string[]> =>
  (await directory.search().toArray()).map(({ name }) => name).sort();

/** DNs that a server holds, whatever their time. */
const held = (slapd: Slapd): Promise<string[]> =>
  asAdmin(slapd, async (client) => {
    const base = `ou=Conferences,${slapd.suffix}`;
    const { searchEntries } = await client.search(base, { scope: 'one', attributes: ['1.1'] });
    return searchEntries.map(({ dn }) => dn.split(',')[0] ?? '').sort();
  });

describe('two servers that replicate each other', () => {
  let servers: readonly [Slapd, Slapd];
  beforeAll(async () => {
    servers = await startSlapdPair();
    await expectEventually(() => held(servers[1]), []);
  });
  afterAll(async () => {
    for (const server of servers ?? []) await server.stop();
  });

  test('[DIR-03] [DIR-06] [DIR-11] one is killed and comes back: nothing acknowledged is lost, and refreshing goes on', async () => {
    const [one, two] = servers;
    const clock = new FakeClock(1000, Date.now());
    const directory = await createDirectory(`${one.url} ${two.url}`, { clock });
    await directory.connect();
    await directory.bind(credentialsOf(one));
    expect(directory.isDynamic).toBe(false); // expiry is ours, since refreshes of the server are not replicated
    directory.autoRefresh = true;
    await using other = await openDirectory(two.url, { clock, credentials: credentialsOf(two) });
    await directory.add(conference('kept'), { ttlSeconds: 600 });
    directory.autoRefresh = false;
    await directory.add(conference('left'), { ttlSeconds: 600 });
    await expectEventually(() => namesIn(other), ['kept', 'left']);

    const refreshed: string[] = [];
    directory.on('refreshed', (name) => refreshed.push(name));
    await one.kill();
    const acknowledged = Array.from({ length: 20 }, (_, i) => `while down ${String(i).padStart(2, '0')}`);
    for (const name of acknowledged) await directory.add(conference(name), { ttlSeconds: 600 });
    await directory.delete('left');
    clock.advance(300_000);
    await expectEventually(async () => refreshed.includes('kept'), true);
    await expectEventually(() => namesIn(other), ['kept', ...acknowledged]);

    await one.restart();
    await using back = await openDirectory(one.url, { clock, credentials: credentialsOf(one) });
    await expectEventually(() => namesIn(back), ['kept', ...acknowledged]); // "left" is no ghost there
    await expectEventually(() => held(one), await held(two));

    // the other one goes now, and what it had acknowledged is all there
    await two.kill();
    await expect(namesIn(back)).resolves.toEqual(['kept', ...acknowledged]);
    const refreshedAfter = async (): Promise<void> => {
      const before = refreshed.length;
      clock.advance(300_000);
      await expectEventually(async () => refreshed.length > before, true);
    };
    await refreshedAfter();
    await refreshedAfter();
    // what nobody refreshes is over, and not shown though both servers hold it
    await expectEventually(() => namesIn(back), ['kept']);
    expect((await held(one)).length).toBe(acknowledged.length + 1);
    await two.restart();
    await expectEventually(() => namesIn(other), ['kept']);

    // swept at both at once, each is gone from both, and nothing comes back
    const sweeps = [back.sweep({ graceSeconds: 0 }).toArray(), other.sweep({ graceSeconds: 0 }).toArray()];
    await Promise.all(sweeps);
    for (const server of servers) await expectEventually(() => held(server), ['cn=kept']);
    await directory.close();
  });

  test('[DIR-03] what was acknowledged by the one that dies at once is there again with it', async () => {
    const [one, two] = servers;
    await one.clear();
    await expectEventually(() => held(two), []);
    const names = Array.from({ length: 50 }, (_, i) => `burst ${String(i).padStart(2, '0')}`);
    await using directory = await openDirectory(one.url, { credentials: credentialsOf(one) });
    await Promise.all(names.map((name) => directory.add(conference(name))));
    await one.restart();
    for (const server of servers)
      await expectEventually(
        () => held(server),
        names.map((name) => `cn=${name}`),
      );
  });
});

test('[DIR-03] a server with dynamic entries that replicates is not left to end them', async () => {
  const modules = 'moduleload syncprov';
  const slapd = await startSlapd({ dds: true, schema: modules, extra: 'overlay syncprov' });
  try {
    await using careful = await openDirectory(slapd.url);
    expect(careful.isDynamic).toBe(false);
    await using told = await openDirectory(`${slapd.url}/????x-expiry=server`);
    expect(told.isDynamic).toBe(true);
    await using toldToo = await openDirectory(slapd.url, { expiry: 'server' });
    expect(toldToo.isDynamic).toBe(true);
  } finally {
    await slapd.stop();
  }
});

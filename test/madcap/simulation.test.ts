import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatMadcapMessage,
  type MadcapLease,
  type MadcapServer,
  MemoryLeaseStore,
  parseMadcapMessage,
  type ServedScope,
} from '../../src/madcap/index.ts';
import { servedScope, smallScope } from './server-rig.ts';
import { doubleGrants, seeded, type SimulatedClient, Simulation, type Weather } from './simulation.ts';

const SCOPE = '239.255.0.0';
const HOUR = 3_600_000;

const weather: fc.Arbitrary<Weather> = fc.record({
  loss: fc.double({ min: 0, max: 0.5, noNaN: true }),
  duplication: fc.double({ min: 0, max: 0.5, noNaN: true }),
  delay: fc
    .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 8000 }))
    .map(([least, more]): [number, number] => [least, least + more]),
});

/** Lets each client lease, then renew or not, then release or not, at times of its own. */
function lead(
  simulation: Simulation,
  clients: readonly SimulatedClient[],
  seed: number,
): Map<number, number> {
  const random = seeded(seed);
  const asked = new Map<number, number>();
  const count = (client: SimulatedClient): void => {
    const n = simulation.clients.indexOf(client);
    asked.set(n, (asked.get(n) ?? 0) + 1);
  };
  const change = (client: SimulatedClient, lease: MadcapLease, type: 'renew' | 'release'): void => {
    const query = { family: 4 as const, id: lease.id, servers: [lease.serverAddress] };
    if (type === 'renew')
      client.client.renew({ ...query, seconds: 600 + Math.floor(random() * 3000) }, simulation.now);
    else client.client.release(query, simulation.now);
    count(client);
    client.poll();
  };
  simulation.onClientEvent = (client, event) => {
    if (event.type !== 'lease') return;
    const wait = random() * 500_000;
    if (random() < 0.5) simulation.at(simulation.now + wait, () => change(client, event.lease, 'renew'));
    else if (random() < 0.7)
      simulation.at(simulation.now + wait, () => change(client, event.lease, 'release'));
  };
  for (const client of clients) {
    simulation.at(random() * 200_000, () => {
      const wanted = 1 + Math.floor(random() * 3);
      client.client.request(
        {
          family: 4,
          scope: SCOPE,
          id: client.client.newLeaseIdentifier(),
          count: wanted,
          minimumCount: 1 + Math.floor(random() * wanted),
          seconds: 600 + Math.floor(random() * 3000),
          retryForMs: random() < 0.5 ? 200_000 : 0,
          ...(random() < 0.3 ? { start: simulation.unix + Math.floor(random() * 4000) } : {}),
        },
        simulation.now,
      );
      count(client);
      client.poll();
    });
  }
  return asked;
}

/** As many ends as beginnings, and nothing left to wait for. */
function expectAllEnded(simulation: Simulation, asked: Map<number, number>): void {
  for (const [n, { client, events }] of simulation.clients.entries()) {
    expect(events.filter(({ type }) => type !== 'retry')).toHaveLength(asked.get(n) ?? 0);
    expect(client.pollTimeout()).toBeUndefined();
  }
}

/** Everything can be had again, at once. */
function expectAllFree(server: MadcapServer, now: number): void {
  const free = Number(server.uses()[0]?.addresses ?? 0n);
  const addressCount = { minimum: free, desired: free };
  const options = { leaseIdentifier: Uint8Array.of(7), scope: SCOPE, addressCount };
  const bytes = formatMadcapMessage({ type: 'request', family: 4, xid: 1, options });
  server.handleDatagram(bytes, { address: '192.0.2.99', port: 1 }, now);
  const reply = server.pollTransmit();
  expect(reply && parseMadcapMessage(reply.bytes).options.addressRanges).toMatchObject([{ count: free }]);
}

const shares = (count: number, size: number): ServedScope[] =>
  Array.from({ length: count }, (_, n) => {
    const at = (low: number): string => `239.255.${low >> 8}.${low & 255}`;
    const all = count * size;
    const exclusions = [
      { first: at(0), last: n === 0 ? '' : at(n * size - 1) },
      { first: at((n + 1) * size), last: n === count - 1 ? '' : at(all - 1) },
    ].filter(({ last }) => last !== '');
    return servedScope({ last: at(all + 255), exclusions });
  });

test('no address is granted twice and none is lost, whatever the network does', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(
      fc.integer(),
      weather,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 4, max: 24 }),
      fc.boolean(),
      (seed, weather, servers, clients, size, haveOneStore) => {
        const simulation = new Simulation(seed, weather);
        const common = new MemoryLeaseStore();
        for (const scope of shares(servers, size)) {
          // With one store, servers may grant the same addresses: the store is where they meet.
          const all = haveOneStore ? { ...scope, exclusions: [] } : scope;
          simulation.addServer([all], haveOneStore ? { store: common, isMobile: true } : {});
        }
        for (let n = 0; n < clients; n++) simulation.addClient();
        const doubles: string[] = [];
        simulation.onServerLease = () => {
          const stores = new Set(simulation.servers.map(({ store }) => store));
          doubles.push(...doubleGrants([...stores].flatMap((store) => [...store.all()])));
        };
        const asked = lead(simulation, simulation.clients, seed);
        simulation.run(2 * HOUR);
        expect(doubles).toEqual([]);
        expectAllEnded(simulation, asked);
        simulation.run(12 * HOUR);
        for (const { server, store } of simulation.servers) {
          expect({ leases: store.size, offers: server.offers }).toEqual({ leases: 0, offers: 0 });
        }
        for (const { server } of haveOneStore ? simulation.servers.slice(0, 1) : simulation.servers) {
          expectAllFree(server, simulation.now);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('clocks that are off by less than half an hour do no harm, those off by more are told', () => {
  const simulation = new Simulation(5, { loss: 0, duplication: 0, delay: [1, 20] });
  const served = simulation.addServer([smallScope(200)]);
  for (let n = 0; n < 40; n++) simulation.addClient((n - 20) * 180);
  for (const it of simulation.clients) {
    const { client } = it;
    const id = client.newLeaseIdentifier();
    client.request({ family: 4, scope: SCOPE, id, start: simulation.unix, seconds: 7200 }, simulation.now);
    it.poll();
  }
  simulation.run(HOUR);
  const ends = simulation.clients.map(({ events }) => events[0]);
  expect(ends.filter((it) => it?.type === 'lease')).toHaveLength(21);
  const failed = ends.filter((it) => it?.type === 'failed');
  expect(failed).toHaveLength(19);
  for (const it of failed) expect(it.failure).toMatchObject({ reason: 'refused', error: { code: 2 } });
  expect(doubleGrants(served.store.all())).toEqual([]);
});

test('one server and 10 000 clients', { timeout: 120_000 }, () => {
  const simulation = new Simulation(7, { loss: 0.05, duplication: 0.02, delay: [1, 200] });
  const { server, store } = simulation.addServer([servedScope()]);
  for (let n = 0; n < 10_000; n++) simulation.addClient();
  const random = seeded(8);
  const leases = new Map<SimulatedClient, MadcapLease>();
  simulation.onClientEvent = (client, event) => {
    if (event.type === 'lease') leases.set(client, event.lease);
    if (event.type === 'released') leases.delete(client);
  };
  for (const it of simulation.clients) {
    simulation.at(random() * 60_000, () => {
      it.client.request(
        { family: 4, scope: SCOPE, id: it.client.newLeaseIdentifier(), seconds: 3600 },
        simulation.now,
      );
      it.poll();
    });
  }
  simulation.run(150_000);
  expect(simulation.clients.filter(({ events }) => events.length !== 1)).toEqual([]);
  expect(leases.size).toBeGreaterThan(9_990);
  expect(new Set([...leases.values()].flatMap(({ addresses }) => addresses)).size).toBe(leases.size);
  expect(doubleGrants(store.all())).toEqual([]);
  expect(store.size).toBeGreaterThanOrEqual(leases.size);
  expect(server.cached).toBeLessThanOrEqual(20_000);
  for (const [it, lease] of leases) {
    it.client.release({ family: 4, id: lease.id, servers: [lease.serverAddress] }, simulation.now);
    it.poll();
  }
  simulation.run(HOUR);
  expect(store.size).toBeLessThan(20); // those whose answers were all lost: they end by themselves
  simulation.run(4 * HOUR);
  expect(store.size).toBe(0);
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SapGateway } from '../../../directory/gateway/index.ts';
import { createConference, type Directory } from '../../../directory/index.ts';
import { Conference } from '../../../directory/conference.ts';
import { sessionKey } from '../../../directory/gateway/session.ts';
import type { SapHost } from './air.ts';
import { conferencesOf, description, NOW, type SharedDirectory, Site } from './site.ts';

// Gateways, directories, announcers and users come, go and crash at random on one network. Whatever happens, no session
// goes round in circles.

const GROUP = '239.255.255.255';

type Step =
  | { readonly type: 'announce' | 'withdraw' | 'crashAnnouncer'; readonly session: number }
  | { readonly type: 'publish' | 'edit' | 'unpublish'; readonly session: number; readonly directory: number }
  | { readonly type: 'start' | 'stop' | 'crash'; readonly gateway: number }
  | { readonly type: 'pass'; readonly seconds: number }
  | { readonly type: 'loss'; readonly percent: number };

const number = (max: number): fc.Arbitrary<number> => fc.nat({ max });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constantFrom('announce', 'withdraw', 'crashAnnouncer'),
        session: number(3),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constantFrom('publish', 'edit', 'unpublish'),
        session: number(3),
        directory: number(1),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constantFrom('start', 'stop', 'crash'), gateway: number(2) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constant('pass'), seconds: fc.integer({ min: 1, max: 400 }) }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('loss'), percent: fc.constantFrom(0, 0, 30) }) },
  ),
  { minLength: 5, maxLength: 25 },
);

/** Gateways 0 and 1 share directory 0; gateway 2 has directory 1. */
class World implements AsyncDisposable {
  readonly site: Site;
  readonly directories: readonly SharedDirectory[];
  readonly clients: Directory[] = [];
  readonly gateways = new Map<number, { gateway: SapGateway; host: SapHost }>();
  readonly announcers = new Map<number, SapHost>();
  readonly versions = new Map<number, number>();
  readonly #random: () => number;
  #loss = 0;

  constructor(seed: number) {
    let state = seed | 1;
    this.#random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    this.site = new Site(this.#random);
    this.site.air.deliver = () => this.#random() * 100 >= this.#loss;
    this.directories = [this.site.directory(), this.site.directory()];
  }

  async run(step: Step): Promise<void> {
    const { site, gateways, announcers } = this;
    switch (step.type) {
      case 'announce': {
        const host = announcers.get(step.session) ?? site.air.host(`192.0.2.${100 + step.session}`);
        announcers.set(step.session, host);
        host.announce(this.#described(step.session), [GROUP]);
        break;
      }
      case 'withdraw':
        announcers.get(step.session)?.withdraw(this.#described(step.session));
        break;
      case 'crashAnnouncer': {
        const host = announcers.get(step.session);
        if (host !== undefined) site.air.remove(host);
        announcers.delete(step.session);
        break;
      }
      case 'publish': {
        const conference = new Conference({ name: `P${step.session}`, blob: this.#published(step) });
        await this.clients[step.directory]?.add(conference, { ttlSeconds: 86_400 }).catch(() => undefined); // it is there
        break;
      }
      case 'edit': {
        const found = await this.clients[step.directory]?.get(`P${step.session}`);
        if (found === undefined || found.origin !== undefined) break;
        found.description = `edited ${site.clock.now()}`;
        await this.clients[step.directory]?.modify(found);
        break;
      }
      case 'unpublish': {
        const found = await this.clients[step.directory]?.get(`P${step.session}`);
        if (found !== undefined) await this.clients[step.directory]?.delete(found);
        break;
      }
      case 'start': {
        const directory = this.directories[step.gateway === 2 ? 1 : 0];
        if (directory === undefined || gateways.has(step.gateway)) break;
        const host = site.air.host(`192.0.2.${1 + step.gateway}`);
        gateways.set(step.gateway, { gateway: await site.gateway(host, directory), host });
        break;
      }
      case 'stop':
      case 'crash': {
        const running = gateways.get(step.gateway);
        if (running === undefined) break;
        gateways.delete(step.gateway);
        if (step.type === 'stop') await running.gateway.close();
        site.air.remove(running.host);
        await running.gateway.close();
        break;
      }
      case 'pass':
        await site.pass(step.seconds, 2000);
        break;
      case 'loss':
        this.#loss = step.percent;
        break;
    }
    await site.settle();
  }

  /** What holds at all times. */
  async check(): Promise<void> {
    for (const [index, client] of this.clients.entries()) {
      const copies = (await conferencesOf(client)).filter(({ origin }) => origin !== undefined);
      const keys = copies.map(({ blob }) => sessionKey(blob));
      assert.equal(new Set(keys).size, keys.length, 'one copy of each session');
      const back = keys.filter((key) => new RegExp(`^user \\d${index} `).test(key ?? ''));
      assert.deepEqual(back, [], 'nothing comes back to where it was published');
    }
    for (const { packet, from } of this.site.air.sent) {
      const last = Number(from.split('.').at(-1));
      if (last >= 100 || packet.type !== 'announce') continue;
      // what a gateway announces was published by a user of its directory: announcers here have other origins
      assert.match(Buffer.from(packet.payload).toString(), /^v=0\r\no=user/);
    }
  }

  /** What holds once nothing has happened for a while. */
  async checkSettled(): Promise<void> {
    const { air, clock } = this.site;
    await this.run({ type: 'loss', percent: 0 });
    await this.run({ type: 'pass', seconds: 1500 }); // who is silent is given up, and others have taken over
    const since = clock.now();
    const told = this.site.told.length;
    await this.run({ type: 'pass', seconds: 600 });
    const recent = air.sent.filter(({ at, packet }) => at > since && packet.type === 'announce');
    const senders = Map.groupBy(recent, ({ packet }) => sessionKey(packet.payload));
    for (const [key, sent] of senders) {
      assert.equal(new Set(sent.map(({ from }) => from)).size, 1, `one announcer of ${key}`);
      assert.ok(sent.length <= 4, `${key} was announced ${sent.length} times`);
    }
    const changes = this.site.told.slice(told).filter((text) => !/ (removed|withdrawn) /.test(text));
    assert.deepEqual(changes, [], 'what is at rest stays at rest');
    const isRunning = (directory: number): boolean =>
      directory === 1 ? this.gateways.has(2) : this.gateways.has(0) || this.gateways.has(1);
    for (const [index, client] of this.clients.entries()) {
      if (!isRunning(index)) continue;
      const all = await conferencesOf(client);
      for (const { origin, blob, name } of all) {
        if (origin === undefined) assert.ok(senders.has(sessionKey(blob)), `${name} is announced`);
      }
      const here = all.map(({ blob }) => sessionKey(blob));
      assert.equal(new Set(here).size, here.length, 'no copy beside what was published');
      for (const key of senders.keys()) assert.ok(here.includes(key), `${key} is in directory ${index}`);
    }
  }

  /** Everybody but the gateways is gone and time passes: nothing is left. */
  async end(): Promise<void> {
    this.#loss = 0;
    for (const [session, host] of this.announcers) {
      this.site.air.remove(host);
      this.announcers.delete(session);
    }
    for (const client of this.clients) {
      for (const conference of await conferencesOf(client)) {
        if (conference.origin === undefined) await client.delete(conference);
      }
    }
    await this.site.pass(4200, 20_000);
    const before = this.site.air.sent.length;
    for (const client of this.clients)
      assert.deepEqual(await conferencesOf(client), [], 'all copies are gone');
    await this.site.pass(3600, 60_000);
    assert.equal(this.site.air.sent.length, before, 'nobody announces anything');
  }

  #described(session: number): Uint8Array {
    return description({ name: `A${session}`, id: String(session), host: `192.0.2.${100 + session}` });
  }

  #published({ session, directory }: { readonly session: number; readonly directory: number }): Uint8Array {
    const id = `${session}${directory}`;
    return description({
      name: `P${session}`,
      user: 'user',
      id,
      host: '192.0.2.200',
      group: '239.255.9.9/15',
    });
  }

  async open(): Promise<void> {
    for (const directory of this.directories) this.clients.push(await directory.open());
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.site[Symbol.asyncDispose]();
  }
}

test('whoever comes, goes and crashes: one copy, one announcer, and nothing that outlives its source', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), steps, async (seed, all) => {
      await using world = new World(seed);
      await world.open();
      await world.run({ type: 'start', gateway: 0 });
      for (const step of all) {
        await world.run(step);
        await world.check();
      }
      await world.checkSettled();
      await world.check();
      await world.end();
      expect(world.gateways.size).toBeLessThanOrEqual(3);
    }),
    { numRuns: 15 },
  );
}, 120_000);

test('two gateways and a hundred sessions for ten minutes: each is announced once in its time', async () => {
  await using site = new Site();
  const shared = site.directory();
  const directory = await shared.open();
  for (let i = 0; i < 50; i++) {
    const conference = createConference({
      name: `C${i}`,
      group: `239.255.1.${i}`,
      stopTime: null,
      now: new Date(NOW + i),
    });
    await directory.add(conference, { ttlSeconds: 86_400 });
  }
  const bob = site.air.host('192.0.2.9');
  for (let i = 0; i < 50; i++) bob.announce(description({ name: `B${i}`, id: `${i}` }), [GROUP]);
  await site.gateway(site.air.host('192.0.2.1'), shared);
  await site.gateway(site.air.host('192.0.2.2'), shared);
  await site.pass(600);
  const all = await conferencesOf(directory);
  expect(all.filter(({ origin }) => origin !== undefined)).toHaveLength(50);
  expect(all).toHaveLength(100);
  const before = site.air.sent.length;
  await site.pass(600);
  // 100 announcements of 200 bytes every 300 s at least: each once, twice or three times
  expect(site.air.sent.length - before).toBeLessThanOrEqual(300);
  expect(site.air.sent.length - before).toBeGreaterThanOrEqual(100);
}, 60_000);

import { afterEach, beforeEach, expect, test } from 'vitest';
import { createConference } from '../../directory/index.ts';
import type { LdapDirectory } from '../../directory/ldap-directory.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FaultyService } from './faulty-service.ts';

let clock: FakeClock;
let faulty: FaultyService;
let directory: LdapDirectory;
let events: string[];

beforeEach(async () => {
  clock = new FakeClock();
  faulty = new FaultyService(clock);
  directory = await faulty.open(clock, 200);
  directory.autoRefresh = true;
  events = [];
  directory.on('refreshed', (name, ttl) => events.push(`refreshed ${name} ${ttl}`));
  directory.on('readded', (name) => events.push(`readded ${name}`));
  directory.on('refreshFailed', (name, { message }, ms) => events.push(`failed ${name} ${ms}: ${message}`));
});
afterEach(async () => {
  await directory.close();
  faulty.stop();
});

const conference = (name: string) => createConference({ name, machine: 'host.example' });

/** Moves time on and waits for the event it should bring. */
async function pass(seconds: number, event: 'refreshed' | 'readded' | 'refreshFailed'): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  directory.on(event, () => resolve());
  clock.advance(seconds * 1000);
  await promise;
}

test('[DIR-06] entries added while it is on live as long as the directory is open', async () => {
  const kept = conference('Kept');
  await directory.add(kept, { ttlSeconds: 600 });
  directory.autoRefresh = false;
  await directory.add(conference('Not kept'), { ttlSeconds: 600 });
  for (let i = 0; i < 5; i++) await pass(300, 'refreshed');
  expect(events).toEqual(Array.from({ length: 5 }, () => 'refreshed Kept 600'));
  expect((await directory.search().toArray()).map(({ name }) => name)).toEqual(['Kept']);
  expect(kept.expiresAt?.getTime()).toBe(clock.wall() + 600_000);
  await directory.close();
  expect(clock.nextDeadline).not.toBe(clock.now() + 300_000);
  clock.advance(700_000);
  const other = await faulty.open(clock);
  await expect(other.get('Kept')).resolves.toBeUndefined();
  await other.close();
});

test('[DIR-06] an entry that is gone is added again, as it was last committed', async () => {
  const mine = conference('Phoenix');
  await directory.add(mine, { ttlSeconds: 600 });
  mine.description = 'committed';
  await directory.modify(mine);
  mine.description = 'not committed';
  const other = await faulty.open(clock);
  await other.delete('Phoenix');
  await pass(300, 'readded');
  expect(events).toEqual(['readded Phoenix']);
  await expect(other.get('Phoenix')).resolves.toMatchObject({ description: 'committed', ttlSeconds: 600 });
  await pass(300, 'refreshed');
  await other.close();
});

test('[DIR-06] a refusal is told, and tried again', async () => {
  await directory.add(conference('Refused'), { ttlSeconds: 600 });
  faulty.fate = (op, nth) =>
    op.type === 'extendedRequest' && nth <= 2
      ? { answers: [{ type: 'extendedResponse', resultCode: 51, matchedDN: '', diagnosticMessage: 'later' }] }
      : 'pass';
  await pass(300, 'refreshFailed');
  await pass(0, 'refreshFailed'); // at once
  await pass(0.5, 'refreshed');
  expect(events).toEqual([
    expect.stringMatching(/^failed Refused 0: .*busy \(51\): later/),
    expect.stringMatching(/^failed Refused 500: /),
    'refreshed Refused 600',
  ]);
});

test('[DIR-06] a lost answer is no failure, and a lost connection is opened again', async () => {
  await directory.add(conference('Unlucky'), { ttlSeconds: 600 });
  faulty.fate = (op, nth) => (op.type === 'extendedRequest' && nth === 1 ? 'break after' : 'pass');
  await pass(300, 'refreshed');
  expect(events).toEqual(['refreshed Unlucky 600']);
  expect(faulty.connections).toBe(2);
});

test('[DIR-06] [DIR-12] what is deleted stays deleted; a refused delete is kept alive as before', async () => {
  const mine = conference('Deleted');
  await directory.add(mine, { ttlSeconds: 600 });
  faulty.fate = (op) =>
    op.type === 'delRequest'
      ? { answers: [{ type: 'delResponse', resultCode: 50, matchedDN: '', diagnosticMessage: '' }] }
      : 'pass';
  await expect(directory.delete(mine)).rejects.toThrow(/insufficientAccessRights/);
  await pass(0, 'refreshed');
  await pass(300, 'refreshed');
  faulty.fate = () => 'pass';
  await directory.delete(mine);
  const before = faulty.requests.length;
  clock.advance(10_000_000);
  await expect(directory.search().toArray()).resolves.toEqual([]);
  expect(faulty.requests.slice(before)).toEqual(['searchRequest']); // nobody tried to refresh it
});

test('[DIR-06] [OBJ-03] a renamed entry is kept under its new name', async () => {
  const mine = conference('Old');
  await directory.add(mine, { ttlSeconds: 600 });
  mine.name = 'New';
  await directory.modify(mine);
  await pass(300, 'refreshed');
  expect(events).toEqual(['refreshed New 600']);
  expect((await directory.search().toArray()).map(({ name }) => name)).toEqual(['New']);
});

test('[DIR-11] a refresh by hand moves the automatic one', async () => {
  await directory.add(conference('Both'), { ttlSeconds: 600 });
  clock.advance(200_000);
  await directory.refresh('Both', 1000);
  clock.advance(400_000);
  await new Promise(setImmediate);
  expect(events).toEqual([]);
  await pass(100, 'refreshed');
  expect(events).toEqual(['refreshed Both 1000']);
});

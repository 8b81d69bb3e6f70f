import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createConference, createUser } from '../../directory/index.ts';
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

test.each([true, false])(
  '[DEF-07] users are not removed by leaving, they age out: kept alive until then %s',
  async (isKept) => {
    directory.autoRefresh = isKept;
    await directory.add(createUser({ name: 'alice', primaryPhone: 'a.example' }), { ttlSeconds: 600 });
    await directory.close();
    expect(faulty.count('delRequest')).toBe(0);
    await using other = await faulty.open(clock);
    clock.advance(599_000);
    await expect(other.getUser('alice')).resolves.toMatchObject({ ttlSeconds: 1 });
    clock.advance(1000);
    await expect(other.getUser('alice')).resolves.toBeUndefined();
  },
);

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

/** A computer that wakes up: the monotonic clock stood still, where `monotonicToo` is false, and the wall clock did not. */
function sleep(seconds: number, monotonicToo: boolean): void {
  if (monotonicToo) clock.stall(seconds * 1000);
  else clock.setWallForward(seconds * 1000);
}

describe('when the computer sleeps', () => {
  const next = (event: 'refreshed' | 'readded' | 'taken'): Promise<void> =>
    new Promise((resolve) => directory.on(event, () => resolve()));

  test.each([
    ['and the monotonic clock too', false],
    ['while the monotonic clock goes on', true],
  ])('[DIR-06] shorter than the time to live, %s: it is refreshed on waking', async (_, monotonicToo) => {
    await directory.add(conference('Napping'), { ttlSeconds: 600 });
    sleep(400, monotonicToo);
    const woken = next('refreshed');
    clock.advance(30_000); // when it next looks at the clocks
    await woken;
    await expect(directory.get('Napping')).resolves.toMatchObject({ ttlSeconds: expect.closeTo(600, -2) });
  });

  test.each([
    ['and the monotonic clock too', false],
    ['while the monotonic clock goes on', true],
  ])('[DIR-06] for hours, %s: what has expired is registered again', async (_, monotonicToo) => {
    await directory.add(conference('Asleep'), { ttlSeconds: 600 });
    await directory.add(conference('Asleep too'), { ttlSeconds: 900 });
    sleep(5 * 3600, monotonicToo);
    const both = new Promise<void>((resolve) => {
      let count = 0;
      directory.on('readded', () => ++count === 2 && resolve());
    });
    clock.advance(30_000);
    await both;
    expect(events.toSorted()).toEqual(['readded Asleep', 'readded Asleep too']);
    expect((await directory.search().toArray()).length).toBe(2);
  });

  test('[DIR-06] and somebody else takes the name: theirs is left alone, and ours is told of', async () => {
    await directory.add(conference('Coveted'), { ttlSeconds: 600 });
    const taken: string[] = [];
    directory.on('taken', (name, { message }) => taken.push(`${name}: ${message}`));
    // they add it in the moment in which we are away and it has expired
    sleep(601, false);
    const other = await faulty.open(clock);
    await other.add(createConference({ name: 'Coveted', machine: 'theirs.example' }), { ttlSeconds: 600 });
    const told = next('taken');
    clock.advance(30_000);
    await told;
    expect(taken[0]).toMatch(/^Coveted: .*somebody else/);
    clock.advance(600_000);
    await expect(other.get('Coveted')).resolves.toBeUndefined(); // nobody kept theirs alive for them
    expect(events).toEqual([]);
    await other.close();
  });

  test('[DIR-06] the wall clock set back changes nothing', async () => {
    await directory.add(conference('Steady'), { ttlSeconds: 600 });
    clock.setWallForward(-7 * 3600_000);
    clock.advance(299_000);
    await new Promise(setImmediate);
    expect(faulty.count('extendedRequest')).toBe(0);
    await pass(1, 'refreshed');
    expect(events).toEqual(['refreshed Steady 600']);
  });

  test('[DIR-06] the wall clock set forward costs one refresh more, and small steps none', async () => {
    await directory.add(conference('Corrected'), { ttlSeconds: 3600 });
    for (let i = 0; i < 20; i++) {
      clock.setWallForward(i % 2 === 0 ? 2000 : -2000);
      clock.advance(30_000);
    }
    await new Promise(setImmediate);
    expect(faulty.count('extendedRequest')).toBe(0);
    clock.setWallForward(1800_000);
    await pass(30, 'refreshed');
    clock.advance(60_000);
    await new Promise(setImmediate);
    expect(faulty.count('extendedRequest')).toBe(1);
  });
});

describe('at the end', () => {
  test('[DIR-06] what was kept is withdrawn when asked, and nothing else', async () => {
    await directory.add(conference('Mine'), { ttlSeconds: 600 });
    directory.autoRefresh = false;
    await directory.add(conference('Left'), { ttlSeconds: 600 });
    await directory.close({ withdraw: true });
    const other = await faulty.open(clock);
    expect((await other.search().toArray()).map(({ name }) => name)).toEqual(['Left']);
    await other.close();
  });

  test('[DIR-06] what was changed by somebody else is not withdrawn, and what is gone is no failure', async () => {
    await directory.add(conference('Changed'), { ttlSeconds: 600 });
    await directory.add(conference('Gone'), { ttlSeconds: 600 });
    const other = await faulty.open(clock);
    await other.delete('Gone');
    const theirs = await other.get('Changed');
    if (theirs === undefined) throw new Error('it was just added');
    theirs.description = 'by them';
    await other.modify(theirs);
    await directory.close({ withdraw: true });
    await expect(other.get('Changed')).resolves.toMatchObject({ description: 'by them' });
    await other.close();
  });

  test('[DIR-06] a refusal is told, and it is closed all the same', async () => {
    await directory.add(conference('Stuck'), { ttlSeconds: 600 });
    faulty.fate = (op) =>
      op.type === 'delRequest'
        ? { answers: [{ type: 'delResponse', resultCode: 50, matchedDN: '', diagnosticMessage: '' }] }
        : 'pass';
    await expect(directory.close({ withdraw: true })).rejects.toThrow(/insufficientAccessRights/);
    await expect(directory.get('Stuck')).rejects.toMatchObject({ code: 'ERR_DIRECTORY_NOT_CONNECTED' });
  });

  test('[DIR-06] a crash leaves it to expire', async () => {
    await directory.add(conference('Orphan'), { ttlSeconds: 600 });
    faulty.fate = () => 'hang'; // nobody hears of us any more
    clock.advance(10);
    const other = new FaultyService(clock, faulty.store);
    const survivor = await other.open(clock);
    await expect(survivor.get('Orphan')).resolves.toBeDefined();
    clock.advance(600_000);
    await expect(survivor.get('Orphan')).resolves.toBeUndefined();
    await survivor.close();
    other.breakAll();
  });
});

import { expect, test } from 'vitest';
import { createConference } from '../../../directory/index.ts';
import { conferencesOf, description, NOW, Site } from './site.ts';

const SITE = '239.255.255.255';

test('an announced session becomes a conference that says where it is from, and goes with the announcement', async () => {
  await using site = new Site();
  const bob = site.air.host('192.0.2.9');
  const shared = site.directory();
  const directory = await shared.open();
  const gateway = await site.gateway(site.air.host('192.0.2.1'), shared);
  bob.announce(description(), [SITE]);
  await site.pass(10);
  const [talk] = await conferencesOf(directory);
  expect(talk?.name).toBe('Talk');
  expect(Buffer.from(talk?.blob ?? []).toString()).toBe(Buffer.from(description()).toString());
  expect(talk?.origin).toEqual({
    kind: 'sap',
    source: '192.0.2.9',
    group: SITE,
    hash: bob.announcer.announcements().next().value?.hash,
    gateway: '192.0.2.1',
    session: 'bob 1 IN IP4 192.0.2.9',
  });
  expect(talk?.ttlSeconds).toBeGreaterThan(3500);
  expect(talk?.ttlSeconds).toBeLessThanOrEqual(3600);
  // it lives as long as it is announced
  await site.pass(3 * 3600, 20_000);
  expect(await conferencesOf(directory)).toHaveLength(1);
  expect(gateway.counts).toMatchObject({ kept: 1, imported: 1, announced: 0, removed: 0 });
  expect(gateway.counts.refreshed).toBeLessThan(10);
  // deleted by hand it comes back under its name, once it is heard again
  await directory.delete('Talk');
  await site.pass(5);
  expect(await conferencesOf(directory)).toEqual([]);
  await site.pass(900, 10_000);
  expect((await conferencesOf(directory)).map(({ name }) => name)).toEqual(['Talk']);
  // changed
  bob.announce(description({ version: '2', more: 'a=tool:new\r\n' }), [SITE]);
  await site.pass(15);
  expect((await directory.get('Talk'))?.sdp?.sessionVersion).toBe('2');
  // and gone
  bob.withdraw(description());
  await site.pass(10);
  expect(await conferencesOf(directory)).toEqual([]);
  expect(site.told).toEqual([
    '192.0.2.1: imported Talk',
    '192.0.2.1: imported Talk',
    '192.0.2.1: updated Talk',
    '192.0.2.1: removed Talk',
  ]);
});

test('what falls silent goes after an hour', async () => {
  await using site = new Site();
  const bob = site.air.host('192.0.2.9');
  const shared = site.directory();
  await site.gateway(site.air.host('192.0.2.1'), shared);
  const directory = await shared.open();
  bob.announce(description(), [SITE]);
  await site.pass(10);
  site.air.remove(bob);
  await site.pass(3500, 10_000);
  expect(await conferencesOf(directory)).toHaveLength(1);
  await site.pass(120, 10_000);
  expect(await conferencesOf(directory)).toEqual([]);
});

test('a conference of the directory is announced as its scope says, changed with it, and deleted with it', async () => {
  await using site = new Site();
  const ear = site.air.host('192.0.2.8');
  const shared = site.directory();
  const directory = await shared.open();
  await site.gateway(site.air.host('192.0.2.1'), shared);
  const meeting = createConference({
    name: 'Meeting',
    now: new Date(NOW),
    group: '239.255.3.4',
    stopTime: null,
  });
  await directory.add(meeting, { ttlSeconds: 86_400 });
  await site.pass(10);
  const [heard] = [...ear.sessions()];
  expect(Buffer.from(heard?.description ?? []).toString()).toBe(Buffer.from(meeting.blob).toString());
  expect(heard?.heard.map(({ group }) => group)).toEqual([SITE]);
  meeting.description = 'with cake';
  await directory.modify(meeting);
  await site.pass(10);
  const [changed] = [...ear.sessions()];
  expect(changed?.text).toContain('i=with cake');
  expect(changed?.hash).not.toBe(heard?.hash);
  await directory.delete(meeting);
  await site.pass(10);
  expect([...ear.sessions()]).toEqual([]);
  expect(site.told).toEqual([
    `192.0.2.1: announced Meeting to ${SITE}`,
    `192.0.2.1: reannounced Meeting to ${SITE}`,
    '192.0.2.1: withdrawn Meeting',
  ]);
  expect(await conferencesOf(directory)).toEqual([]); // its own announcement was no news to the gateway
});

test('what anonymous readers may not see, is encrypted, local, over or on no group is not announced', async () => {
  await using site = new Site();
  const shared = site.directory();
  const directory = await shared.open();
  const gateway = await site.gateway(site.air.host('192.0.2.1'), shared);
  const now = new Date(NOW);
  const base = { now, group: '239.255.3.4', stopTime: null } as const;
  let id = 0;
  const add = async (init: Parameters<typeof createConference>[0], edit = ''): Promise<void> => {
    const made = createConference({ ...init, now: new Date(NOW + 1000 * ++id) });
    const blob = Buffer.from(made.blob).toString().replace('m=audio', `${edit}m=audio`);
    await directory.add(createConference({ ...init, sdp: blob }), { ttlSeconds: 86_400 });
  };
  await add({ ...base, name: 'Secret', acl: 'owner:all' });
  await add({ ...base, name: 'Flagged', isEncrypted: true });
  await add({ ...base, name: 'Keyed' }, 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n');
  await add({ ...base, name: 'Old key' }, 'k=clear:secret\r\n');
  await add({ ...base, name: 'Local', scope: 'local' });
  await directory.add(createConference({ name: 'Unicast', sdp: description({ group: '192.0.2.55' }) }));
  await add({
    ...base,
    name: 'Over',
    startTime: new Date(NOW - 7200_000),
    stopTime: new Date(NOW - 3600_000),
  });
  await site.pass(10);
  expect(site.air.sent).toEqual([]);
  expect(gateway.counts).toMatchObject({
    announced: 0,
    notAnnounced: { encrypted: 3, local: 1, noGroup: 1, over: 1 },
  });
  await add({ ...base, name: 'Ends', stopTime: new Date(NOW + 600_000) });
  await site.pass(10);
  expect(gateway.counts.announced).toBe(1);
  await site.pass(700, 10_000);
  expect(gateway.counts.announced).toBe(0);
  expect(site.air.sent.at(-1)?.packet.type).toBe('delete');
});

test('names that are taken get their originator, and nobody else’s entry is touched', async () => {
  await using site = new Site();
  const shared = site.directory();
  const directory = await shared.open();
  await site.gateway(site.air.host('192.0.2.1'), shared);
  await directory.add(
    createConference({ name: 'talk', description: 'mine', group: '239.255.0.9', scope: 'local' }),
  );
  const bob = site.air.host('192.0.2.9');
  for (const id of ['1', '2', '3']) bob.announce(description({ id }), [SITE]);
  bob.announce(description({ id: '4', name: '-' }), [SITE]);
  bob.announce(description({ id: '5', name: ' ' }), [SITE]);
  bob.announce(description({ id: '6', name: 'a\u0007b \u200b' }), [SITE]);
  bob.announce(description({ id: '7', name: 'x'.repeat(400) }), [SITE]);
  await site.pass(30);
  const names = (await conferencesOf(directory)).map(({ name }) => name);
  expect(names).toEqual([
    'Talk (bob@192.0.2.9)',
    'Talk (bob@192.0.2.9) 2',
    'Talk (bob@192.0.2.9) 3',
    'Unnamed (bob@192.0.2.9)',
    'Unnamed (bob@192.0.2.9) 2',
    'a b',
    'talk',
    `${'x'.repeat(199)}…`,
  ]);
  expect((await directory.get('talk'))?.description).toBe('mine');
});

test('two gateways and one directory: one copy, one announcer; the other takes over', async () => {
  await using site = new Site();
  const shared = site.directory();
  const directory = await shared.open();
  const bob = site.air.host('192.0.2.9');
  const hosts = [site.air.host('192.0.2.1'), site.air.host('192.0.2.2')] as const;
  const [one, two] = [await site.gateway(hosts[0], shared), await site.gateway(hosts[1], shared)];
  bob.announce(description(), [SITE]);
  await directory.add(createConference({ name: 'Meeting', group: '239.255.3.4', stopTime: null }), {
    ttlSeconds: 86_400,
  });
  await site.pass(1200, 5000);
  const copies = await conferencesOf(directory);
  expect(copies.map(({ name }) => name)).toEqual(['Meeting', 'Talk']);
  expect(one.counts.kept + two.counts.kept).toBe(1);
  expect(one.counts.announced + two.counts.announced).toBe(1);
  // whoever does it all is gone from one moment to the next
  const keeper = copies[1]?.origin?.gateway;
  const [dead, alive, host] = keeper === '192.0.2.1' ? [one, two, hosts[0]] : [two, one, hosts[1]];
  site.air.remove(host);
  await dead.close();
  await site.pass(2 * 3600, 10_000);
  const after = await conferencesOf(directory);
  expect(after.map(({ name }) => name)).toEqual(['Meeting', 'Talk']);
  expect(after[1]?.origin?.gateway).not.toBe(keeper);
  expect(alive.counts).toMatchObject({ kept: 1, announced: 1 });
});

test('two gateways, two directories, one network: each imports what the other announces, and nothing goes round', async () => {
  await using site = new Site();
  const [left, right] = [site.directory(), site.directory()];
  const one = await site.gateway(site.air.host('192.0.2.1'), left);
  const two = await site.gateway(site.air.host('192.0.2.2'), right);
  const [a, b] = [await left.open(), await right.open()];
  const made = (name: string, ms: number) =>
    createConference({ name, group: '239.255.3.4', stopTime: null, now: new Date(NOW + ms) });
  await a.add(made('Left', 1), { ttlSeconds: 86_400 });
  await b.add(made('Right', 2), { ttlSeconds: 86_400 });
  await site.pass(1800, 5000);
  expect((await conferencesOf(a)).map(({ name, origin }) => [name, origin?.source])).toEqual([
    ['Left', undefined],
    ['Right', '192.0.2.2'],
  ]);
  expect((await conferencesOf(b)).map(({ name, origin }) => [name, origin?.source])).toEqual([
    ['Left', '192.0.2.1'],
    ['Right', undefined],
  ]);
  expect([one.counts.announced, two.counts.announced]).toEqual([1, 1]);
  const senders = new Map(site.air.sent.map(({ packet, from }) => [`${packet.hash} ${from}`, 0]));
  expect(senders.size).toBe(2);
  expect(site.air.sent.length).toBeLessThan(2 * (1800 / 200 + 2));
  await a.delete('Left');
  await site.pass(15);
  expect((await conferencesOf(b)).map(({ name }) => name)).toEqual(['Right']);
});

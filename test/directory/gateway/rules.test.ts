import { describe, expect, test } from 'vitest';
import { announceability } from '../../../directory/gateway/announceable.ts';
import { nameKey, sessionName } from '../../../directory/gateway/names.ts';
import { entryView, sessionKey } from '../../../directory/gateway/session.ts';
import { Conference, createConference } from '../../../directory/index.ts';
import type { AdvertisingScope } from '../../../src/ip/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { conferencesOf, description, NOW, Site } from './site.ts';

const SITE = '239.255.255.255';
const ALL: ReadonlySet<AdvertisingScope> = new Set(['local', 'site', 'region', 'world']);

describe('where a conference is announced', () => {
  const now = new Date(NOW);
  test.each([
    { group: '239.255.1.2', scope: 'site', to: [SITE] },
    { group: '239.192.1.2', scope: 'region', to: ['239.195.255.255'] },
    { group: '224.2.200.1', scope: 'world', to: ['224.2.127.254'] },
    // never further than the TTL says: the group alone would have it announced in all the world
    { group: '224.2.200.1', scope: 'site', to: [SITE] },
    { group: '224.2.200.1', scope: 'region', to: ['239.195.255.255'] },
    { group: '239.192.1.2', scope: 'site', to: [SITE] },
    // nor than its zone
    { group: '239.255.1.2', scope: 'world', to: [SITE] },
    { group: '239.255.1.2', scope: 'local', to: 'local' },
    { group: '224.0.0.77', scope: 'site', to: 'local' },
    { group: 'ff12::77', scope: 'site', to: ['ff02::2:7ffe'] },
    { group: 'ff15::77', scope: 'site', to: ['ff05::2:7ffe'] },
    { group: 'ff18::77', scope: 'site', to: ['ff08::2:7ffe'] },
    { group: 'ff1e::77', scope: 'site', to: ['ff0e::2:7ffe'] },
  ] as const)('$group in scope $scope', ({ group, scope, to }) => {
    const conference = createConference({ name: 'X', now, group, scope, stopTime: null });
    const verdict = announceability(conference, now, ALL);
    expect('reason' in verdict ? verdict.reason : verdict.groups).toEqual(to);
  });

  test('only in the scopes that are wanted', () => {
    const conference = createConference({ name: 'X', now, group: '239.192.1.2', scope: 'region' });
    expect(announceability(conference, now, new Set(['site']))).toEqual({ reason: 'scope' });
  });
});

test('an entry is one entry, however the server spells its name', () => {
  const clock = new FakeClock();
  // as it was added, and as Active Directory gives it back
  const dns = [
    'msTAPI-uid=Über,ou=Conferences,dc=rv,dc=test',
    'msTAPI-uid=Über,OU=Conferences,DC=rv,DC=test',
  ];
  const views = dns.map((dn) => {
    const publication = { dn, name: 'Über', ttlSeconds: 60, expiresAt: undefined };
    return entryView(new Conference({ name: 'Über', blob: description(), publication }), clock);
  });
  expect(views[0]?.dn).toBe(views[1]?.dn);
});

describe('names', () => {
  const key = 'bob 1 IN IP4 192.0.2.9';
  test.each([
    ['Talk', 0, 'Talk'],
    ['Talk', 1, 'Talk (bob@192.0.2.9)'],
    ['Talk', 2, 'Talk (bob@192.0.2.9) 2'],
    ['-', 0, 'Unnamed (bob@192.0.2.9)'],
    ['-', 1, 'Unnamed (bob@192.0.2.9) 2'],
    [undefined, 0, 'Unnamed (bob@192.0.2.9)'],
    ['\u200b \u00ad', 0, 'Unnamed (bob@192.0.2.9)'],
    [' a\u0007\u0000b  c ', 0, 'a b c'],
  ] as const)('%j, candidate %i: %s', (name, candidate, wanted) => {
    expect(sessionName(name, key, candidate)).toBe(wanted);
  });

  test('at most 200 characters, none of them cut in two, whatever comes', () => {
    const long = '\u{1f600}'.repeat(300);
    for (let candidate = 0; candidate < 10; candidate++) {
      const name = sessionName(long, `${'u'.repeat(300)} 1 IN IP4 ${'h'.repeat(300)}`, candidate);
      expect(name.length).toBeLessThanOrEqual(200);
      expect(name.isWellFormed()).toBe(true);
    }
  });

  test('what directories take for the same is the same', () => {
    expect(nameKey(' Morning  Round ')).toBe(nameKey('morning round'));
    expect(nameKey('Ｔａｌｋ')).toBe(nameKey('talk'));
    expect(nameKey('Talk')).not.toBe(nameKey('Talks'));
  });
});

test('an origin that says nothing is told apart by where the media go, whoever announces it', () => {
  const nowhere = (group: string) => description({ user: '-', id: '0', host: '127.0.0.1', group });
  expect(sessionKey(nowhere('239.1.2.3/15'))).not.toBe(sessionKey(nowhere('239.1.2.4/15')));
  expect(sessionKey(Buffer.from('v=0\r\ns=x\r\n'))).toBeUndefined();
});

test('a flood of announcements makes a bounded number of copies at a bounded rate, and leaves room for others', async () => {
  await using site = new Site();
  const shared = site.directory();
  const directory = await shared.open();
  const limits = { maxImported: 60, maxImportedPerSource: 20, writesPerSecond: 5 };
  const gateway = await site.gateway(site.air.host('192.0.2.1'), shared, { limits });
  const flood = site.air.host('192.0.2.66');
  for (let i = 0; i < 2000; i++) {
    flood.announce(description({ name: `F${i}`, id: `${i}`, host: '192.0.2.66' }), [SITE]);
  }
  await site.pass(5);
  // six seconds' worth at once, then five a second
  expect((await conferencesOf(directory)).length).toBeLessThanOrEqual(30 + 25);
  await site.pass(3600, 10_000);
  expect(gateway.counts.kept).toBe(20);
  expect(gateway.counts.waiting).toBeGreaterThan(50);
  const bob = site.air.host('192.0.2.9');
  bob.announce(description(), [SITE]);
  await site.pass(10);
  expect((await directory.get('Talk'))?.origin?.source).toBe('192.0.2.9');
  // one goes, another takes its room
  const [first] = (await conferencesOf(directory)).filter(({ origin }) => origin?.source === '192.0.2.66');
  flood.withdraw(first?.blob ?? new Uint8Array());
  await site.pass(30);
  expect(gateway.counts.kept).toBe(21);
});

test('what cannot be a conference is counted and left out', async () => {
  await using site = new Site();
  const shared = site.directory();
  const gateway = await site.gateway(site.air.host('192.0.2.1'), shared, { scopes: new Set(['site']) });
  const bob = site.air.host('192.0.2.9');
  bob.announce(Buffer.from('o=bob 1 1 IN IP4 192.0.2.9\r\nnonsense\r\n'), [SITE]);
  bob.announce(description({ id: '2', more: `a=x:${'y'.repeat(9000)}\r\n` }), [SITE]);
  bob.announce(description({ id: '3' }), ['224.2.127.254']);
  await site.pass(10);
  expect(gateway.counts.notImported).toEqual({ invalid: 1, tooLong: 1, scope: 1, refused: 0 });
  expect(await conferencesOf(await shared.open())).toEqual([]);
});

test('what is heard in a wanted scope later is copied then; what turns into nonsense goes', async () => {
  await using site = new Site();
  const shared = site.directory();
  const gateway = await site.gateway(site.air.host('192.0.2.1'), shared, { scopes: new Set(['site']) });
  const directory = await shared.open();
  const names = async () => (await conferencesOf(directory)).map(({ name }) => name);
  const bob = site.air.host('192.0.2.9');
  bob.announce(description(), ['239.195.255.255']);
  await site.pass(10);
  expect(await names()).toEqual([]);
  bob.announce(description(), ['239.195.255.255', SITE]);
  await site.pass(60);
  expect(await names()).toEqual(['Talk']);
  expect(gateway.counts.notImported.scope).toBe(1);
  bob.announce(description({ version: '2', more: `a=x:${'y'.repeat(9000)}\r\n` }), [SITE]);
  await site.pass(60);
  expect(await names()).toEqual([]);
});

test('conferences that there is no room to announce are counted', async () => {
  await using site = new Site();
  const shared = site.directory();
  const gateway = await site.gateway(site.air.host('192.0.2.1'), shared, { limits: { maxAnnounced: 1 } });
  const directory = await shared.open();
  for (const [i, name] of ['A', 'B', 'C'].entries()) {
    await directory.add(createConference({ name, now: new Date(NOW + i), group: '239.255.1.2' }));
  }
  await site.pass(60);
  expect(gateway.counts).toMatchObject({ announced: 1, notAnnounced: { room: 2 } });
  await directory.delete('A');
  await directory.delete('B');
  await site.pass(60);
  expect(gateway.counts).toMatchObject({ announced: 1, notAnnounced: {} });
});

test('what a publisher puts into the directory itself takes the place of the copy', async () => {
  await using site = new Site();
  const shared = site.directory();
  const directory = await shared.open();
  await site.gateway(site.air.host('192.0.2.1'), shared);
  const bob = site.air.host('192.0.2.9');
  bob.announce(description(), [SITE]);
  await site.pass(10);
  await directory.add(createConference({ name: 'Bob himself', sdp: description() }), { ttlSeconds: 86_400 });
  await site.pass(10);
  expect((await conferencesOf(directory)).map(({ name, origin }) => [name, origin])).toEqual([
    ['Bob himself', undefined],
  ]);
  // he announces it himself: it is not announced twice
  expect(site.air.sent.filter(({ from }) => from === '192.0.2.1')).toEqual([]);
});

test('a directory that is away is waited for, and a copy is not made twice', async () => {
  await using site = new Site();
  const shared = site.directory();
  const directory = await shared.open();
  const gateway = await site.gateway(site.air.host('192.0.2.1'), shared);
  await site.pass(5);
  const bob = site.air.host('192.0.2.9');
  await site.gateway(site.air.host('192.0.2.2'), shared, { name: 'broken', importInto: directory });
  await directory.close(); // everything it asks for fails from now on
  bob.announce(description(), [SITE]);
  await site.pass(60);
  expect(gateway.counts.kept).toBe(1);
  expect(site.told.filter((text) => text.includes('imported'))).toHaveLength(1);
});

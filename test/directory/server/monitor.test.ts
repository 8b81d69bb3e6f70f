import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatMetrics, networkPeer } from '../../../directory/server/index.ts';
import { persistentSearchControl, utf8Bytes } from '../../../src/ldap/index.ts';
import { identityOf } from '../../../directory/server/peer.ts';
import { SearchContent } from '../../../directory/server/search-content.ts';
import { conferenceDn, searchRequest, TestClient, testService } from './support.ts';

let t: ReturnType<typeof testService>;
beforeEach(() => {
  t = testService();
});
afterEach(() => t[Symbol.dispose]());

const under = (baseObject: string, scope: 'base' | 'one' | 'sub', filter = '(objectClass=*)') =>
  t.client.search(filter, { baseObject, scope, attributes: ['*', '+'] });
const valueOf = async (dn: string, attribute: string): Promise<string | undefined> =>
  (await t.client.read(dn, attribute))?.attributes[attribute]?.[0];

describe('cn=Monitor', () => {
  test('[DIR-03] the root DSE says where it is', async () => {
    expect(await valueOf('', 'monitorContext')).toBe('cn=Monitor');
  });

  test('counts connections, requests, bytes and entries', async () => {
    const other = new TestClient(t.service);
    await other.search('(uid=*)');
    await t.client.addConference('a', { entryTtl: '100' });
    await t.client.addConference('b', { entryTtl: '1000' });
    await t.client.addConference('b');
    expect(await valueOf('cn=Total,cn=Connections,cn=Monitor', 'monitorCounter')).toBe('2');
    expect(await valueOf('cn=Current,cn=Connections,cn=Monitor', 'monitorCounter')).toBe('2');
    expect(await valueOf('cn=Add,cn=Operations,cn=Monitor', 'monitorOpCompleted')).toBe('3');
    expect(await valueOf('cn=Failed,cn=Operations,cn=Monitor', 'monitorCounter')).toBe('1');
    const sent = Number(await valueOf('cn=Bytes,cn=Statistics,cn=Monitor', 'monitorCounter'));
    expect(sent).toBeGreaterThan(100);
    const before = Number(await valueOf('cn=Entries,cn=Database,cn=Monitor', 'monitorCounter'));
    t.clock.advance(101_000);
    t.service.sweep();
    expect(await valueOf('cn=Entries,cn=Database,cn=Monitor', 'monitorCounter')).toBe(String(before - 1));
    expect(await valueOf('cn=Expired,cn=Database,cn=Monitor', 'monitorCounter')).toBe('1');
    expect(await valueOf('cn=Uptime,cn=Time,cn=Monitor', 'monitoredInfo')).toBe('101');
    expect(await valueOf('cn=Current,cn=Time,cn=Monitor', 'monitorTimestamp')).toMatch(/^20261121090141Z$/);
  });

  test('counts failed binds by reason, those who wait for it, and who follows changes', async () => {
    const guest = new TestClient(t.service, networkPeer('192.0.2.1', 1));
    const bind = (name: string, password: string) =>
      guest.request({
        type: 'bindRequest',
        version: 3,
        name,
        authentication: { kind: 'simple', password: utf8Bytes(password) },
      });
    for (let i = 0; i < 3; i++) await bind('cn=ann', 'wrong');
    await bind('cn=ann', '');
    await bind('', '');
    const waiting = bind('cn=ann', 'wrong');
    const follower = new TestClient(t.service);
    follower.send(searchRequest('(uid=*)'), [
      persistentSearchControl({ changeTypes: new Set(['add']), changesOnly: true, returnChanges: true }),
    ]);
    const counter = (dn: string) => valueOf(`${dn},cn=Monitor`, 'monitorCounter');
    expect(await counter('cn=Failed,cn=Binds')).toBe('4');
    expect(await counter('cn=invalidCredentials,cn=Failed,cn=Binds')).toBe('3');
    expect(await counter('cn=unwillingToPerform,cn=Failed,cn=Binds')).toBe('1');
    expect(await counter('cn=Delayed addresses,cn=Binds')).toBe('1');
    expect(await counter('cn=Waiting,cn=Binds')).toBe('1');
    expect(await counter('cn=Following,cn=Connections')).toBe('1');
    const { samples } = parseExposition(formatMetrics(t.service.monitor));
    expect(samples.get('rendezvous_binds_failed_total{reason="invalidCredentials"}')).toBe(3);
    expect(samples.get('rendezvous_binds_failed_total{reason="busy"}')).toBe(0);
    expect(samples.get('rendezvous_bind_delay_addresses')).toBe(1);
    expect(samples.get('rendezvous_bind_delay_waiting')).toBe(1);
    expect(samples.get('rendezvous_followers')).toBe(1);
    t.clock.advance(250);
    await waiting;
    expect(await counter('cn=Waiting,cn=Binds')).toBe('0');
    follower.stream.destroy();
    t.clock.advance(4 * 60_000);
    expect(await counter('cn=Delayed addresses,cn=Binds')).toBe('0');
    expect(await counter('cn=Following,cn=Connections')).toBe('0');
  });

  test('a search under way is begun and not completed', async () => {
    const read = async (attribute: string) =>
      Number(await valueOf('cn=Search,cn=Operations,cn=Monitor', attribute));
    const initiated = await read('monitorOpInitiated');
    expect(await read('monitorOpCompleted')).toBe(initiated); // of the two, one is the search that asks
  });

  test('is a tree: base, one level, subtree, filters, operational attributes', async () => {
    const { entries } = await under('cn=Monitor', 'one');
    expect(entries.map(({ dn }) => dn)).toEqual(
      ['Binds', 'Connections', 'Database', 'Operations', 'Statistics', 'Time'].map(
        (cn) => `cn=${cn},cn=Monitor`,
      ),
    );
    expect(entries.every(({ attributes }) => attributes['hasSubordinates']?.[0] === 'TRUE')).toBe(true);
    const all = await under('cn=Monitor', 'sub');
    expect(all.entries.length).toBeGreaterThan(25);
    expect((await under('cn=Monitor', 'sub', '(monitorCounter>=0)')).entries.length).toBeGreaterThan(8);
    expect(
      (await under('cn=Operations,cn=Monitor', 'sub', '(objectClass=monitorOperation)')).entries,
    ).toHaveLength(11);
    const [bytes] = (await under('cn=bytes,CN=Statistics,cn=monitor', 'base')).entries;
    expect(bytes?.attributes).toMatchObject({
      objectClass: ['monitorCounterObject'],
      structuralObjectClass: ['monitorCounterObject'],
      entryDN: ['cn=Bytes,cn=Statistics,cn=Monitor'],
      hasSubordinates: ['FALSE'],
    });
    expect((await under('cn=No,cn=Monitor', 'base')).code).toBe(32);
    expect((await under('', 'sub', '(cn=Monitor)')).entries).toEqual([]); // it is in no naming context
  });

  test('is for those who have bound, and cannot be changed', async () => {
    const stranger = new TestClient(t.service, networkPeer('192.0.2.1', 1));
    const base = { baseObject: 'cn=Monitor', scope: 'base' } as const;
    expect((await stranger.search('(objectClass=*)', base)).code).toBe(32);
    const ann = identityOf(networkPeer('192.0.2.1', 1), 'cn=ann', 'simple');
    const content = new SearchContent(t.service.context, ann, searchRequest('(cn=*)', base));
    expect(content.candidates(0, 10).entries.filter((entry) => content.isHit(entry))).toHaveLength(1);
    expect((await t.client.replace('cn=Monitor', 'description', 'mine')).code).toBe(32);
    expect((await t.client.add('cn=mine,cn=Monitor', { objectClass: 'monitoredObject' })).code).toBe(32);
  });
});

/** Text exposition format 0.0.4: samples by name and labels. Throws at what does not belong there. */
function parseExposition(text: string): { samples: Map<string, number>; types: Map<string, string> } {
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  let current = '';
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.trimEnd().split('\n')) {
    const help = /^# HELP ([a-z_:][\w:]*) (.+)$/i.exec(line);
    const type = /^# TYPE ([a-z_:][\w:]*) (counter|gauge)$/i.exec(line);
    const sample =
      /^([a-z_:][\w:]*)((?:\{(?:[a-z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)+\})?) (-?\d+(?:\.\d+)?)$/i.exec(line);
    if (help !== null) current = help[1]!;
    else if (type !== null && type[1] === current && !types.has(current)) types.set(current, type[2]!);
    else if (
      sample !== null &&
      sample[1] === current &&
      types.has(current) &&
      !samples.has(`${sample[1]}${sample[2]}`)
    ) {
      samples.set(`${sample[1]}${sample[2]}`, Number(sample[3]));
    } else throw new Error(`not of the format: ${line}`);
  }
  return { samples, types };
}

test('metrics are in the format that Prometheus reads', async () => {
  await t.client.addConference('a');
  await t.client.read(conferenceDn('a'));
  const { samples, types } = parseExposition(formatMetrics(t.service.monitor));
  expect(samples.get('rendezvous_build_info{version="Rendezvous locator service 1"}')).toBe(1);
  expect(samples.get('rendezvous_operations_total{operation="add"}')).toBe(1);
  expect(samples.get('rendezvous_operations_total{operation="search"}')).toBe(1);
  expect(samples.get('rendezvous_connections')).toBe(1);
  expect(samples.get('rendezvous_entries')).toBe(8);
  expect(samples.get('rendezvous_sent_bytes_total')).toBeGreaterThan(50);
  for (const [name, type] of types) expect(name.endsWith('_total')).toBe(type === 'counter');
});

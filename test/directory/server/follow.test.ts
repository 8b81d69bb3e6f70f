import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openStore } from '../../../directory/server/index.ts';
import { networkPeer } from '../../../directory/server/peer.ts';
import {
  type Control,
  decodeEntryChange,
  decodeSyncDone,
  decodeSyncInfo,
  decodeSyncState,
  encodeCancelRequest,
  ENTRY_CHANGE,
  EXTENDED,
  type LdapMessage,
  type PartialAttribute,
  PERSISTENT_SEARCH,
  persistentSearchControl,
  type PersistentSearchValue,
  RESULT,
  type SearchRequest,
  SYNC,
  type SyncRequestValue,
  syncRequestControl,
  utf8Text,
} from '../../../src/ldap/index.ts';
import { parseSddl, serializeSecurityDescriptor } from '../../../src/security/index.ts';
import { type Answer, conferenceDn, searchRequest, TestClient, testService } from './support.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-follow-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What an administrator has put aside. */
function backUp(path: string, copy: string): void {
  using db = new DatabaseSync(path, { readOnly: true });
  db.prepare('VACUUM INTO ?').run(copy);
}

const CONFERENCES = '(objectClass=rtConference)';
const cookieText = (cookie: Uint8Array | undefined): string => utf8Text(cookie ?? new Uint8Array(0)) ?? '';

/** A message of a search that goes on, in short: `add uid=…`, `refreshPresent`, `done 0`. */
function short({ op, controls = [] }: LdapMessage): string {
  if (op.type === 'intermediateResponse') {
    const info = decodeSyncInfo(op);
    if (info.kind === 'idSet') return `${info.refreshDeletes ? 'deleted' : 'present'} ${info.uuids.length}`;
    return info.kind;
  }
  if (op.type === 'searchResultEntry') {
    const [control] = controls;
    const name = /uid=([^,]*)/.exec(op.objectName)?.[1] ?? op.objectName;
    const values = op.attributes.flatMap(({ type, vals }) =>
      type === 'originator' ? vals.map((value) => `=${utf8Text(value)}`) : [],
    );
    if (control === undefined) return `${name}${values.join('')}`;
    const word =
      control.controlType === ENTRY_CHANGE
        ? decodeEntryChange(control).changeType
        : decodeSyncState(control).state;
    return `${word} ${name}${values.join('')}`;
  }
  return 'resultCode' in op ? `done ${op.resultCode}` : op.type;
}

/** One search that goes on. */
class Watch {
  readonly #client: TestClient;
  readonly id: number;
  #shown = 0;

  constructor(client: TestClient, control: Control, filter = CONFERENCES, more: Partial<SearchRequest> = {}) {
    this.#client = client;
    this.id = client.send(searchRequest(filter, more), [control]);
  }
  get messages(): readonly LdapMessage[] {
    return this.#client.notices.filter(({ messageId }) => messageId === this.id);
  }
  /** Messages that came since the last time, once there are `count`. */
  async next(count: number): Promise<string[]> {
    await vi.waitUntil(() => this.messages.length - this.#shown >= count, 20_000);
    const news = this.messages.slice(this.#shown).map(short);
    this.#shown += news.length;
    return news;
  }
  /** The last cookie that came. */
  get cookie(): Uint8Array | undefined {
    let cookie: Uint8Array | undefined;
    for (const { op, controls = [] } of this.messages) {
      const info = op.type === 'intermediateResponse' ? decodeSyncInfo(op) : undefined;
      const state = controls.find(({ controlType }) => controlType === SYNC.state);
      const done = controls.find(({ controlType }) => controlType === SYNC.done);
      cookie =
        info?.cookie ??
        (state && decodeSyncState(state).cookie) ??
        (done && decodeSyncDone(done).cookie) ??
        cookie;
    }
    return cookie;
  }
}

const sync = (
  client: TestClient,
  value: Partial<SyncRequestValue> = {},
  filter?: string,
  more?: Partial<SearchRequest>,
): Watch =>
  new Watch(
    client,
    syncRequestControl({ mode: 'refreshAndPersist', reloadHint: false, ...value }),
    filter,
    more,
  );
const ALL = new Set(['add', 'delete', 'modify', 'modDN'] as const);
const psearch = (client: TestClient, value: Partial<PersistentSearchValue> = {}, filter?: string): Watch =>
  new Watch(
    client,
    persistentSearchControl({ changeTypes: ALL, changesOnly: true, returnChanges: true, ...value }),
    filter,
  );
const remove = (client: TestClient, name: string): Promise<unknown> =>
  client.request({ type: 'delRequest', entry: conferenceDn(name) });

const rename = (client: TestClient, from: string, to: string): Promise<unknown> =>
  client.request({
    type: 'modDNRequest',
    entry: conferenceDn(from),
    newRDN: `uid=${to}`,
    deleteOldRDN: true,
  });

describe('RFC 4533 content synchronisation', () => {
  test('refreshAndPersist: the content, the end of the refresh, then each change with its state', async () => {
    using t = testService();
    await t.client.addConference('one');
    const watch = sync(t.client);
    expect(await watch.next(2)).toEqual(['add one', 'refreshPresent']);
    await t.client.addConference('two');
    await t.client.replace(conferenceDn('one'), 'originator', 'ann');
    await remove(t.client, 'two');
    expect(await watch.next(3)).toEqual(['add two', 'modify one=ann', 'delete two']);
  });

  test('the entryUUID is that of the entry, and stays', async () => {
    using t = testService();
    await t.client.addConference('one');
    const watch = sync(t.client, {}, '(uid=one)', { attributes: ['entryUUID'] });
    await watch.next(2);
    await t.client.replace(conferenceDn('one'), 'originator', 'ann');
    await watch.next(1);
    const uuids = watch.messages
      .flatMap(({ controls = [] }) => controls)
      .map((control) => Buffer.from(decodeSyncState(control).entryUuid).toString('hex'));
    const entry = await t.client.read(conferenceDn('one'), 'entryUUID');
    const text = entry?.attributes['entryUUID']?.[0]?.replaceAll('-', '');
    expect(uuids).toEqual([text, text]);
  });

  test('refreshOnly with a cookie: what was changed, and the names of what was deleted', async () => {
    using t = testService();
    for (const name of ['one', 'two', 'three']) await t.client.addConference(name);
    const first = sync(t.client, { mode: 'refreshOnly' });
    expect(await first.next(4)).toEqual(['add one', 'add two', 'add three', 'done 0']);
    await t.client.replace(conferenceDn('one'), 'originator', 'ann');
    await t.client.replace(conferenceDn('one'), 'originator', 'bob');
    await remove(t.client, 'two');
    const second = sync(t.client, { mode: 'refreshOnly', cookie: first.cookie! });
    expect(await second.next(3)).toEqual(['add one=bob', 'deleted 1', 'done 0']);
    const done = second.messages.at(-1)?.controls?.[0];
    expect(decodeSyncDone(done!).refreshDeletes).toBe(true);
    const third = sync(t.client, { mode: 'refreshOnly', cookie: second.cookie! });
    expect(await third.next(1)).toEqual(['done 0']);
  });

  test('a cookie that the log no longer reaches: changes, and the names of all the rest', async () => {
    using t = testService({ store: openStore({ path: ':memory:', keptChanges: 100 }) });
    for (const name of ['one', 'two']) await t.client.addConference(name);
    const first = sync(t.client, { mode: 'refreshOnly' });
    await first.next(3);
    for (let i = 0; i < 1200; i++) await t.client.replace(conferenceDn('one'), 'originator', `ann ${i}`);
    const second = sync(t.client, { cookie: first.cookie! });
    expect(await second.next(3)).toEqual(['add one=ann 1199', 'present 1', 'refreshPresent']);
  });

  test('resuming with a cookie and persisting: deletions during the gap and after it arrive', async () => {
    using t = testService();
    for (const name of ['one', 'two', 'three']) await t.client.addConference(name);
    const first = sync(t.client);
    await first.next(4);
    t.client.send({ type: 'abandonRequest', abandonId: first.id });
    await remove(t.client, 'one');
    const second = sync(t.client, { cookie: first.cookie! });
    expect(await second.next(2)).toEqual(['deleted 1', 'refreshDelete']);
    await remove(t.client, 'two');
    await t.client.replace(conferenceDn('three'), 'originator', 'ann');
    expect(await second.next(2)).toEqual(['delete two', 'modify three=ann']);
    expect(first.messages).toHaveLength(4);
  });

  test('a cookie of something else is refused, or with a reload hint leads to everything', async () => {
    using t = testService();
    await t.client.addConference('one');
    const cookie = new TextEncoder().encode('nonsense');
    const refused = sync(t.client, { cookie });
    expect(await refused.next(1)).toEqual([`done ${RESULT.syncRefreshRequired}`]);
    const reloaded = sync(t.client, { cookie, reloadHint: true });
    expect(await reloaded.next(2)).toEqual(['add one', 'refreshPresent']);
    // a number that is yet to come: the store is another one, or an older copy
    const future = new TextEncoder().encode('rid=007,csn=20991231000000.000000Z#000000#000#000000');
    const ahead = sync(t.client, { cookie: future });
    expect(await ahead.next(2)).toEqual(['add one', 'refreshPresent']);
    expect(cookieText(ahead.cookie)).toMatch(/^rid=007,csn=2026/);
  });

  test('a store put back from a copy: who has seen what is not in it any more gets everything', async () => {
    const path = join(folder, 'copied.db');
    using t = testService({ store: openStore({ path }) });
    await t.client.addConference('one');
    backUp(path, join(folder, 'copy.db'));
    await t.client.replace(conferenceDn('one'), 'originator', 'lost');
    const before = sync(t.client, { mode: 'refreshOnly' });
    await before.next(2);
    using back = testService({ store: openStore({ path: join(folder, 'copy.db') }) });
    back.clock.advance(1000);
    await back.client.addConference('two');
    const after = sync(back.client, { cookie: before.cookie! });
    expect(await after.next(3)).toEqual(['add one', 'add two', 'refreshPresent']);
  });

  test('limits are those of the refresh', async () => {
    using t = testService();
    await t.client.addConference('one');
    await t.client.addConference('two');
    const limited = sync(t.client, {}, CONFERENCES, { sizeLimit: 1 });
    expect(await limited.next(2)).toEqual(['add one', `done ${RESULT.sizeLimitExceeded}`]);
    const enough = sync(t.client, {}, CONFERENCES, { sizeLimit: 2 });
    await enough.next(3);
    await t.client.addConference('three');
    expect(await enough.next(1)).toEqual(['add three']);
  });

  test('an entry that ceases to match is deleted for the client, one that comes to match is added', async () => {
    using t = testService();
    await t.client.addConference('one', { originator: 'ann' });
    const watch = sync(t.client, {}, '(originator=ann)');
    await watch.next(2);
    await t.client.replace(conferenceDn('one'), 'originator', 'bob');
    await t.client.addConference('other', { originator: 'bob' });
    await remove(t.client, 'other');
    await t.client.replace(conferenceDn('one'), 'originator', 'ann');
    expect(await watch.next(2)).toEqual(['delete one', 'add one=ann']);
  });

  test('[OBJ-06] what a client may not read it does not hear of; what it may no longer read is gone for it', async () => {
    using t = testService();
    const nobody = new TestClient(t.service, networkPeer('192.0.2.1', 4000));
    const rights = (sddl: string): PartialAttribute => ({
      type: 'ntSecurityDescriptor',
      vals: [serializeSecurityDescriptor(parseSddl(sddl))],
    });
    const allow = (name: string, sddl: string): Promise<Answer> =>
      t.client.request({
        type: 'modifyRequest',
        object: conferenceDn(name),
        changes: [{ operation: 'replace', modification: rights(sddl) }],
      });
    await t.client.addConference('open');
    await t.client.addConference('secret');
    await allow('secret', 'D:(A;;GA;;;CO)');
    const watch = sync(nobody);
    const old = psearch(nobody);
    expect(await watch.next(2)).toEqual(['add open', 'refreshPresent']);
    await t.client.replace(conferenceDn('secret'), 'originator', 'ann');
    await remove(t.client, 'secret');
    await allow('open', 'D:(A;;GA;;;CO)');
    expect(await watch.next(1)).toEqual(['delete open']);
    await allow('open', 'D:(A;;GA;;;CO)(A;;GR;;;WD)');
    expect(await watch.next(1)).toEqual(['add open']);
    expect(await old.next(1)).toEqual(['modify open']);
  });

  test('[DIR-11] the end of an entry’s time is a deletion that arrives at once', async () => {
    using t = testService();
    await t.client.addConference('brief', { entryTtl: '5' });
    const watch = sync(t.client);
    await watch.next(2);
    t.clock.advance(4900);
    expect(watch.messages).toHaveLength(2);
    t.clock.advance(400);
    expect(await watch.next(1)).toEqual(['delete brief']);
  });

  test('changes by another process arrive', async () => {
    const path = join(folder, 'shared.db');
    using one = testService({ store: openStore({ path }) });
    using two = testService({ store: openStore({ path }) });
    const watch = sync(one.client);
    await watch.next(1);
    await two.client.addConference('from elsewhere');
    one.clock.advance(250);
    expect(await watch.next(1)).toEqual(['add from elsewhere']);
  });

  test('an entry that is renamed keeps its entryUUID; renamed out of what matches, it is deleted', async () => {
    using t = testService();
    await t.client.addConference('one');
    const all = sync(t.client);
    const ones = sync(t.client, {}, '(uid=one)');
    const old = psearch(t.client);
    await all.next(2);
    await ones.next(2);
    await rename(t.client, 'one', 'two');
    expect(await all.next(1)).toEqual(['modify two']);
    expect(await ones.next(1)).toEqual(['delete one']);
    expect(await old.next(1)).toEqual(['modDN two']);
    const uuids = all.messages.flatMap(({ op, controls = [] }) =>
      op.type === 'searchResultEntry' ? controls.map((it) => decodeSyncState(it).entryUuid.join()) : [],
    );
    expect(new Set(uuids).size).toBe(1);
    const [control] = old.messages.at(-1)?.controls ?? [];
    expect(decodeEntryChange(control!).previousDn).toBe(conferenceDn('one'));
  });

  test('one level, base and subordinates have their own content', async () => {
    using t = testService();
    await t.client.addConference('one');
    const base = sync(t.client, {}, '(objectClass=*)', { baseObject: conferenceDn('one'), scope: 'base' });
    const one = sync(t.client, {}, '(objectClass=*)', { baseObject: 'ou=Dynamic,o=Intranet', scope: 'one' });
    const below = sync(t.client, {}, '(objectClass=*)', {
      baseObject: 'ou=Applications,o=Intranet',
      scope: 'subordinates',
    });
    expect(await base.next(2)).toEqual(['add one', 'refreshPresent']);
    expect(await one.next(2)).toEqual(['add one', 'refreshPresent']);
    expect(await below.next(2)).toEqual([
      'add appName=MS-NetMeeting,ou=Applications,o=Intranet',
      'refreshPresent',
    ]);
    await t.client.addConference('two');
    expect(await one.next(1)).toEqual(['add two']);
    await remove(t.client, 'one');
    expect(await base.next(1)).toEqual(['delete one']);
    expect(below.messages).toHaveLength(2);
  });
});

describe('persistent search', () => {
  test('changes of what matches, each with its kind', async () => {
    using t = testService();
    await t.client.addConference('one');
    const watch = psearch(t.client);
    await t.client.addConference('two');
    await t.client.replace(conferenceDn('one'), 'originator', 'ann');
    await remove(t.client, 'one');
    expect(await watch.next(3)).toEqual(['add two', 'modify one=ann', 'delete one']);
  });

  test('what is there first, if wanted, and only the kinds that were asked for', async () => {
    using t = testService();
    await t.client.addConference('one');
    const watch = psearch(t.client, {
      changeTypes: new Set(['delete']),
      changesOnly: false,
      returnChanges: false,
    });
    expect(await watch.next(1)).toEqual(['one']);
    await t.client.addConference('two');
    await remove(t.client, 'one');
    expect(await watch.next(1)).toEqual(['one']);
  });
});

describe('beside other operations', () => {
  test('several at a time on one connection, which goes on working', async () => {
    using t = testService();
    const watches = [sync(t.client), sync(t.client, {}, '(uid=b*)'), psearch(t.client)];
    await t.client.addConference('alpha');
    await t.client.addConference('beta');
    expect((await t.client.search(CONFERENCES)).entries).toHaveLength(2);
    expect(await watches[0]!.next(3)).toEqual(['refreshPresent', 'add alpha', 'add beta']);
    expect(await watches[1]!.next(2)).toEqual(['refreshPresent', 'add beta']);
    expect(await watches[2]!.next(2)).toEqual(['add alpha', 'add beta']);
  });

  test('Cancel ends one with `canceled`, Abandon without a word; the others go on', async () => {
    using t = testService();
    const [canceled, abandoned, kept] = [sync(t.client), sync(t.client), sync(t.client)] as const;
    for (const watch of [canceled, abandoned, kept]) await watch.next(1);
    const cancel = (id: number) =>
      t.client.request({
        type: 'extendedRequest',
        requestName: EXTENDED.cancel,
        requestValue: encodeCancelRequest(id),
      });
    expect((await cancel(canceled.id)).code).toBe(RESULT.success);
    t.client.send({ type: 'abandonRequest', abandonId: abandoned.id });
    await t.client.addConference('one');
    expect(await kept.next(1)).toEqual(['add one']);
    expect(await canceled.next(1)).toEqual([`done ${RESULT.canceled}`]);
    expect(abandoned.messages).toHaveLength(1);
    expect((await cancel(canceled.id)).code).toBe(RESULT.noSuchOperation);
    const empty = await t.client.request({ type: 'extendedRequest', requestName: EXTENDED.cancel });
    expect(empty.code).toBe(RESULT.protocolError);
    expect(t.service.feed.followers).toBe(1);
    t.client.stream.destroy();
    await vi.waitFor(() => expect(t.service.feed.followers).toBe(0));
  });

  test('a client that does not read costs no memory: it is told that it has missed something', async () => {
    using t = testService({ store: openStore({ path: ':memory:', keptChanges: 100 }) });
    const slow = sync(t.client);
    await slow.next(1);
    t.client.stream.pause();
    const busy = new TestClient(t.service);
    await busy.addConference('big', { generalDescription: 'x'.repeat(20_000) });
    for (let i = 0; i < 3000; i++) await busy.replace(conferenceDn('big'), 'originator', `ann ${i}`);
    t.client.stream.resume();
    await vi.waitFor(
      () => expect(slow.messages.map(short).at(-1)).toBe(`done ${RESULT.syncRefreshRequired}`),
      20_000,
    );
    expect(slow.messages.length).toBeLessThan(200);
  });

  test('at most so many, and not together with pages; a wrong control is refused', async () => {
    using t = testService({ limits: { maxFollowings: 1 } });
    const first = sync(t.client);
    await first.next(1);
    expect(await sync(t.client).next(1)).toEqual([`done ${RESULT.adminLimitExceeded}`]);
    const broken = { controlType: PERSISTENT_SEARCH, criticality: true, controlValue: Uint8Array.of(5, 0) };
    expect((await t.client.search(CONFERENCES, {}, [broken])).code).toBe(RESULT.protocolError);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { csnText, parseCsn } from '../../../directory/server/change-log.ts';
import { openStore } from '../../../directory/server/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { conferenceDn, testService } from './support.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-changes-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the log of changes', () => {
  test('has every change in the order it was made, and what a deleted entry was', async () => {
    using t = testService();
    const { changes } = t.service.context.store;
    const start = changes.last;
    await t.client.addConference('one');
    await t.client.replace(conferenceDn('one'), 'originator', 'ann');
    await t.client.replace(conferenceDn('one'), 'entryTtl', '900'); // no change of the entry
    const uuid = (await t.client.search('(uid=one)', { attributes: ['entryUUID'] })).entries[0]?.attributes;
    await t.client.request({ type: 'delRequest', entry: conferenceDn('one') });
    const log = changes.after(start, 10);
    expect(log.map(({ kind }) => kind)).toEqual(['add', 'modify', 'delete']);
    expect(new Set(log.map(({ entry }) => entry)).size).toBe(1);
    expect(log[2]).toMatchObject({ was: { dn: conferenceDn('one'), uuid: uuid?.['entryUUID']?.[0] } });
    expect(changes.after(log[0]!.csn, 1)).toEqual([log[1]]);
    expect(changes.last).toBe(log[2]?.csn);
  });

  test('numbers grow although the clock is set back', () => {
    const path = join(folder, 'clocks.db');
    using ahead = testService({ store: openStore({ path, clock: new FakeClock(0, Date.UTC(2130, 0, 1)) }) });
    using late = testService({ store: openStore({ path, clock: new FakeClock(0, Date.UTC(2020, 0, 1)) }) });
    const { last } = ahead.service.context.store.changes;
    expect(last).toBeGreaterThanOrEqual(Date.UTC(2130, 0, 1) * 1000);
    expect(late.service.context.store.changes.next()).toBe(last + 1);
  });

  test('another process sees it, and notices that there is something to see', async () => {
    const path = join(folder, 'shared.db');
    using one = testService({ store: openStore({ path }) });
    using two = testService({ store: openStore({ path }) });
    const { changes } = two.service.context.store;
    const { last, foreignVersion } = changes;
    await one.client.addConference('shared');
    expect(changes.foreignVersion).not.toBe(foreignVersion);
    expect(changes.after(last, 10)).toMatchObject([{ kind: 'add' }]);
    const seen = changes.foreignVersion;
    await two.client.addConference('own');
    expect(changes.foreignVersion).toBe(seen);
  });

  test('the oldest go, and who has not seen them is told apart', async () => {
    using t = testService({ store: openStore({ path: ':memory:', keptChanges: 100 }) });
    const { changes } = t.service.context.store;
    const start = changes.last;
    await t.client.addConference('one');
    expect(changes.covers(start)).toBe(true);
    for (let i = 0; i < 1200; i++) {
      await t.client.replace(conferenceDn('one'), 'originator', `ann ${i}`);
    }
    expect(changes.covers(start)).toBe(false);
    expect(changes.covers(changes.last)).toBe(true);
    expect(changes.covers(changes.last + 1)).toBe(false);
    expect(changes.after(0, 5000).length).toBeLessThanOrEqual(1200);
  });

  test('entries carry the number of their last change as OpenLDAP writes it', async () => {
    using t = testService();
    const { changes } = t.service.context.store;
    await t.client.addConference('one');
    const { entries } = await t.client.search('(uid=one)', { attributes: ['entryCSN'] });
    expect(entries[0]?.attributes['entryCSN']).toEqual([csnText(changes.last)]);
    const base = await t.client.search('(objectClass=*)', {
      baseObject: 'o=Intranet',
      scope: 'base',
      attributes: ['+'],
    });
    expect(base.entries[0]?.attributes['contextCSN']).toEqual([csnText(changes.last)]);
  });
});

test('numbers as text and back', () => {
  const csn = Date.UTC(2026, 10, 21, 14, 5, 6) * 1000 + 42;
  expect(csnText(csn)).toBe('20261121140506.000042Z#000000#000#000000');
  expect(parseCsn(csnText(csn))).toBe(csn);
  for (const text of ['', '20261121140506.000042Z', '20261341140506.000042Z#000000#000#000000']) {
    expect(parseCsn(text)).toBeUndefined();
  }
});

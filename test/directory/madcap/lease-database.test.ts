import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GRANTED_LEASES_FILE, LeaseDatabase, readGrantedLeases } from '../../../directory/madcap/index.ts';
import { type GrantedLease, type LeaseStore, MemoryLeaseStore } from '../../../src/madcap/index.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rendezvous-madcap-'));
  path = join(dir, GRANTED_LEASES_FILE);
});
afterEach(() => rmSync(dir, { recursive: true }));

function lease(id: string, addresses: readonly string[], more: Partial<GrantedLease> = {}): GrantedLease {
  const family = addresses[0]?.includes(':') === true ? 6 : 4;
  const times = { start: 1000, stop: 2000 };
  return {
    id,
    family,
    scope: '239.255.0.0',
    addresses,
    ...times,
    client: '192.0.2.1',
    features: [],
    ...more,
  };
}
const idsWith = (store: LeaseStore, address: string): string[] =>
  [...store.withAddress(address)].map(({ id }) => id);

describe.each([
  { name: 'in memory', open: () => new MemoryLeaseStore() },
  { name: 'in a file', open: () => new LeaseDatabase(path) },
])('leases $name', ({ open }) => {
  test('are found by id and by address, and counted for each client', () => {
    const store: LeaseStore = open();
    const one = lease('01', ['239.255.0.1', '239.255.0.2']);
    const later = lease('02', ['239.255.0.2'], {
      start: 90_000,
      stop: 99_000,
      client: '192.0.2.2',
      features: [2],
    });
    store.set(one);
    store.set(later);
    expect([store.size, store.get('01'), store.get('02'), store.get('03')]).toEqual([
      2,
      one,
      later,
      undefined,
    ]);
    expect(idsWith(store, '239.255.0.2').sort()).toEqual(['01', '02']);
    expect(idsWith(store, '239.255.0.1')).toEqual(['01']);
    expect([store.addressesOf('192.0.2.1'), store.addressesOf('192.0.2.2'), store.addressesOf('x')]).toEqual([
      2, 1, 0,
    ]);
  });

  test('are replaced under the same id', () => {
    const store: LeaseStore = open();
    store.set(lease('01', ['239.255.0.1']));
    store.set(lease('01', ['239.255.0.9']));
    expect([store.size, idsWith(store, '239.255.0.1'), idsWith(store, '239.255.0.9')]).toEqual([
      1,
      [],
      ['01'],
    ]);
    expect(store.addressesOf('192.0.2.1')).toBe(1);
    store.delete('01');
    store.delete('01');
    expect([store.size, [...store.all()], store.addressesOf('192.0.2.1')]).toEqual([0, [], 0]);
  });
});

describe('the file', () => {
  test('[LEA-01] brings leases back after a restart, those of IPv6 and of many addresses too', () => {
    const many = Array.from({ length: 300 }, (_, i) => `239.255.${i >> 8}.${i & 255}`);
    const leases = [
      lease('01', many),
      lease('02', ['ff15::8000:1', 'ff15::8000:2', 'ff15::9000:0'], { stop: 5000, features: [1, 2] }),
    ];
    {
      using store = new LeaseDatabase(path);
      for (const it of leases) store.set(it);
      store.commit();
    }
    using again = new LeaseDatabase(path);
    expect([...again.all()]).toEqual(leases);
    expect(readGrantedLeases(path)).toEqual(leases); // beside the server that has it open
  });

  test('has nothing that was not committed', () => {
    using store = new LeaseDatabase(path);
    store.set(lease('01', ['239.255.0.1']));
    store.commit();
    store.set(lease('02', ['239.255.0.2']));
    store.delete('01');
    expect(readGrantedLeases(path).map(({ id }) => id)).toEqual(['01']);
    store.rollback();
    expect([...store.all()].map(({ id }) => id)).toEqual(['01']);
    store.commit(); // nothing to do
  });

  test('that another process holds is waited for, then told; nothing has happened then', {
    timeout: 30_000,
  }, () => {
    using store = new LeaseDatabase(path);
    using other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    expect(() => store.set(lease('01', ['239.255.0.1']))).toThrow(/Another process holds it/);
    expect(store.size).toBe(0);
    other.exec('ROLLBACK');
    store.set(lease('01', ['239.255.0.1']));
    store.commit();
    expect(store.size).toBe(1);
  });

  test('is in memory as it was when what was changed is taken back', () => {
    using store = new LeaseDatabase(path);
    const kept = lease('01', ['239.255.0.1', '239.255.0.2']);
    store.set(kept);
    store.commit();
    store.set({ ...kept, addresses: ['239.255.0.9'], stop: 9000 });
    store.delete('01');
    store.set(lease('02', ['239.255.0.1']));
    store.set(lease('02', ['239.255.0.3']));
    store.rollback();
    expect([...store.all()]).toEqual([kept]);
    expect([store.addresses, idsWith(store, '239.255.0.1'), idsWith(store, '239.255.0.3')]).toEqual([
      2,
      ['01'],
      [],
    ]);
    store.set(lease('02', ['239.255.0.3']));
    store.commit();
    store.rollback(); // nothing to do
    expect([...store.all()].map(({ id }) => id)).toEqual(['01', '02']);
    expect(readGrantedLeases(path).map(({ id }) => id)).toEqual(['01', '02']);
  });

  test('is granted from by one process alone, until that ends', () => {
    {
      using _ = new LeaseDatabase(path);
      expect(() => new LeaseDatabase(path)).toThrow(/Another process already leases addresses/);
    }
    using again = new LeaseDatabase(path);
    expect(again.size).toBe(0);
  });

  test('that is none of ours, or damaged, is left alone', () => {
    writeFileSync(path, 'not a database, but long enough to be looked at as one '.repeat(20));
    expect(() => new LeaseDatabase(path)).toThrow(/damaged.*may be granted a second time/s);
  });

  test('that is not there has no leases, and is not made by looking', () => {
    expect(readGrantedLeases(path)).toEqual([]);
    expect(readGrantedLeases(path)).toEqual([]);
  });
});

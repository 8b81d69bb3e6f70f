import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { Lease, LEASE_FILE, LeaseFile, type LeaseValues } from '../../../directory/allocation/index.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const at = (hours: number): Date => new Date(NOW.getTime() + hours * 3_600_000);

const folders: string[] = [];
function freshPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rendezvous-leases-'));
  folders.push(folder);
  return join(folder, LEASE_FILE);
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function leaseOf(values: Partial<LeaseValues> = {}): Lease {
  return new Lease({
    id: '00aa',
    method: 'madcap',
    family: 4,
    start: at(0),
    stop: at(1),
    addresses: ['239.255.1.2', '239.255.1.1'],
    server: '192.0.2.1',
    ttl: 15,
    scope: '239.255.0.0',
    ...values,
  });
}

describe('the file of leases', () => {
  test('[MAA-05] [LEA-01] gives back what was kept, to a later process too', () => {
    const path = freshPath();
    const lease = leaseOf({ serverPort: 12_535 });
    const other = leaseOf({
      id: '00bb',
      method: 'local',
      family: 6,
      stop: null,
      addresses: ['ff15::8000:1'],
      server: undefined,
      scope: 'ff15::8000:0',
    });
    {
      using file = new LeaseFile(path);
      file.keep({ lease, conference: 'Morning round' }, NOW);
      file.keep({ lease: other, conference: undefined }, NOW);
    }
    using file = new LeaseFile(path);
    expect(file.get('00aa')?.lease.values).toEqual(lease.values);
    expect(file.get('00aa')?.conference).toBe('Morning round');
    expect(file.get('00bb')).toEqual({ lease: other, conference: undefined });
    expect(file.all().map(({ lease: { id } }) => id)).toEqual(['00aa', '00bb']); // no end comes last
    expect(file.get('00')).toBeUndefined();
    expect(file.beginningWith('00').length).toBe(2);
    expect(file.beginningWith('00b').map(({ lease: { id } }) => id)).toEqual(['00bb']);
    expect(file.withAddresses(['ff15::8000:1', '239.9.9.9']).map((it) => it.lease.id)).toEqual(['00bb']);
    expect(file.remove('00aa')).toBe(true);
    expect(file.remove('00aa')).toBe(false);
    expect(file.withAddresses(['239.255.1.1'])).toEqual([]);
  });

  test.each([
    { name: 'at the same time', start: at(0.5), stop: at(2), taken: true },
    { name: 'without an end', start: at(-1), stop: null, taken: true },
    { name: 'afterwards', start: at(1), stop: at(2), taken: false },
    { name: 'before', start: at(-2), stop: at(0), taken: false },
  ])('an address is claimed once: $name', ({ start, stop, taken }) => {
    using file = new LeaseFile(freshPath());
    const first = leaseOf();
    expect(file.claim({ lease: first, conference: undefined }, NOW)).toBeUndefined();
    const second = leaseOf({ id: '00bb', start, stop, addresses: ['239.255.1.9', '239.255.1.1'] });
    expect(file.claim({ lease: second, conference: undefined }, NOW)?.id).toBe(taken ? '00aa' : undefined);
    expect(file.get('00bb') === undefined).toBe(taken);
    // it is in nobody's way but others'
    expect(file.claim({ lease: first, conference: undefined }, NOW)).toBeUndefined();
  });

  test('what has ended is kept for an hour more', () => {
    using file = new LeaseFile(freshPath());
    file.keep({ lease: leaseOf(), conference: undefined }, NOW);
    file.keep({ lease: leaseOf({ id: '00bb', stop: null }), conference: undefined }, at(2));
    expect(file.all().length).toBe(2);
    file.keep({ lease: leaseOf({ id: '00cc', stop: at(9) }), conference: undefined }, at(2.01));
    expect(file.all().map(({ lease: { id } }) => id)).toEqual(['00cc', '00bb']);
    file.dropEnded(at(9.99));
    expect(file.all().map(({ lease: { id } }) => id)).toEqual(['00cc', '00bb']);
    file.dropEnded(at(10.01));
    expect(file.all().map(({ lease: { id } }) => id)).toEqual(['00bb']);
  });

  test('a damaged file is told, with what to do', () => {
    const path = freshPath();
    writeFileSync(path, 'not a lease '.repeat(100));
    expect(() => new LeaseFile(path)).toThrow(
      /Cannot use the leases of group addresses in .*leases\.db: .*move it away.*mcast request/,
    );
  });

  test('processes that claim at the same time never get the same address', async () => {
    const path = freshPath();
    const module = new URL('../../../directory/allocation/index.ts', import.meta.url).href;
    const script = `
      const { Lease, LeaseFile } = await import(${JSON.stringify(module)});
      using file = new LeaseFile(${JSON.stringify(path)});
      for (let i = 0; i < 40; i++) {
        const lease = new Lease({ id: '00' + process.pid.toString(16).padStart(8, '0') + i.toString(16).padStart(4, '0'),
          method: 'local', family: 4, start: new Date(0), stop: null, addresses: ['239.255.0.' + i], server: undefined,
          ttl: 15, scope: '239.255.0.0' });
        if (file.claim({ lease, conference: undefined }, new Date(0)) === undefined) console.log(i);
      }`;
    const run = promisify(execFile);
    const outputs = await Promise.all(
      Array.from({ length: 3 }, () => run(process.execPath, ['--input-type=module', '-e', script])),
    );
    const claimed = outputs.flatMap(({ stdout }) => stdout.trim().split('\n').filter(Boolean).map(Number));
    expect(claimed.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    using file = new LeaseFile(path);
    expect(file.all().length).toBe(40);
  }, 60_000);
});

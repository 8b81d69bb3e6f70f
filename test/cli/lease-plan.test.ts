import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { CliContext } from '../../cli/context.ts';
import { LeasedGroups, plannedSpan } from '../../cli/run/lease-plan.ts';
import { Lease, LeaseFile, LocalAllocator } from '../../directory/allocation/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

const MINUTE = 60_000;

/** A lease of ten minutes of a conference without end, and what is said to the user. */
function leased(path = ':memory:'): {
  clock: FakeClock;
  file: LeaseFile;
  groups: LeasedGroups;
  said: () => string;
  at: Date;
} {
  const clock = new FakeClock();
  const at = new Date(clock.wall());
  const stderr = Object.assign(new PassThrough(), { isTTY: false });
  let text = '';
  stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ctx = new CliContext({
    stdin: Object.assign(Readable.from([]), { isTTY: false, setRawMode: () => {} }),
    stdout: Object.assign(new PassThrough(), { isTTY: false }),
    stderr,
    env: {},
    clock,
    random: () => 0.5,
    onSignal: () => () => {},
    quit: () => {},
  });
  const file = new LeaseFile(path);
  const lease = new Lease({
    id: '00aa',
    method: 'local',
    family: 4,
    start: at,
    stop: new Date(at.getTime() + 10 * MINUTE),
    addresses: ['239.255.1.1', '239.255.1.2'],
    server: undefined,
    ttl: 12,
    scope: '239.255.0.0',
  });
  file.keep({ lease, conference: 'Round' }, at);
  const groups = new LeasedGroups(ctx, file, new LocalAllocator({ leases: file, clock }), lease);
  return { clock, file, groups, said: () => text, at };
}

describe('leased groups', () => {
  test('are renewed when half of the lease is over, while the conference is kept alive', async () => {
    const { clock, groups, at } = leased();
    const until = new Date(at.getTime() + 30 * MINUTE);
    using _renewed = groups.renewUntil(until);
    await clock.advanceAsync(4.9 * MINUTE);
    expect(groups.lease.stop).toEqual(new Date(at.getTime() + 10 * MINUTE));
    await clock.advanceAsync(0.2 * MINUTE);
    expect(groups.lease.stop).toEqual(until);
    expect(clock.nextDeadline).toBeUndefined(); // it lasts as long as it is needed
    await groups[Symbol.asyncDispose]();
  });

  test('that cannot be renewed are tried again, ever sooner, and it is said', async () => {
    const { clock, file, groups, said } = leased();
    file.remove('00aa');
    const renewal = groups.renewUntil(null);
    await clock.advanceAsync(8 * MINUTE, MINUTE / 2);
    expect(
      said().match(/warning: the lease of 239\.255\.1\.1, 239\.255\.1\.2 could not be renewed/g),
    ).toHaveLength(2);
    renewal[Symbol.dispose]();
    expect(clock.nextDeadline).toBeUndefined();
    groups.keep();
    await groups[Symbol.asyncDispose]();
  });

  test('are given back unless they are kept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rendezvous-plan-'));
    const path = join(folder, 'leases.db');
    for (const isKept of [true, false]) {
      const { groups } = leased(path);
      if (isKept) groups.keep();
      await groups[Symbol.asyncDispose]();
      using file = new LeaseFile(path);
      expect(file.all()).toHaveLength(isKept ? 1 : 0);
    }
    rmSync(folder, { recursive: true });
  });

  test('fill the places behind those that were given; the last serves all that are left', () => {
    const { groups } = leased();
    expect(groups.complete([{ address: '239.1.1.1', port: 6000 }], 4)).toEqual([
      { address: '239.1.1.1', port: 6000 },
      { address: '239.255.1.1' },
      { address: '239.255.1.2' },
      { address: '239.255.1.2' },
    ]);
    expect([groups.ttlFor('local'), groups.ttlFor('site'), groups.ttlFor('world')]).toEqual([1, 12, 12]);
  });
});

test.each([
  { name: 'without times', times: undefined, stop: 30 },
  { name: 'with times', times: { start: new Date(0), stop: new Date(90 * MINUTE) }, stop: 90 },
  { name: 'permanent', times: { start: undefined, stop: null }, stop: null },
])('addresses are needed as long as the conference lasts: $name', ({ times, stop }) => {
  const plan = { groups: [], times: () => times };
  const span = plannedSpan(plan, times, new Date(0), 30 * MINUTE);
  expect(span).toEqual({ start: new Date(0), stop: stop === null ? null : new Date(stop * MINUTE) });
});

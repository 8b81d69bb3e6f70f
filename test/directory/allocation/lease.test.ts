import { describe, expect, test } from 'vitest';
import { Lease, type LeaseValues } from '../../../directory/allocation/index.ts';

const VALUES: LeaseValues = {
  id: '00a1b2',
  method: 'madcap',
  family: 4,
  start: new Date('2026-11-21T14:00:00Z'),
  stop: new Date('2026-11-21T15:00:00Z'),
  addresses: ['239.255.1.2', '239.255.1.3'],
  server: '192.0.2.1',
  ttl: 15,
  scope: '239.255.0.0',
};

describe('a lease', () => {
  test('[LEA-01] [LEA-02] [LEA-04] [LEA-06] [LEA-07] [LEA-08] [LEA-09] tells what was granted', () => {
    const lease = new Lease(VALUES);
    expect(lease.id).toBe('00a1b2');
    expect(lease.start).toEqual(VALUES.start);
    expect(lease.stop).toEqual(VALUES.stop);
    expect(lease.addressCount).toBe(2);
    expect(lease.server).toBe('192.0.2.1');
    expect(lease.ttl).toBe(15);
    expect(lease.addresses).toEqual(['239.255.1.2', '239.255.1.3']);
  });

  test('[LEA-07] the server of a lease that none has granted is unspecified', () => {
    const lease = new Lease({ ...VALUES, method: 'local', server: undefined });
    expect(lease.server).toBeUndefined();
    expect(lease.serverText).toBe('Unspecified');
    expect(new Lease(VALUES).serverText).toBe('192.0.2.1');
  });

  test('[LEA-03] [LEA-05] its times can be set, to be asked for at the next renewal', () => {
    const lease = new Lease(VALUES);
    lease.start = new Date('2026-11-21T14:30:00Z');
    lease.stop = new Date('2026-11-21T16:00:00Z');
    expect(lease.values).toMatchObject({
      start: new Date('2026-11-21T14:30:00Z'),
      stop: new Date('2026-11-21T16:00:00Z'),
    });
    lease.stop = null;
    expect(lease.stop).toBeNull();
    expect(() => (lease.start = new Date(Number.NaN))).toThrow(/this is none/);
  });

  test('[MAA-05] [MAA-06] is made again from its plain values', () => {
    const kept: unknown = JSON.parse(JSON.stringify(new Lease(VALUES).values));
    expect(kept).toMatchObject({ id: '00a1b2', start: '2026-11-21T14:00:00.000Z' });
    expect(new Lease(new Lease(VALUES).values).values).toEqual(VALUES);
  });

  test('shares no date with anybody', () => {
    const start = new Date(VALUES.start);
    const lease = new Lease({ ...VALUES, start });
    start.setFullYear(1999);
    lease.start.setFullYear(1999);
    lease.stop?.setFullYear(1999);
    expect(lease.values).toEqual(VALUES);
  });

  test.each([
    [{ id: '' }, /no lease id/],
    [{ id: 'abc' }, /no lease id/],
    [{ id: 'XY' }, /no lease id/],
    [{ addresses: ['192.0.2.1'] }, /192\.0\.2\.1 cannot be leased/],
    [{ addresses: ['ff15::1'] }, /ff15::1 cannot be leased: it is no multicast address of IPv4/],
    [{ ttl: 256 }, /no TTL/],
    [{ start: new Date(Number.NaN) }, /this is none/],
  ] as const)('%j is refused', (wrong, message) => {
    expect(() => new Lease({ ...VALUES, ...wrong })).toThrow(message);
  });

  test('[MAA-02] a stop before the start is refused', () => {
    expect(() => new Lease({ ...VALUES, stop: new Date('2026-11-21T13:59:59Z') })).toThrow(
      /cannot end \(2026-11-21T13:59:59.000Z\) before it begins/,
    );
  });
});

import { describe, expect, test } from 'vitest';
import { judgePath } from '../../cli/doctor/probe/judge.ts';
import { type DirectionFacts, directionJson, hopsOf } from '../../cli/doctor/probe/report.ts';
import type { ReceiverSigns, Tally } from '../../src/probe/index.ts';

const here: ReceiverSigns = {
  interfaceName: 'eth0',
  address: '192.0.2.1',
  member: true,
  strictReversePath: false,
  firewall: false,
  container: false,
  seesMarks: true,
};
const near: ReceiverSigns = { ...here, address: '192.0.2.2' };
const far: ReceiverSigns = { ...here, address: '198.51.100.2' };
const all: Tally = {
  heard: 50,
  duplicates: 0,
  reordered: 0,
  ttls: new Map([[15, 50]]),
  dscps: new Map([[46, 50]]),
  sources: ['192.0.2.1'],
};
const none: Tally = { ...all, heard: 0, ttls: new Map(), dscps: new Map(), sources: [] };
const way: DirectionFacts = { sent: 50, ttlSent: 15, dscpSent: 46, tally: all, sender: here, receiver: near };
const back: DirectionFacts = {
  ...way,
  sender: near,
  receiver: here,
  tally: { ...all, sources: ['192.0.2.2'] },
};

const judge = (
  there: DirectionFacts | undefined,
  other: DirectionFacts | undefined = back,
): ReturnType<typeof judgePath> =>
  judgePath({ group: '239.255.1.2', port: 20_000, host: 'b', here, peer: near, there, back: other });

describe('the verdict on a path', () => {
  test('both ways work', () => {
    expect(judge(way).map(({ status, detail }) => [status, detail])).toEqual([
      ['ok', 'to b: 50 of 50 packets arrived, on the same network'],
      ['ok', 'from b: 50 of 50 packets arrived, on the same network'],
    ]);
  });

  test.each<{ name: string; tally: Partial<Tally>; status: string; says: RegExp }>([
    { name: 'two routers', tally: { ttls: new Map([[13, 50]]) }, status: 'ok', says: /2 routers away/ },
    { name: 'one router', tally: { ttls: new Map([[14, 50]]) }, status: 'ok', says: /1 router away/ },
    { name: 'loss', tally: { heard: 45 }, status: 'warn', says: /10\.0 % were lost/ },
    { name: 'duplicates', tally: { duplicates: 3 }, status: 'warn', says: /3 of them twice/ },
    { name: 'another order', tally: { reordered: 4 }, status: 'ok', says: /4 out of order/ },
    {
      name: 'another mark',
      tally: { dscps: new Map([[0, 50]]) },
      status: 'warn',
      says: /DSCP 46 and arrive with 0/,
    },
    {
      name: 'another mark for some',
      tally: {
        dscps: new Map([
          [46, 40],
          [8, 10],
        ]),
      },
      status: 'warn',
      says: /arrive with 46 and 8/,
    },
    {
      name: 'a translator',
      tally: { sources: ['203.0.113.5'] },
      status: 'warn',
      says: /come from 203\.0\.113\.5/,
    },
    {
      name: 'no marks to be seen',
      tally: { ttls: new Map(), dscps: new Map() },
      status: 'ok',
      says: /arrived$/,
    },
  ])('$name', ({ tally, status, says }) => {
    const checks = judge({ ...way, tally: { ...all, ...tally } }).filter(({ id }) => id === 'there');
    expect(checks.find(({ detail }) => says.test(detail))?.status).toBe(status);
  });

  test.each<{
    name: string;
    change: Partial<DirectionFacts>;
    silentBack?: boolean;
    why: RegExp;
    tryThis: RegExp;
  }>([
    {
      name: 'no membership',
      change: { receiver: { ...near, member: false } },
      why: /does not hold the membership/,
      tryThis: /igmp_max_memberships/,
    },
    {
      name: 'loopback at one end',
      change: { receiver: { ...near, address: '127.0.0.1', interfaceName: 'lo' } },
      why: /loopback/,
      tryThis: /--interface/,
    },
    {
      name: 'TTL 1 between networks',
      change: { receiver: far, ttlSent: 1 },
      why: /TTL of 1 ends/,
      tryThis: /--ttl 15/,
    },
    {
      name: 'no multicast router',
      change: { receiver: far },
      why: /takes a multicast router/,
      tryThis: /routers/,
    },
    { name: 'one way only', change: {}, why: /the other way works/, tryThis: /without a querier/ },
    {
      name: 'neither way',
      change: {},
      silentBack: true,
      why: /both are on one network/,
      tryThis: /run doctor at both ends/,
    },
    {
      name: 'a container, neither way',
      change: { receiver: { ...near, container: true } },
      silentBack: true,
      why: /192\.0\.2\.2 runs in a container/,
      tryThis: /macvlan/,
    },
    {
      name: 'a firewall, neither way',
      change: { receiver: { ...near, firewall: true } },
      silentBack: true,
      why: /a firewall seems to be on at 192\.0\.2\.2/,
      tryThis: /UDP to 239\.255\.1\.2:20000/,
    },
  ])('nothing arrives: $name', ({ change, silentBack = false, why, tryThis }) => {
    const other = silentBack ? { ...back, tally: none } : back;
    const [first] = judge({ ...way, ...change, tally: none }, other);
    expect(first).toMatchObject({ status: 'fail', detail: 'to b: none of 50 packets arrived' });
    expect(first?.why).toMatch(why);
    expect(first?.tryThis).toMatch(tryThis);
  });

  test('a strict reverse path between networks is told as well', () => {
    const checks = judge({ ...way, receiver: { ...far, strictReversePath: true }, tally: none });
    expect(checks.map(({ why }) => why).join('\n')).toContain('rp_filter of eth0 of 198.51.100.2 is strict');
  });

  test('broken off', () => {
    expect(judge(undefined)[0]).toMatchObject({ id: 'there', status: 'fail' });
  });

  test('numbers for programs', () => {
    expect(hopsOf({ ...way, tally: none })).toBeUndefined();
    expect(directionJson({ ...way, tally: { ...all, heard: 49, ttls: new Map([[14, 49]]) } })).toMatchObject({
      lossPercent: 2,
      hops: 1,
      ttlHeard: 14,
      dscpHeard: 46,
    });
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Heard, type Impairment, type Lab, listen, openLab, send } from '../kit/index.ts';

const PORT = 17_900;
let lab: Lab;
beforeAll(async () => {
  lab = await openLab({ hosts: 3, networks: 2, attach: (host, network) => network === 0 || host !== 3 });
});
afterAll(() => lab[Symbol.asyncDispose]());

/** Sends to host 2 while its network is impaired, and waits for what is late. */
async function measure(
  group: string,
  impairment: Impairment | undefined,
  count: number,
  bytes = 64,
): Promise<Heard> {
  await using _ = impairment === undefined ? undefined : await lab.host(2).impair(impairment);
  await using member = await listen(lab.host(2), { group, port: PORT });
  await send(lab.host(1), { group, port: PORT, count, spacingMs: 0.5, bytes });
  await delay(300);
  return member.heard();
}
const median = ({ delays }: Heard): number => delays[delays.length >> 1] ?? Number.NaN;

describe('the network of the lab', () => {
  test('brings everything at once when nothing is impaired', async () => {
    const heard = await measure('239.255.9.1', undefined, 500);
    expect(heard).toMatchObject({ packets: 500, duplicates: 0, reordered: 0 });
    expect(median(heard)).toBeLessThan(20);
  });

  test.each(['out', 'in'] as const)('loses what it shall, in the kernel: %s', async (direction) => {
    await using _ = await lab.host(direction === 'in' ? 2 : 1).impair({ loss: 0.2, direction });
    const heard = await measure('239.255.9.2', undefined, 1000);
    expect(heard.packets).toBeGreaterThan(740); // 800, give or take 4.7 standard deviations
    expect(heard.packets).toBeLessThan(860);
  });

  test('limits the rate', async () => {
    // 500 packets of 1042 bytes in 250 ms are 17 times what fits; 400 ms more of them wait in the queue
    const heard = await measure('239.255.9.3', { rateKbit: 1000, direction: 'in' }, 500, 1000);
    expect(heard.packets).toBeGreaterThan(20);
    expect(heard.packets).toBeLessThan(200);
    expect(median(heard)).toBeGreaterThan(50);
  });

  test('delays, shakes, loses, doubles and reorders by a wire, for both families, and the switch keeps snooping', async () => {
    const wanted = { delayMs: 40, jitterMs: 10, loss: 0.05, duplicate: 0.05, reorder: 0.05, seed: 7 };
    for (const group of ['239.255.9.4', 'ff15::9:4']) {
      const heard = await measure(group, wanted, 1000);
      expect(heard.packets).toBeGreaterThan(915); // 950
      expect(heard.packets).toBeLessThan(980);
      expect(heard.duplicates).toBeGreaterThan(15); // 47
      expect(heard.duplicates).toBeLessThan(90);
      expect(heard.reordered).toBeGreaterThan(100);
      expect(median(heard)).toBeGreaterThan(35);
      expect(median(heard)).toBeLessThan(80);
    }
  });

  test('the same seed loses the same packets', async () => {
    const runs = [];
    for (let run = 0; run < 2; run++) {
      await using impaired = await lab.host(2).impair({ loss: 0.3, seed: 11, direction: 'in' });
      await using member = await listen(lab.host(2), { group: '239.255.9.5', port: PORT });
      await send(lab.host(1), { group: '239.255.9.5', port: PORT, count: 300, spacingMs: 0.5 });
      await delay(100);
      const { packets } = await member.heard();
      const { packets: passed, lost } = await impaired.statistics();
      expect(passed - lost).toBe(packets);
      runs.push({ packets, lost });
    }
    expect(runs[0]).toEqual(runs[1]);
  });

  test('impairments are refused when they make no sense', async () => {
    await expect(lab.host(1).impair({ loss: 2 })).rejects.toThrow('loss is a share');
    await expect(lab.host(1).impair({ rateKbit: 0 })).rejects.toThrow('rateKbit is positive');
  });
});

describe('a host of the lab', () => {
  test('is only in the networks that it is attached to', async () => {
    expect(lab.host(3).ipv4).toEqual(['10.77.0.3', '']);
    expect(await lab.host(3).run('ls', ['/sys/class/net'])).not.toContain('eth1');
  });

  test('loses an interface and gets it back with addresses and route', async () => {
    const host = lab.host(2);
    const look = async (): Promise<string> =>
      `${await host.run('ip', ['-o', 'addr', 'show', 'dev', 'eth0', 'scope', 'global'])}${await host.run('ip', ['route', 'show', '224.0.0.0/4'])}`;
    const before = await look();
    expect(before).toMatch(/10\.77\.0\.2\/24[^]*fd77::2\/64[^]*dev eth0/);
    await host.setLink('down');
    expect(await host.run('ip', ['route', 'show', '224.0.0.0/4'])).toBe('');
    await host.setLink('up');
    expect(await look()).toBe(before);
    await host.setCable('out');
    expect(await host.run('cat', ['/sys/class/net/eth0/carrier'])).toBe('0\n');
    await host.setCable('in');
    expect(await host.run('cat', ['/sys/class/net/eth0/carrier'])).toBe('1\n');
  });
});

describe('the switch of the lab', () => {
  test('without a querier forgets who has joined', async () => {
    await lab.setSwitch({ querier: 'missing', membershipSeconds: 1 }, 1);
    const where = { group: '239.255.9.6', port: PORT, interfaceName: 'eth1' };
    await using member = await listen(lab.host(2), where);
    await send(lab.host(1), { ...where, count: 10 });
    expect((await member.heard()).packets).toBe(10);
    while ((await lab.switchScript('bridge mdb show dev br1')).includes(where.group)) await delay(50);
    await send(lab.host(1), { ...where, count: 20 });
    await delay(100);
    expect((await member.heard()).packets).toBe(10);
    await lab.setSwitch({ querier: 'on', membershipSeconds: 260 }, 1);
    await lab.host(2).forwarded(where.group, 'eth1');
    await send(lab.host(1), { ...where, count: 30 });
    await delay(100);
    expect((await member.heard()).packets).toBe(30);
  });

  test('asks in an older version, and hosts follow', async () => {
    await lab.setSwitch({ querier: 'off' }, 1);
    await lab.setSwitch({ igmpVersion: 2, querier: 'on' }, 1);
    const version = async (): Promise<string | undefined> =>
      /eth1 +: +\d+ +(V\d)/.exec(await lab.host(1).run('cat', ['/proc/net/igmp']))?.[1];
    await expect.poll(version, { timeout: 20_000 }).toBe('V2');
  });
});

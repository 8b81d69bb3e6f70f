import { describe, expect, test } from 'vitest';
import { NetworkError } from '../../src/errors.ts';
import { chooseInterface, InterfaceError, type NetworkView, systemNetwork } from '../../src/net/index.ts';

const lo4 = { name: 'lo', address: '127.0.0.1', family: 4, index: 1, internal: true } as const;
const lo6 = { name: 'lo', address: '::1', family: 6, index: 1, internal: true } as const;
const eth0 = { name: 'eth0', address: '10.1.0.5', family: 4, index: 2, internal: false } as const;
const eth0v6 = { name: 'eth0', address: 'fd01::5', family: 6, index: 2, internal: false } as const;
const eth1link = { name: 'eth1', address: '169.254.7.7', family: 4, index: 3, internal: false } as const;
const eth1 = { name: 'eth1', address: '10.2.0.5', family: 4, index: 3, internal: false } as const;
const host = [lo4, lo6, eth0, eth0v6, eth1link, eth1];

function network(
  source: string | undefined,
  addresses: ReturnType<NetworkView['addresses']> = host,
): NetworkView {
  return {
    addresses: () => addresses,
    exists: (name) => ['lo', 'eth0', 'eth1', 'wlan0'].includes(name),
    sourceAddressFor: () => Promise.resolve(source),
  };
}

describe('the interface rule', () => {
  test.each([
    { wanted: 'eth1', want: eth1, reason: 'named', sentence: 'eth1 (10.2.0.5), because you named it' },
    {
      wanted: '10.1.0.5',
      want: eth0,
      reason: 'address',
      sentence: 'eth0 (10.1.0.5), because you gave its address',
    },
    {
      wanted: 'fd01:0::5',
      want: eth0,
      reason: 'address',
      sentence: 'eth0 (10.1.0.5), because you gave fd01:0::5, an address of the same interface',
    },
    { wanted: '3', want: eth1, reason: 'index', sentence: 'eth1 (10.2.0.5), because you gave its index 3' },
    {
      wanted: undefined,
      want: eth0,
      reason: 'route',
      sentence: 'eth0 (10.1.0.5), because the route to 239.1.2.3 leaves there',
    },
  ])('$reason: $sentence', async ({ wanted, want, reason, sentence }) => {
    const found = await chooseInterface(wanted, '239.1.2.3', network('10.1.0.5'));
    expect(found).toEqual({ ...want, reason, sentence, listenOn: [want] });
  });

  test('no route: loopback, with the other interfaces to choose from', async () => {
    const found = await chooseInterface(undefined, '239.1.2.3', network(undefined));
    expect(found).toMatchObject({ ...lo4, reason: 'loopback' });
    expect(found.sentence).toBe(
      'lo (127.0.0.1), because there is no route to 239.1.2.3; ' +
        'only this host will be heard; name an interface to use another: eth0, eth1',
    );
    const alone = await chooseInterface(undefined, '239.1.2.3', network(undefined, [lo4, lo6]));
    expect(alone.sentence).toMatch(/no other interface is up/);
  });

  test('IPv6: the address of the right family; a zone names the interface', async () => {
    expect(await chooseInterface('eth0', 'ff15::1', network(undefined))).toMatchObject(eth0v6);
    expect(await chooseInterface(undefined, 'ff02::1%eth0', network(undefined))).toMatchObject({
      ...eth0v6,
      reason: 'named',
    });
  });

  test('all: listens once on each interface, sends by the route', async () => {
    const found = await chooseInterface('all', '239.1.2.3', network('10.1.0.5'));
    expect(found).toMatchObject({ ...eth0, reason: 'all', listenOn: [lo4, eth0, eth1] });
    expect(found.sentence).toBe(
      'listening on all interfaces (lo, eth0, eth1), ' +
        'sending on eth0 (10.1.0.5), because the route to 239.1.2.3 leaves there',
    );
  });

  test.each([
    { wanted: ['eth1', 'eth0'], sending: undefined, by: eth1, on: [eth1, eth0] },
    { wanted: ['eth1', 'eth0'], sending: 'eth0', by: eth0, on: [eth0, eth1] },
    { wanted: ['3', '10.1.0.5'], sending: undefined, by: eth1, on: [eth1, eth0] },
    { wanted: ['eth1'], sending: 'eth0', by: eth0, on: [eth0, eth1] },
  ])('several, $wanted, sending by $sending: listens on each', async ({ wanted, sending, by, on }) => {
    const found = await chooseInterface(wanted, '239.1.2.3', network('10.1.0.5'), sending);
    expect(found).toMatchObject({ ...by, reason: 'several', listenOn: on });
    expect(found.sentence).toContain(
      `listening on ${on.map(({ name }) => name).join(', ')}, sending on ${by.name}`,
    );
  });

  test('one interface twice is one; all may send by another than the route’s', async () => {
    const once = await chooseInterface(['eth1', '3'], '239.1.2.3', network('10.1.0.5'));
    expect(once).toMatchObject({ ...eth1, reason: 'named', listenOn: [eth1] });
    const all = await chooseInterface('all', '239.1.2.3', network('10.1.0.5'), 'eth1');
    expect(all).toMatchObject({ ...eth1, reason: 'all', listenOn: [lo4, eth0, eth1] });
    await expect(chooseInterface(['eth1', 'eth9'], '239.1.2.3', network('10.1.0.5'))).rejects.toThrow(
      /There is no interface "eth9"/,
    );
  });

  test.each([
    { wanted: 'eth9', problem: /There is no interface "eth9"\. Available: lo \(127\.0\.0\.1, ::1\); eth0/ },
    { wanted: 'wlan0', problem: /wlan0 is down or has no address\. Available/ },
    { wanted: '10.9.9.9', problem: /No interface of this host has the address 10\.9\.9\.9/ },
    { wanted: 'eth1', group: 'ff15::1', problem: /eth1 has no IPv6 address, which the group needs/ },
    { wanted: '10.2.0.5', group: 'ff15::1', problem: /eth1 \(10\.2\.0\.5\) has no IPv6 address/ },
    { wanted: '77', problem: /There is no interface "77"/ },
  ])('refused: $wanted', async ({ wanted, group = '239.1.2.3', problem }) => {
    const choosing = chooseInterface(wanted, group, network('10.1.0.5'));
    await expect(choosing).rejects.toThrow(problem);
    await expect(choosing).rejects.toThrow(InterfaceError);
    await expect(choosing).rejects.toBeInstanceOf(NetworkError);
    await expect(choosing).rejects.toMatchObject({ code: 'ERR_INTERFACE', available: host });
  });

  test('a host with nothing up says so', async () => {
    await expect(chooseInterface(undefined, '239.1.2.3', network(undefined, []))).rejects.toThrow(
      /No interface of this host is up/,
    );
    await expect(chooseInterface('all', 'ff15::1', network(undefined, [lo4]))).rejects.toThrow(
      InterfaceError,
    );
  });
});

describe('this host', () => {
  test('loopback is there, under its index', () => {
    expect(systemNetwork.addresses()).toContainEqual(lo4);
    expect([systemNetwork.exists('lo'), systemNetwork.exists('nosuch0')]).toEqual([true, false]);
  });

  test('the source address towards loopback is loopback; towards nowhere there is none', async () => {
    expect(await systemNetwork.sourceAddressFor('127.0.0.9')).toBe('127.0.0.1');
    expect(await systemNetwork.sourceAddressFor('fe80::1')).toBeUndefined(); // of which link?
  });
});

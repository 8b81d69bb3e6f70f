import { describe, expect, test } from 'vitest';
import {
  chooseInterface,
  type ChosenInterface,
  type InterfaceAddress,
  type InterfaceNews,
  InterfaceWatch,
  keepOnInterface,
  type NetworkView,
  type RenewableSocket,
} from '../../src/net/index.ts';
import { chooseInterfaceAgain } from '../../src/net/interfaces.ts';
import { FakeClock } from '../support/fake-clock.ts';

const GROUP = '239.1.2.3';
const address = (name: string, index: number, ip: string): InterfaceAddress => ({
  name,
  address: ip,
  family: 4,
  index,
  internal: false,
});
const lo: InterfaceAddress = { ...address('lo', 1, '127.0.0.1'), internal: true };
const eth0 = address('eth0', 2, '10.0.0.1');
const eth1 = address('eth1', 3, '10.1.0.1');

/** A host, sockets that are renewed on it as real ones are, and what is told. */
class Bench {
  readonly clock = new FakeClock();
  up: InterfaceAddress[] = [lo, eth0, eth1];
  route: string | undefined = eth0.address;
  readonly told: string[] = [];
  renewals = 0;
  readonly #sockets: RenewableSocket[] = [];
  readonly network: NetworkView = {
    addresses: () => this.up,
    exists: (name) => this.up.some((it) => it.name === name),
    sourceAddressFor: () => Promise.resolve(this.up.find((it) => it.address === this.route)?.address),
  };

  constructor() {
    const watch = new InterfaceWatch({ clock: this.clock, network: this.network });
    const tell = ({ type, name }: InterfaceNews): void => {
      this.told.push(`${type} ${name}`);
    };
    keepOnInterface(watch, () => this.#sockets, tell);
  }

  async open(wanted?: string | readonly string[]): Promise<{ readonly interface: ChosenInterface }> {
    const choose = (before: ChosenInterface): Promise<ChosenInterface> =>
      chooseInterfaceAgain(wanted, GROUP, this.network, undefined, before);
    const socket = {
      interface: await chooseInterface(wanted, GROUP, this.network),
      renew: async ({ onlyIfElsewhere = false } = {}): Promise<boolean> => {
        const chosen = await choose(socket.interface);
        if (onlyIfElsewhere && JSON.stringify(chosen) === JSON.stringify(socket.interface)) return false;
        socket.interface = chosen;
        this.renewals++;
        return true;
      },
    };
    this.#sockets.push(socket);
    return socket;
  }

  look(): Promise<void> {
    return this.clock.advanceAsync(1000);
  }
}

describe('sockets whose interface goes and comes', () => {
  test('a named interface: lost is told once for all sockets, and so is back', async () => {
    const bench = new Bench();
    const sockets = [await bench.open('eth0'), await bench.open('eth0')];
    bench.up = [lo, eth1];
    await bench.look();
    await bench.look();
    expect(bench.told).toEqual(['interfaceLost eth0']);
    const again = address('eth0', 7, '10.0.0.9');
    bench.up = [lo, eth1, again];
    await bench.look();
    await bench.look();
    expect(bench.told).toEqual(['interfaceLost eth0', 'interfaceBack eth0']);
    expect(sockets.map((it) => it.interface.address)).toEqual(['10.0.0.9', '10.0.0.9']);
    expect(bench.renewals).toBe(2);
  });

  test('the route leads elsewhere when its interface goes, and back when it returns', async () => {
    const bench = new Bench();
    const socket = await bench.open();
    bench.up = [lo, eth1];
    bench.route = eth1.address;
    await bench.look();
    expect(socket.interface).toMatchObject({ name: 'eth1', reason: 'route' });
    bench.up = [lo, eth0, eth1];
    bench.route = eth0.address;
    await bench.look();
    expect(socket.interface.name).toBe('eth0');
    expect(bench.told).toEqual(['interfaceBack eth1', 'interfaceBack eth0']);
  });

  test('an interface that is back without its route is used all the same', async () => {
    const bench = new Bench();
    const socket = await bench.open();
    bench.up = [lo];
    bench.route = undefined;
    await bench.look();
    expect(bench.told).toEqual(['interfaceLost eth0']);
    bench.up = [lo, eth0];
    await bench.look();
    expect(bench.told).toEqual(['interfaceLost eth0', 'interfaceBack eth0']);
    expect(socket.interface).toMatchObject({ name: 'eth0', reason: 'route' });
  });

  test('of several interfaces the others go on, and the next one sends', async () => {
    const bench = new Bench();
    const socket = await bench.open(['eth0', 'eth1']);
    expect(socket.interface).toMatchObject({ name: 'eth0', reason: 'several', listenOn: [eth0, eth1] });
    bench.up = [lo, eth1];
    await bench.look();
    expect(socket.interface).toMatchObject({ name: 'eth1', listenOn: [eth1] });
    bench.up = [lo, eth0, eth1];
    await bench.look();
    expect(socket.interface).toMatchObject({ name: 'eth0', listenOn: [eth0, eth1] });
    expect(bench.told).toEqual(['interfaceLost eth0', 'interfaceBack eth0']);
  });

  test('more addresses on the same interface disturb nothing; a new interface is joined with all', async () => {
    const bench = new Bench();
    await bench.open('eth0');
    const everywhere = await bench.open('all');
    bench.up = [lo, eth0, eth1, address('eth0', 2, '10.0.0.77')];
    await bench.look();
    expect(bench.renewals).toBe(0);
    bench.up = [...bench.up, address('tun0', 8, '10.8.0.1')];
    await bench.look();
    expect(bench.renewals).toBe(1);
    expect(everywhere.interface.listenOn.map(({ name }) => name)).toContain('tun0');
    expect(bench.told).toEqual([]);
  });
});

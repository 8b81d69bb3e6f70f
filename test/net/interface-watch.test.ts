import { describe, expect, test } from 'vitest';
import { type InterfaceChange, InterfaceWatch, type NetworkView } from '../../src/net/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** A host whose interfaces the test plugs and unplugs. */
class Host implements NetworkView {
  readonly up = new Map<string, { index: number; addresses: string[]; carrierChanges: number }>();
  addresses(): ReturnType<NetworkView['addresses']> {
    return [...this.up].flatMap(([name, { index, addresses }]) =>
      addresses.map((address) => {
        const family = address.includes(':') ? 6 : 4;
        return { name, address, family, index, internal: false };
      }),
    );
  }
  exists(name: string): boolean {
    return this.up.has(name);
  }
  carrierChanges(name: string): number | undefined {
    return this.up.get(name)?.carrierChanges;
  }
  sourceAddressFor(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

function watched() {
  const clock = new FakeClock();
  const host = new Host();
  const eth0 = { index: 2, addresses: ['10.0.0.1'], carrierChanges: 1 };
  host.up.set('eth0', eth0);
  const seen: InterfaceChange[][] = [];
  const watch = new InterfaceWatch({ clock, network: host });
  const stop = watch.subscribe((changes) => seen.push([...changes]));
  return { clock, host, eth0, seen, stop };
}

describe('the interface watch', () => {
  test('tells within a second what is lost, back, interrupted and readdressed', () => {
    const { clock, host, eth0, seen } = watched();
    clock.advance(1000);
    host.up.delete('eth0');
    clock.advance(1000);
    host.up.set('eth0', eth0);
    clock.advance(1000);
    eth0.carrierChanges += 2; // away and back between two looks
    clock.advance(1000);
    host.up.set('eth0', { ...eth0, index: 9 }); // another device of that name
    clock.advance(1000);
    host.up.set('eth0', { ...eth0, index: 9, addresses: ['10.0.0.1', 'fd00::1'] });
    host.up.set('tun0', { index: 10, addresses: ['10.9.0.1'], carrierChanges: 0 });
    clock.advance(1000);
    expect(seen.map((changes) => changes.map(({ type, name }) => `${type} ${name}`))).toEqual([
      [],
      ['lost eth0'],
      ['back eth0'],
      ['interrupted eth0'],
      ['interrupted eth0'],
      ['readdressed eth0', 'back tun0'],
    ]);
  });

  test('looks at nothing once nobody listens any more', () => {
    const { clock, seen, stop } = watched();
    clock.advance(2500);
    stop();
    expect(clock.nextDeadline).toBeUndefined();
    expect(seen).toHaveLength(2);
  });
});

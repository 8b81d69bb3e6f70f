import { randomBytes } from 'node:crypto';
import { IPV4_ZONES, ipv6Zone, isIp, randomGroup } from '../../src/ip/index.ts';
import type { RandomSource } from '../../src/machine.ts';
import {
  chooseInterface,
  type Clock,
  type HostReport,
  observeQueriers,
  openMulticastSocket,
  type QuerierReport,
  systemNetwork,
} from '../../src/net/index.ts';
import { attempt } from './attempt.ts';
import type { DoctorFacts, ScopeRoute } from './facts.ts';

/** SCOP values that users meet: admin, site, organization, global. */
const SCOPS = [4, 5, 8, 14];
const QUERIER_PATIENCE_MS = 1200;
const REACH_PATIENCE_MS = 300;

/** The interface of every scope when none is named. */
export async function scopeRoutes(): Promise<ScopeRoute[]> {
  const zones = [
    ...IPV4_ZONES.filter(({ madcapGroup, scop }) => madcapGroup !== undefined || scop === 14).map((zone) => ({
      family: zone.family,
      range: zone.scop === 14 ? '224.2.128.0/17' : prefixOf(zone.first, zone.last),
      sample: zone.scop === 14 ? '224.2.128.1' : zone.first.replace(/0$/, '1'),
    })),
    ...SCOPS.map((scop) => ({
      family: 6 as const,
      range: `ff1${scop.toString(16)}::/16`,
      sample: ipv6Zone(scop).first,
    })),
  ];
  const known = systemNetwork.addresses();
  const routed = await Promise.all(
    zones
      .filter(({ family }) => known.some((it) => it.family === family))
      .filter(({ range }) => range !== '')
      .map(async ({ family, range, sample }) => {
        const { value } = await attempt(() => chooseInterface(undefined, sample));
        return { family, range, interfaceName: value?.name, internal: value?.internal ?? true };
      }),
  );
  return routed;
}

/** Only where the zone is one prefix: what is set aside for expansion is told by its neighbours. */
function prefixOf(first: string, last: string): string {
  const [a, b] = [first, last].map((it) => it.split('.').map(Number));
  const bits = (a ?? []).flatMap((octet, i) =>
    Array.from({ length: 8 }, (_, bit) => ((octet ^ (b?.[i] ?? 0)) >> (7 - bit)) & 1),
  );
  const length = bits.indexOf(1) === -1 ? 32 : bits.indexOf(1);
  return bits.slice(length).every((bit) => bit === 1) ? `${first}/${length}` : '';
}

interface Place {
  readonly group: string;
  readonly port: number;
  readonly interface?: string;
}

/** Whether members on the other interfaces hear what is sent on the chosen one: three packets with TTL 1. */
export async function tryReach(
  place: Place,
  chosen: string,
  host: HostReport,
  clock: Clock,
): Promise<DoctorFacts['reach']> {
  const family = place.group.includes(':') ? 6 : 4;
  const others = host.interfaces.filter(
    (it) =>
      it.up &&
      !it.loopback &&
      it.name !== chosen &&
      it.multicast === true &&
      it.addresses.some((address) => isIp(address) && address.includes(':') === (family === 6)),
  );
  if (others.length === 0) return [];
  await using opened = new AsyncDisposableStack();
  const heard = new Set<string>();
  const token = randomBytes(8); // others may send to that group
  for (const { name } of others) {
    const { value } = await attempt(() => openMulticastSocket({ ...place, interface: name }));
    if (value === undefined) continue;
    opened.use(value);
    value.onDatagram(({ bytes }) => {
      if (Buffer.compare(bytes, token) === 0) heard.add(name);
    });
  }
  const sender = opened.use(await openMulticastSocket({ ...place, interface: chosen, ttl: 1, join: false }));
  const end = clock.now() + REACH_PATIENCE_MS;
  for (let i = 0; i < 3; i++) sender.send(token);
  while (clock.now() < end && heard.size < others.length) await sleep(clock, 20);
  return others.map(({ name }) => ({ name, heard: heard.has(name) }));
}

/** Who asks for memberships on the interfaces that are up: a group is joined and left, which they answer at once. */
export async function lookForQueriers(
  host: HostReport,
  only: string | undefined,
  clock: Clock,
  random: RandomSource,
): Promise<QuerierReport[]> {
  const addresses = systemNetwork.addresses();
  const interfaces = host.interfaces
    .filter((it) => it.up && !it.loopback && it.multicast === true && it.addresses.length > 0)
    .filter(({ name }) => only === undefined || only === name)
    .flatMap(({ name }) => {
      const index = addresses.find((it) => it.name === name && it.index !== undefined)?.index;
      return index === undefined ? [] : [{ name, index }];
    });
  if (interfaces.length === 0) return [];
  return observeQueriers({
    interfaces,
    durationMs: QUERIER_PATIENCE_MS,
    provoke: { 4: randomGroup('local', random), 6: randomGroup('site', random, 6) },
    clock,
  });
}

function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.timer(resolve).set(clock.now() + ms);
  });
}

import { setImmediate } from 'node:timers/promises';
import { type GatewayEvent, type GatewayOptions, SapGateway } from '../../../directory/gateway/index.ts';
import type { Conference, Directory } from '../../../directory/index.ts';
import { LdapDirectory } from '../../../directory/ldap-directory.ts';
import {
  createLocatorService,
  type LocatorService,
  openStore,
  type Peer,
} from '../../../directory/server/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Air, type SapHost } from './air.ts';

export const NOW = Date.UTC(2026, 10, 21, 9);

/** Somebody on the network who has not logged in. */
const ANYBODY: Peer = { name: 'anybody', isSecure: true, isLocal: true, isInProcess: false };

/** A directory that gateways may share. */
export class SharedDirectory {
  readonly service: LocatorService;
  readonly #clock: FakeClock;
  readonly #store = openStore({ path: ':memory:' });
  readonly #opened: LdapDirectory[] = [];

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.service = createLocatorService({ store: this.#store, clock });
  }

  async open(peer?: Peer): Promise<Directory> {
    const connect = () => this.service.connect(peer);
    const target = { kind: 'service', connect, url: 'embedded:test', base: '' } as const;
    const directory = new LdapDirectory(target, { clock: this.#clock, random: Math.random });
    this.#opened.push(directory);
    await directory.connect();
    return directory;
  }
  /** As everybody may read it. */
  openAsAnybody(): Promise<Directory> {
    return this.open(ANYBODY);
  }

  async stop(): Promise<void> {
    for (const directory of this.#opened) await directory.close();
    this.service.close();
    this.#store.close();
  }
}

/** Networks, directories and gateways on one simulated clock. */
export class Site implements AsyncDisposable {
  readonly clock = new FakeClock(1000, NOW);
  readonly air: Air;
  readonly #directories: SharedDirectory[] = [];
  readonly #gateways = new Set<SapGateway>();
  /** What gateways told, as `name: type what`. */
  readonly told: string[] = [];

  constructor(random: () => number = Math.random) {
    this.air = new Air(this.clock, random);
  }

  directory(): SharedDirectory {
    const directory = new SharedDirectory(this.clock);
    this.#directories.push(directory);
    return directory;
  }

  async gateway(
    sap: SapHost,
    directory: SharedDirectory,
    options: Partial<GatewayOptions> = {},
  ): Promise<SapGateway> {
    const name = options.name ?? sap.address;
    const gateway = new SapGateway({
      name,
      sap,
      importInto: await directory.open(),
      announceFrom: await directory.openAsAnybody(),
      clock: this.clock,
      random: this.air.random,
      onEvent: (event) => this.told.push(`${name}: ${describeEvent(event)}`),
      ...options,
    });
    this.#gateways.add(gateway);
    await this.settle();
    return gateway;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let i = 0; i < 12; i++) await setImmediate();
  }

  /** Lets time pass. @param stepMs the shortest time in which anything is seen to happen */
  async pass(seconds: number, stepMs = 1000): Promise<void> {
    for (let left = seconds * 1000; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(stepMs, left));
      await this.settle();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const gateway of this.#gateways) await gateway.close();
    for (const directory of this.#directories) await directory.stop();
  }
}

function describeEvent(event: GatewayEvent): string {
  if (event.type === 'trouble') return `trouble ${event.problem}`;
  const groups = 'groups' in event ? ` to ${event.groups.join(' ')}` : '';
  return `${event.type} ${event.name}${groups}`;
}

export async function conferencesOf(directory: Directory): Promise<Conference[]> {
  return (await directory.search().toArray()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** A description as other people's programs write it. */
export function description({
  name = 'Talk',
  user = 'bob',
  id = '1',
  version = '1',
  host = '192.0.2.9',
  group = '239.255.7.7/15',
  times = '0 0',
  more = '',
} = {}): Uint8Array {
  const text = `v=0\r\no=${user} ${id} ${version} IN IP4 ${host}\r\ns=${name}\r\nc=IN IP4 ${group}\r\nt=${times}\r\n${more}m=audio 5004 RTP/AVP 0\r\n`;
  return Buffer.from(text);
}

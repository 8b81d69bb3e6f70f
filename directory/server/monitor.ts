import { escapeDnValue, type LdapRequest, parseDn } from '../../src/ldap/index.ts';
import type { Clock } from '../../src/net/clock.ts';
import type { Identity } from './access.ts';
import { BIND_FAILURES, type ServiceCounters } from './counters.ts';
import type { Entry } from './entry.ts';
import { generalizedTime } from './matching.ts';
import { PATH_SEPARATOR, pathOf } from './schema.ts';
import type { EntryStore } from './store.ts';
import { entryAttributes, SCHEMA, VENDOR_VERSION } from './tree.ts';

/** Root of what the service tells about itself; it is in no naming context and in no file. */
export const MONITOR = 'cn=Monitor';
const MONITOR_PATH = pathOf(parseDn(MONITOR));

export const isMonitorPath = (path: string): boolean =>
  path === MONITOR_PATH || path.startsWith(MONITOR_PATH + PATH_SEPARATOR);

/** Kinds of request under the names that OpenLDAP's monitor gives them. */
export const OPERATION_NAMES: readonly (readonly [LdapRequest['type'], string])[] = [
  ['bindRequest', 'Bind'],
  ['unbindRequest', 'Unbind'],
  ['searchRequest', 'Search'],
  ['compareRequest', 'Compare'],
  ['modifyRequest', 'Modify'],
  ['modDNRequest', 'Modrdn'],
  ['addRequest', 'Add'],
  ['delRequest', 'Delete'],
  ['abandonRequest', 'Abandon'],
  ['extendedRequest', 'Extended'],
];

/** What is measured. */
export interface Measured {
  readonly counters: ServiceCounters;
  readonly store: EntryStore;
  readonly clock: Clock;
  /** What it has in hand now; looked at when somebody asks. */
  readonly service: {
    /** Connections open. */
    readonly connections: number;
    readonly feed: { readonly followers: number };
    readonly bindDelay: { readonly size: number; readonly waiting: number };
  };
}

/** A number of a {@link MonitoredPart}. */
export interface PartCounter {
  /** Under which it is below `cn=Monitor`. */
  readonly name: string;
  /** Under which Prometheus has it, with `rendezvous_` before it; those with the same one stand together. */
  readonly metric: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Something else that runs in the same process and is measured with it. */
export interface MonitoredPart {
  /** Name of its container below `cn=Monitor`. */
  readonly name: string;
  /** Asked whenever somebody looks. */
  counters(): readonly PartCounter[];
}

type Values = Readonly<Record<string, readonly string[]>>;

/**
 * The service's account of itself, as entries below `cn=Monitor` laid out as OpenLDAP's, and as one set of numbers.
 * Those who have bound may read it, and the user of this process.
 */
export class Monitor {
  readonly #measured: Measured;
  readonly #parts: MonitoredPart[] = [];
  /** Wall-clock milliseconds since 1970. */
  readonly startedAt: number;

  constructor(measured: Measured) {
    this.#measured = measured;
    this.startedAt = measured.clock.wall();
  }

  /** Tells of this too from now on. */
  include(part: MonitoredPart): void {
    this.#parts.push(part);
  }
  /** The numbers of what runs beside the service. */
  get partCounters(): readonly PartCounter[] {
    return this.#parts.flatMap((part) => part.counters());
  }

  get counters(): ServiceCounters {
    return this.#measured.counters;
  }
  /** Connections open now. */
  get connections(): number {
    return this.#measured.service.connections;
  }
  /** Connections with searches that follow changes. */
  get followers(): number {
    return this.#measured.service.feed.followers;
  }
  /** Addresses with failed binds that are not forgiven yet. */
  get delayedAddresses(): number {
    return this.#measured.service.bindDelay.size;
  }
  /** Binds that wait because of such failures. */
  get delayedBinds(): number {
    return this.#measured.service.bindDelay.waiting;
  }
  /** Entries that have not ended. */
  get entries(): number {
    return this.#measured.store.count(this.#measured.clock.wall());
  }
  get uptimeSeconds(): number {
    return Math.max(0, Math.floor((this.#measured.clock.wall() - this.startedAt) / 1000));
  }

  /** The entries that `who` may see: all or none. */
  entriesFor(who: Identity): readonly Entry[] {
    return who.dn === '' && !who.isInProcess ? [] : this.#all();
  }

  #all(): Entry[] {
    const { counters } = this;
    const now = this.#measured.clock.wall();
    const counter = (value: number): Values => ({
      objectClass: ['monitorCounterObject'],
      monitorCounter: [String(value)],
    });
    const time = (ms: number): Values => ({
      objectClass: ['monitoredObject'],
      monitorTimestamp: [generalizedTime(ms)],
    });
    const container: Values = { objectClass: ['monitorContainer'] };
    const operation = (initiated: number, completed: number): Values => ({
      objectClass: ['monitorOperation'],
      monitorOpInitiated: [String(initiated)],
      monitorOpCompleted: [String(completed)],
    });
    const sum = (counts: Readonly<Record<string, number>>): number =>
      Object.values(counts).reduce((total, count) => total + count, 0);
    const tree: (readonly [names: readonly string[], values: Values])[] = [
      [[], { objectClass: ['monitorServer'], monitoredInfo: [VENDOR_VERSION] }],
      [['Binds'], container],
      [['Binds', 'Failed'], counter(sum(counters.bindsFailed))],
      ...BIND_FAILURES.map(
        (name) => [['Binds', 'Failed', name], counter(counters.bindsFailed[name])] as const,
      ),
      [['Binds', 'Delayed addresses'], counter(this.delayedAddresses)],
      [['Binds', 'Waiting'], counter(this.delayedBinds)],
      [['Connections'], container],
      [['Connections', 'Total'], counter(counters.connections)],
      [['Connections', 'Current'], counter(this.connections)],
      [['Connections', 'Following'], counter(this.followers)],
      [['Connections', 'Refused'], counter(counters.refused)],
      [['Connections', 'Malformed'], counter(counters.malformed)],
      [['Database'], container],
      [['Database', 'Entries'], counter(this.entries)],
      [['Database', 'Expired'], counter(counters.expired)],
      [['Database', 'Sweeps failed'], counter(counters.sweepsFailed)],
      [['Operations'], operation(sum(counters.operations), sum(counters.completed))],
      ...OPERATION_NAMES.map(
        ([type, name]) =>
          [['Operations', name], operation(counters.operations[type], counters.completed[type])] as const,
      ),
      [['Operations', 'Failed'], counter(counters.failed)],
      ...this.#parts.flatMap((part) => [
        [[part.name], container] as const,
        ...part.counters().map(({ name, value }) => [[part.name, name], counter(value)] as const),
      ]),
      [['Statistics'], container],
      [['Statistics', 'Bytes'], counter(counters.bytesOut)],
      [['Statistics', 'Bytes received'], counter(counters.bytesIn)],
      [['Time'], container],
      [['Time', 'Start'], time(this.startedAt)],
      [['Time', 'Current'], time(now)],
      [['Time', 'Uptime'], { objectClass: ['monitoredObject'], monitoredInfo: [String(this.uptimeSeconds)] }],
    ];
    const parents = new Set(tree.map(([names]) => names.slice(0, -1).join('\n')));
    return tree.map(([names, values], i) =>
      monitorEntry(i + 1, names, values, parents.has(names.join('\n')), this.startedAt, now),
    );
  }
}

/** Whole with its operational attributes: nothing else is known of it. */
function monitorEntry(
  id: number,
  names: readonly string[],
  values: Values,
  hasSubordinates: boolean,
  startedAt: number,
  now: number,
): Entry {
  const dn = [...names.toReversed().map((name) => `cn=${escapeDnValue(name)}`), MONITOR].join(',');
  return {
    id,
    parent: 0,
    path: pathOf(parseDn(dn)),
    dn,
    expires: undefined,
    csn: 0,
    attributes: entryAttributes({
      ...values,
      cn: [names.at(-1) ?? 'Monitor'],
      structuralObjectClass: values['objectClass'] ?? [],
      entryDN: [dn],
      subschemaSubentry: [SCHEMA],
      hasSubordinates: [hasSubordinates ? 'TRUE' : 'FALSE'],
      createTimestamp: [generalizedTime(startedAt)],
      modifyTimestamp: [generalizedTime(now)],
    }),
  };
}

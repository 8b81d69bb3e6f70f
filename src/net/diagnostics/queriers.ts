import { DecodeError } from '../../errors.ts';
import { type MembershipQuery, MLD_TYPES, parseIgmp, parseMld } from '../../igmp/index.ts';
import { formatIp, type IpFamily, parseIp } from '../../ip/index.ts';
import type { Ms } from '../../machine.ts';
import { type Clock, systemClock } from '../clock.ts';
import { loadNativeSockets, type NativeSockets } from '../native.ts';
import { openMulticastSocket } from '../open-multicast-socket.ts';

/** A query as it came. */
export interface QuerierSeen {
  readonly address: string;
  /** 0.0.0.0 or :: is a switch without an address of its own. */
  readonly version: MembershipQuery['version'];
  /** Seconds between its general queries; 0 when it did not say. */
  readonly intervalSeconds: number;
}

/** What was heard of queriers on one interface. */
export interface QuerierReport {
  readonly interfaceName: string;
  readonly igmp: QuerierSeen | undefined;
  readonly mld: QuerierSeen | undefined;
  /** Why nobody could listen there: a phrase that can stand after "because". */
  readonly unavailable?: string;
}

export interface ObserveQueriersOptions {
  readonly interfaces: readonly { readonly name: string; readonly index: number }[];
  /** How long to listen, ms. */
  readonly durationMs: Ms;
  /** Groups to join and leave, to be asked about: whoever asks answers a leave with a query at once. Default none. */
  readonly provoke?: Readonly<Partial<Record<IpFamily, string>>>;
  readonly clock?: Clock;
}

const [IPPROTO_HOP_BY_HOP, IPPROTO_ICMPV6] = [0, 58];
/** IPv4 of protocol 2; IPv6 with hop-by-hop options, which every message of MLD has (RFC 3810 §5). bpf(4) */
const FILTERS: Readonly<Record<IpFamily, Uint8Array>> = { 4: byteIs(9, 2), 6: byteIs(6, IPPROTO_HOP_BY_HOP) };
const POLL_MS = 10;
/** A report is on its way at once; the leave that follows shall not overtake it. */
const JOINED_MS = 60;

/**
 * Listens for queries of IGMP and MLD on some interfaces at once. Needs CAP_NET_RAW and koffi; says so where they are
 * missing. Ends early once both protocols were heard everywhere.
 *
 * @see RFC 3376 §6.4.2: queriers ask at once who is left when somebody leaves
 */
export async function observeQueriers(options: ObserveQueriersOptions): Promise<QuerierReport[]> {
  const { interfaces, durationMs, clock = systemClock } = options;
  const native = await loadNativeSockets();
  if (!native.available) return interfaces.map(({ name }) => nobody(name, native.reason));
  await using opened = new AsyncDisposableStack();
  const listeners = interfaces.map(({ name, index }) => {
    const listener = new QuerierListener(native, name, index);
    opened.use(listener);
    return listener;
  });
  const end = clock.now() + durationMs;
  const provoked = options.provoke === undefined ? undefined : provokeAll(interfaces, options.provoke, clock);
  while (clock.now() < end && !listeners.every((it) => it.isDone)) {
    for (const listener of listeners) listener.poll();
    await sleep(clock, POLL_MS);
  }
  await provoked;
  return listeners.map((it) => it.report);
}

/** The queries that come to one interface. */
export interface QueryWatch extends Disposable {
  /** Whether members of the group were asked since the last call, by a general query or one for the group. */
  wereAsked(group: string): boolean;
}

/** Undefined where nobody may listen: it needs CAP_NET_RAW and koffi. */
export async function watchQueries(name: string, index: number): Promise<QueryWatch | undefined> {
  const native = await loadNativeSockets();
  if (!native.available) return undefined;
  const listener = new QuerierListener(native, name, index);
  if (listener.report.unavailable === undefined) return listener;
  listener[Symbol.dispose]();
  return undefined;
}

/** Queries for single groups that are remembered between two looks. */
const MOST_ASKED = 256;

const nobody = (interfaceName: string, unavailable: string): QuerierReport => ({
  interfaceName,
  igmp: undefined,
  mld: undefined,
  unavailable,
});

/** Both protocols on one interface. */
class QuerierListener implements QueryWatch {
  readonly #native: NativeSockets;
  readonly #name: string;
  readonly #sockets: { family: IpFamily; fd: number }[] = [];
  #igmp: QuerierSeen | undefined;
  #mld: QuerierSeen | undefined;
  #unavailable: string | undefined;
  /** What was asked about since the last {@link wereAsked}: groups, and 4 or 6 for all of a family. */
  readonly #asked = new Set<IpFamily | string>();

  constructor(native: NativeSockets, name: string, index: number) {
    this.#native = native;
    this.#name = name;
    for (const family of [4, 6] as const) {
      try {
        this.#sockets.push({ family, fd: native.packetSocket(family, index, FILTERS[family]) });
      } catch (error) {
        const code =
          error instanceof Error && 'systemCode' in error ? String(error.systemCode) : String(error);
        this.#unavailable = code === 'EPERM' ? 'only root may listen for queries' : code;
      }
    }
  }

  get isDone(): boolean {
    const heard = { 4: this.#igmp, 6: this.#mld };
    return this.#sockets.every(({ family }) => heard[family] !== undefined);
  }

  get report(): QuerierReport {
    return {
      interfaceName: this.#name,
      igmp: this.#igmp,
      mld: this.#mld,
      ...(this.#unavailable === undefined ? {} : { unavailable: this.#unavailable }),
    };
  }

  poll(): void {
    for (const { family, fd } of this.#sockets) {
      for (let packet = this.#native.receive(fd); packet !== undefined; packet = this.#native.receive(fd)) {
        const heard = family === 4 ? readIgmp(packet.bytes) : readMld(packet.bytes);
        if (heard === undefined) continue;
        if (this.#asked.size < MOST_ASKED || heard.group === undefined)
          this.#asked.add(heard.group ?? family);
        const { group: _about, ...querier } = heard;
        if (family === 4) this.#igmp = better(this.#igmp, querier);
        else this.#mld = better(this.#mld, querier);
      }
    }
  }

  wereAsked(group: string): boolean {
    this.poll();
    const { family, bytes } = parseIp(group);
    const asked = this.#asked.has(family) || this.#asked.has(formatIp({ bytes }));
    this.#asked.clear();
    return asked;
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#sockets) this.#native.close(fd);
  }
}

/** A general query tells its interval; one for a group need not. */
function better(known: QuerierSeen | undefined, heard: QuerierSeen): QuerierSeen {
  return known === undefined || heard.intervalSeconds > 0 ? heard : known;
}

interface Query extends QuerierSeen {
  /** Undefined: all of them. */
  readonly group: string | undefined;
}

function readIgmp(packet: Uint8Array): Query | undefined {
  const header = ((packet[0] ?? 0) & 0x0f) * 4;
  const end = ((packet[2] ?? 0) << 8) | (packet[3] ?? 0);
  const address = formatIp({ bytes: packet.slice(12, 16) });
  return seen(address, () => parseIgmp(packet.subarray(header, end)));
}

const IPV6_HEADER = 40;

function readMld(packet: Uint8Array): Query | undefined {
  const end = IPV6_HEADER + (((packet[4] ?? 0) << 8) | (packet[5] ?? 0));
  const [next, words] = [packet[IPV6_HEADER], packet[IPV6_HEADER + 1] ?? 0];
  const message = packet.subarray(IPV6_HEADER + 8 * (words + 1), end);
  if (next !== IPPROTO_ICMPV6 || message[0] !== MLD_TYPES.query) return undefined;
  const [source, destination] = [packet.slice(8, 24), packet.slice(24, 40)].map((bytes) =>
    formatIp({ bytes }),
  );
  return seen(source ?? '', () =>
    parseMld(message, { source: source ?? '', destination: destination ?? '' }),
  );
}

function seen(address: string, parse: () => ReturnType<typeof parseIgmp>): Query | undefined {
  try {
    const message = parse();
    if (message.type !== 'query') return undefined;
    const { version, intervalSeconds, group } = message;
    return { address, version, intervalSeconds, group };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Joins and leaves on every interface; where that cannot be, nobody is provoked. */
async function provokeAll(
  interfaces: ObserveQueriersOptions['interfaces'],
  groups: Readonly<Partial<Record<IpFamily, string>>>,
  clock: Clock,
): Promise<void> {
  const wishes = interfaces.flatMap(({ name }) =>
    Object.values(groups).map((group) => ({ interface: name, group })),
  );
  await Promise.all(
    wishes.map(async (wish) => {
      try {
        await using socket = await openMulticastSocket({ ...wish, port: 9, ttl: 0 });
        socket.onDatagram(() => {});
        await sleep(clock, JOINED_MS);
      } catch {
        // no address of the family, or down: told by other checks
      }
    }),
  );
}

function sleep(clock: Clock, ms: Ms): Promise<void> {
  return new Promise((resolve) => {
    clock.timer(resolve).set(clock.now() + ms);
  });
}

/** `ldb [at]; jeq #value, 0, 1; ret #65535; ret #0` as `struct sock_filter`s. */
function byteIs(at: number, value: number): Uint8Array {
  const instructions = [
    [0x30, 0, 0, at],
    [0x15, 0, 1, value],
    [0x06, 0, 0, 0xffff],
    [0x06, 0, 0, 0],
  ];
  const view = new DataView(new ArrayBuffer(8 * instructions.length));
  for (const [i, [code = 0, yes = 0, no = 0, k = 0]] of instructions.entries()) {
    view.setUint16(8 * i, code, true);
    view.setUint8(8 * i + 2, yes);
    view.setUint8(8 * i + 3, no);
    view.setUint32(8 * i + 4, k, true);
  }
  return new Uint8Array(view.buffer);
}

import type { TransportAddress } from '../../src/machine.ts';
import {
  formatMadcapMessage,
  MadcapServer,
  type MadcapMessage,
  type MadcapMessageType,
  type MadcapOptions,
  type MadcapServerEvent,
  type MadcapServerOptions,
  MemoryLeaseStore,
  parseMadcapMessage,
  type ServedScope,
} from '../../src/madcap/index.ts';
import { EPOCH } from './rig.ts';

export const CLIENT: TransportAddress = { address: '192.0.2.77', port: 40_000 };
export const OWN = '192.0.2.1';
export const ID = Uint8Array.of(0, ...Array.from({ length: 16 }, (_, i) => i));

export function servedScope(more: Partial<ServedScope> = {}): ServedScope {
  return {
    first: '239.255.0.0',
    last: '239.255.255.255',
    ttl: 15,
    names: [{ language: 'en', name: 'Local', isDefault: true }],
    exclusions: [],
    maximumSeconds: 86_400,
    ...more,
  };
}
/** A scope of so many addresses, of which the last 256 are never granted. */
export const smallScope = (count: number): ServedScope =>
  servedScope({ first: '239.255.0.0', last: `239.255.1.${count - 1}` });

interface AskOptions {
  readonly multicast?: boolean;
  readonly xid?: number;
  readonly from?: TransportAddress;
  readonly family?: 4 | 6;
}

/** A server, time that a test moves, and its answers. */
export class ServerRig {
  now = 0;
  xid = 0;
  readonly store = new MemoryLeaseStore();
  readonly events: MadcapServerEvent[] = [];
  readonly server: MadcapServer;

  constructor(options: Partial<MadcapServerOptions> = {}) {
    let seed = 1;
    this.server = new MadcapServer({
      scopes: [servedScope()],
      store: this.store,
      random: () => {
        seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
        return seed / 2 ** 31;
      },
      unixSeconds: () => this.unix,
      ...options,
    });
    this.server.addIdentifier(OWN);
  }

  get unix(): number {
    return EPOCH + Math.floor(this.now / 1000);
  }

  /** Sends a message and gives the answer, if there is one. */
  ask(
    type: MadcapMessageType,
    options: MadcapOptions = {},
    { multicast = type === 'discover', xid = ++this.xid, from = CLIENT, family = 4 }: AskOptions = {},
  ): MadcapMessage | undefined {
    const scope = type === 'discover' || type === 'request' ? { scope: '239.255.0.0' } : {};
    const whole = { leaseIdentifier: ID, ...scope, ...options };
    return this.receive(formatMadcapMessage({ type, family, xid, options: whole }), { multicast, from });
  }

  receive(bytes: Uint8Array, { multicast = false, from = CLIENT } = {}): MadcapMessage | undefined {
    this.server.handleDatagram(bytes, from, this.now, { multicast, identifier: OWN });
    return this.#poll();
  }

  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.server.pollTimeout();
      if (next === undefined || next > end) break;
      this.now = Math.max(this.now, next);
      this.server.handleTimeout(this.now);
      this.#poll();
    }
    this.now = end;
  }

  #poll(): MadcapMessage | undefined {
    for (let event = this.server.pollEvent(); event !== undefined; event = this.server.pollEvent()) {
      this.events.push(event);
    }
    let last: MadcapMessage | undefined;
    for (let out = this.server.pollTransmit(); out !== undefined; out = this.server.pollTransmit()) {
      last = parseMadcapMessage(out.bytes);
    }
    return last;
  }
}

export const addressOf = (message: MadcapMessage | undefined): string | undefined =>
  message?.options.addressRanges?.[0]?.first;
export const errorOf = (message: MadcapMessage | undefined): unknown => message?.options.error;

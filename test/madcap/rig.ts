import {
  formatMadcapMessage,
  MadcapClient,
  type MadcapClientEvent,
  type MadcapDestination,
  type MadcapMessage,
  type MadcapMessageType,
  type MadcapOptions,
  parseMadcapMessage,
} from '../../src/madcap/index.ts';
import type { TransportAddress } from '../../src/machine.ts';

export const SERVER: TransportAddress = { address: '192.0.2.1', port: 2535 };
export const SCOPE = '239.255.0.0';
/** Unix seconds at the machine's time 0. */
export const EPOCH = 1_800_000_000;

export interface Sent extends MadcapMessage {
  readonly to: MadcapDestination;
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** A client, time that a test moves, and what the client sends and tells. */
export class ClientRig {
  now = 0;
  /** Seconds that the wall clock of the client is off. */
  skew = 0;
  readonly sent: Sent[] = [];
  readonly events: MadcapClientEvent[] = [];
  readonly client: MadcapClient;

  constructor() {
    let random = 0;
    this.client = new MadcapClient({
      random: () => (random = (random + 0.137) % 1),
      randomOctets: (count) => Uint8Array.from({ length: count }, (_, i) => i + 1),
      unixSeconds: () => this.unix,
    });
  }

  get unix(): number {
    return EPOCH + this.skew + Math.floor(this.now / 1000);
  }
  get last(): Sent {
    const last = this.sent.at(-1);
    if (last === undefined) throw new Error('nothing was sent');
    return last;
  }

  poll(): void {
    for (let out = this.client.pollTransmit(); out !== undefined; out = this.client.pollTransmit()) {
      this.sent.push({ ...parseMadcapMessage(out.bytes), to: out.to, bytes: out.bytes, at: this.now });
    }
    for (let event = this.client.pollEvent(); event !== undefined; event = this.client.pollEvent()) {
      this.events.push(event);
    }
  }

  /** Time passes; timers fire at their own time. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.client.pollTimeout();
      if (next === undefined || next > end) break;
      this.now = Math.max(this.now, next);
      this.client.handleTimeout(this.now);
      this.poll();
    }
    this.now = end;
  }

  /** A server answers the last message, unless told which. */
  answer(
    type: MadcapMessageType,
    options: MadcapOptions = {},
    { to = this.last, from = SERVER }: { to?: Sent; from?: TransportAddress } = {},
  ): void {
    const { leaseIdentifier, scope } = to.options;
    const granted = type === 'offer' || (type === 'ack' && to.type !== 'getinfo' && to.type !== 'release');
    const message: MadcapMessage = {
      type,
      family: to.family,
      xid: to.xid,
      options: {
        ...(leaseIdentifier === undefined ? {} : { leaseIdentifier }),
        serverIdentifier: from.address,
        ...(granted ? { scope: scope ?? SCOPE, leaseTime: 3600 } : {}),
        ...(granted ? { addressRanges: [{ first: '239.255.1.1', count: 1 }] } : {}),
        ...options,
      },
    };
    this.receive(formatMadcapMessage(message), from);
  }

  receive(bytes: Uint8Array, from = SERVER): void {
    this.client.handleDatagram(bytes, from, this.now);
    this.poll();
  }
}

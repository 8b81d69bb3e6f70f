import { RtpSession, type RtpSessionEvent, type RtpSessionOptions } from '../../src/rtp/index.ts';
import type { Ms, TransportAddress } from '../../src/machine.ts';

/** Reproducible chance (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** What the fake network does to a datagram on its way to one receiver. */
export interface Weather {
  /** Share lost, doubled, 0 to 1. */
  readonly loss?: number;
  readonly duplicate?: number;
  /** Delay in ms, drawn evenly between the two. */
  readonly delay?: readonly [number, number];
}

/** Options that every simulated participant has. */
export const WALL_AT_ZERO = Date.UTC(2026, 0, 1);

/** One participant: a session with an address, and a diary of what it was told. */
export class Node {
  readonly name: string;
  readonly session: RtpSession;
  readonly rtp: TransportAddress;
  readonly rtcp: TransportAddress;
  readonly events: { at: Ms; event: RtpSessionEvent }[] = [];
  /** RTCP datagrams sent: when and how long with IP and UDP headers. */
  readonly sent: { at: Ms; bytes: number }[] = [];
  /** Extended sequence numbers handed over, by SSRC. */
  readonly heard = new Map<number, number[]>();
  armed: Ms = Infinity;
  online = true;
  sending = false;

  constructor(name: string, session: RtpSession, address: string) {
    this.name = name;
    this.session = session;
    this.rtp = { address, port: 5004 };
    this.rtcp = { address, port: 5005 };
    session.addOwnAddress(this.rtp);
    session.addOwnAddress(this.rtcp);
  }

  told<T extends RtpSessionEvent['type']>(type: T): Extract<RtpSessionEvent, { type: T }>[] {
    return this.events.map(({ event }) => event).filter((event): event is never => event.type === type);
  }
  /** The source with a CNAME, as this participant sees it. */
  sees(name: string) {
    return Array.from(this.session.sources.values()).find((source) => source.cname === name);
  }
}

/** A multicast group with a clock of its own: everything happens in order of time, nothing sleeps. */
export class Simulation {
  now: Ms = 0;
  readonly nodes: Node[] = [];
  readonly random: () => number;
  readonly #weather: Weather;
  /** Datagrams reach all receivers at one time, and only `left` goes into the diary: cheaper with hundreds of them. */
  readonly #together: boolean;
  readonly #heap: { at: Ms; order: number; run: () => void }[] = [];
  #order = 0;

  constructor(seed: number, weather: Weather = {}, together = false) {
    this.random = seeded(seed);
    this.#weather = weather;
    this.#together = together;
  }

  join(name: string, options: Partial<RtpSessionOptions> = {}): Node {
    const session = new RtpSession(
      { random: this.random, cname: name, clockRates: new Map([[0, 8000]]), bandwidth: 64_000, ...options },
      this.now,
    );
    const index = this.nodes.length;
    const node = new Node(name, session, `10.0.${index >> 8}.${index & 255}`);
    this.nodes.push(node);
    this.#pump(node);
    return node;
  }

  at(time: Ms, run: () => void): void {
    const heap = this.#heap;
    const entry = { at: time, order: this.#order++, run };
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  runUntil(time: Ms): void {
    for (let next = this.#heap[0]; next !== undefined && next.at <= time; next = this.#heap[0]) {
      this.#pop();
      this.now = next.at;
      next.run();
    }
    this.now = time;
  }

  /** Sends a PCMU packet each 20 ms until {@link Node.sending} is false again. */
  talk(node: Node): void {
    if (node.sending) return;
    node.sending = true;
    const payload = new Uint8Array(160);
    const tick = (at: Ms): void => {
      if (!node.sending || !node.online) return;
      this.deliver('rtp', node.session.nextRtp(payload, 160, false, at), node.rtp);
      this.at(at + 20, () => tick(at + 20));
    };
    tick(this.now);
  }

  leave(node: Node, reason?: string): void {
    node.sending = false;
    node.session.leave(reason, this.now, this.wall);
    this.#pump(node);
  }

  /** Pulls the plug: no BYE. */
  unplug(node: Node): void {
    node.sending = false;
    node.online = false;
  }

  get wall(): number {
    return WALL_AT_ZERO + this.now;
  }

  deliver(port: 'rtp' | 'rtcp', bytes: Uint8Array, from: TransportAddress): void {
    const { loss = 0, duplicate = 0, delay: [least, most] = [1, 1] } = this.#weather;
    const delay = (): Ms => least + this.random() * (most - least);
    if (this.#together) {
      this.at(this.now + delay(), () => {
        for (const node of this.nodes) this.#receive(node, port, bytes, from);
      });
      return;
    }
    for (const node of this.nodes) {
      const copies = this.random() < loss ? 0 : this.random() < duplicate ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        this.at(this.now + delay(), () => this.#receive(node, port, bytes, from));
      }
    }
  }

  #receive(node: Node, port: 'rtp' | 'rtcp', bytes: Uint8Array, from: TransportAddress): void {
    if (!node.online) return;
    if (port === 'rtcp') {
      node.session.handleRtcp(bytes, from, this.now, this.wall);
    } else {
      const packet = node.session.handleRtp(bytes, from, this.now, this.wall);
      if (packet !== undefined) {
        const heard = node.heard.get(packet.source.ssrc) ?? [];
        if (heard.length === 0) node.heard.set(packet.source.ssrc, heard);
        heard.push(packet.extendedSequence);
      }
    }
    this.#pump(node);
  }

  #pump(node: Node): void {
    const { session } = node;
    for (let out = session.pollTransmit(); out !== undefined; out = session.pollTransmit()) {
      node.sent.push({ at: this.now, bytes: out.length + 28 });
      this.deliver('rtcp', out, node.rtcp);
    }
    for (let event = session.pollEvent(); event !== undefined; event = session.pollEvent()) {
      if (!this.#together || event.type === 'left') node.events.push({ at: this.now, event });
    }
    const due = session.pollTimeout();
    if (due === undefined || due >= node.armed) return;
    node.armed = due;
    this.at(due, () => {
      if (node.armed === due) node.armed = Infinity;
      if (!node.online) return;
      session.handleTimeout(this.now, this.wall);
      this.#pump(node);
    });
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      let below = heap[child];
      if (below === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && before(right, below)) {
        below = right;
        child++;
      }
      if (!before(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

function before(a: { at: Ms; order: number }, b: { at: Ms; order: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

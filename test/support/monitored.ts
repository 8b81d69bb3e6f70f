import {
  type Finding,
  type FindingCode,
  Monitor,
  type MonitorEvent,
} from '../../conference/monitor/index.ts';
import { serializeRtcpCompound } from '../../src/rtcp/index.ts';
import { buildExtension, type ExtensionElement, serializeRtpPacket } from '../../src/rtp/index.ts';
import { SessionDescription } from '../../src/sdp/index.ts';

export const START = 1000;
export const WALL = Date.UTC(2026, 0, 5, 12);

/** How a sender of these tests sends. */
export interface Habits {
  readonly ssrc?: number;
  readonly address?: string;
  readonly port?: number;
  readonly payloadType?: number;
  /** Between two packets, ms and ticks. */
  readonly everyMs?: number;
  readonly step?: number;
  readonly bytes?: number;
  readonly fill?: number;
  /** Which packets are not sent at all, and which twice. */
  readonly skip?: (packet: number) => boolean;
  readonly twice?: (packet: number) => boolean;
  /** How late a packet comes, ms. */
  readonly delay?: (packet: number) => number;
  readonly rtcp?: boolean;
  /** What a header extension has, by identifiers; nothing for none. */
  readonly extension?: readonly ExtensionElement[];
}

interface Sending extends Required<Habits> {
  count: number;
  due: number;
}

/** A monitor of one conference in simulated time, with senders that misbehave as they are told. */
export class Monitored {
  now = START;
  readonly monitor: Monitor;
  readonly events: MonitorEvent[] = [];
  readonly #senders: Sending[] = [];
  drops = 0;

  constructor(sdp: string, settings: { dscp?: number; near?: boolean } = {}) {
    const { dscp, near = true } = settings;
    this.monitor = new Monitor({ random: () => 0.5, cname: 'monitor', dscp, isNear: () => near });
    this.add('test', sdp);
  }

  add(name: string, sdp: string): void {
    const subject = { name, description: SessionDescription.parse(new TextEncoder().encode(sdp)) };
    this.monitor.set(name, subject, this.now, this.wall);
    this.#facts();
  }

  get wall(): number {
    return WALL + this.now;
  }
  get medium() {
    const medium = this.monitor.watches.get('test')?.media[0];
    if (medium === undefined) throw new Error('nothing is watched');
    return medium;
  }
  get figures() {
    const [figures] = this.monitor.figures(this.now, this.wall);
    if (figures === undefined) throw new Error('nothing is watched');
    return figures;
  }
  get codes(): FindingCode[] {
    return this.figures.findings.map(({ code }) => code);
  }
  finding(code: FindingCode): Finding | undefined {
    return this.figures.findings.find((it) => it.code === code);
  }

  /** Somebody begins to send; by default PCMU of 20 ms. @returns ends it */
  send(habits: Habits = {}): () => void {
    const sending: Sending = {
      ssrc: 0x1234,
      address: '10.0.0.1',
      port: 5004,
      payloadType: 0,
      everyMs: 20,
      step: 160,
      bytes: 160,
      fill: 0xff,
      skip: () => false,
      twice: () => false,
      delay: () => 0,
      rtcp: true,
      extension: [],
      ...habits,
      count: 0,
      due: this.now,
    };
    this.#senders.push(sending);
    return () => {
      this.#senders.splice(this.#senders.indexOf(sending), 1);
    };
  }

  /** Time passes, with everything that is sent meanwhile and a look each second. */
  run(seconds: number): this {
    const end = this.now + seconds * 1000;
    for (let tick = this.now + 1000; tick <= end; tick += 1000) {
      this.#deliver(tick);
      this.now = tick;
      this.#facts();
      this.monitor.tick(this.now, this.wall);
      for (let event = this.monitor.pollEvent(); event !== undefined; event = this.monitor.pollEvent()) {
        this.events.push(event);
      }
    }
    return this;
  }

  #facts(): void {
    for (const watch of this.monitor.watches.values()) {
      for (const medium of watch.media) {
        const nothing = { filtered: 0, refusedSources: [], away: false };
        medium.facts = { interfaces: ['mem0'], kernelDrops: this.drops, ...nothing };
      }
    }
  }

  #deliver(until: number): void {
    const arrivals: { at: number; deliver: () => void }[] = [];
    for (const it of this.#senders) {
      for (; it.due < until; it.due += it.everyMs, it.count++) {
        const at = it.due + it.delay(it.count);
        if (it.rtcp && it.count % 250 === 0) arrivals.push({ at, deliver: this.#report(it, at) });
        if (it.skip(it.count)) continue;
        const deliver = this.#packet(it, at);
        arrivals.push({ at, deliver });
        if (it.twice(it.count)) arrivals.push({ at, deliver });
      }
    }
    for (const { deliver } of arrivals.sort((a, b) => a.at - b.at)) deliver();
  }

  #packet(sending: Sending, at: number): () => void {
    const { ssrc, address, port, payloadType, count, step, bytes, fill, extension } = sending;
    const packet = serializeRtpPacket({
      marker: false,
      payloadType,
      sequenceNumber: count & 0xffff,
      timestamp: (count * step) >>> 0,
      ssrc,
      csrcs: [],
      ...(extension.length === 0 ? {} : { extension: buildExtension(extension) }),
      padding: 0,
      payload: new Uint8Array(bytes).fill(fill),
    });
    return () => this.medium.handleRtp(packet, { address, port }, at, WALL + at);
  }

  #report({ ssrc, address, port, count, step, bytes }: Sending, at: number): () => void {
    const report = serializeRtcpCompound([
      {
        type: 'sr',
        ssrc,
        ntp: 1n << 40n,
        rtpTimestamp: (count * step) >>> 0,
        packets: count,
        octets: count * bytes,
        reports: [],
      },
      { type: 'sdes', chunks: [{ ssrc, items: [{ type: 'cname', text: `c${ssrc}` }] }] },
    ]);
    return () => this.medium.handleRtcp(report, { address, port: port + 1 }, at, WALL + at);
  }
}

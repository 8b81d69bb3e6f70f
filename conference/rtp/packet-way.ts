import type { Ms, TransportAddress } from '../../src/machine.ts';
import type { MulticastSocket } from '../../src/net/index.ts';
import type { TapStage } from '../types/index.ts';
import type { MediumPlan } from './medium-plan.ts';
import type { PacketTaps } from './packet-taps.ts';
import type { MediumProtection } from './protection/index.ts';

/** Where the packets of a medium are seen. */
export interface MediumEnds {
  readonly rtp: MulticastSocket | undefined;
  readonly rtcp: MulticastSocket | undefined;
  /** Where our RTCP goes. */
  readonly rtcpTo: TransportAddress | undefined;
  /** From the clock of sockets to the wall clock. */
  readonly wallOffset: Ms;
}

/**
 * What is between the sockets of a medium and its RTP session: protection where there is any, and those who look at packets
 * before and behind it.
 */
export class PacketWay {
  readonly #taps: PacketTaps;
  readonly #protection: MediumProtection | undefined;
  readonly #medium: { readonly plan: MediumPlan; readonly ends: MediumEnds };

  constructor(
    taps: PacketTaps,
    protection: MediumProtection | undefined,
    medium: { readonly plan: MediumPlan; readonly ends: MediumEnds },
  ) {
    this.#taps = taps;
    this.#protection = protection;
    this.#medium = medium;
  }

  /** The RTP packet in a datagram, which may be overwritten; undefined when no key opens it. */
  openRtp(bytes: Uint8Array, at: Ms, from: TransportAddress): Uint8Array | undefined {
    if (this.#taps.wants('wire')) this.#show('wire', 'rtp', bytes, at, from);
    const clear = this.#protection === undefined ? bytes : this.#protection.openRtp(bytes);
    if (clear !== undefined && this.#taps.wants('plain')) this.#show('plain', 'rtp', clear, at, from);
    return clear;
  }
  /** As {@link openRtp}, a compound RTCP packet. */
  openRtcp(bytes: Uint8Array, at: Ms, from: TransportAddress): Uint8Array | undefined {
    if (this.#taps.wants('wire')) this.#show('wire', 'rtcp', bytes, at, from);
    const clear = this.#protection === undefined ? bytes : this.#protection.openRtcp(bytes);
    if (clear !== undefined && this.#taps.wants('plain')) this.#show('plain', 'rtcp', clear, at, from);
    return clear;
  }

  /** What to send for a packet of ours; undefined when the key is worn out. */
  sealRtp(packet: Uint8Array, now: Ms): Uint8Array | undefined {
    if (this.#taps.wants('plain')) this.#show('plain', 'rtp', packet, now);
    const sealed = this.#protection === undefined ? packet : this.#protection.sealRtp(packet);
    if (sealed !== undefined && this.#taps.wants('wire')) this.#show('wire', 'rtp', sealed, now);
    return sealed;
  }
  /** As {@link sealRtp}, of a compound RTCP packet. */
  sealRtcp(packet: Uint8Array, now: Ms): Uint8Array | undefined {
    if (this.#taps.wants('plain')) this.#show('plain', 'rtcp', packet, now);
    const sealed = this.#protection === undefined ? packet : this.#protection.sealRtcp(packet);
    if (sealed !== undefined && this.#taps.wants('wire')) this.#show('wire', 'rtcp', sealed, now);
    return sealed;
  }

  /** @param from undefined when it is ours */
  #show(stage: TapStage, kind: 'rtp' | 'rtcp', bytes: Uint8Array, at: Ms, from?: TransportAddress): void {
    const { plan, ends } = this.#medium;
    const socket = kind === 'rtp' ? ends.rtp : ends.rtcp;
    const rtcpTo = from === undefined ? ends.rtcpTo : undefined;
    this.#taps.show(plan, { stage, kind, bytes, at, wall: at + ends.wallOffset, from, socket, rtcpTo });
  }
}

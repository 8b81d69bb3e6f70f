import type { Ms, TransportAddress } from '../../src/machine.ts';
import type { MulticastSocket } from '../../src/net/index.ts';
import type { ReceivedRtp } from '../../src/rtp/index.ts';
import type { DatagramTap, MediaTap, TappedDatagram, TapStage } from '../types/index.ts';
import type { MediumPlan } from './medium-plan.ts';

/** A datagram as a medium has it. */
export interface ShownDatagram {
  readonly stage: TapStage;
  readonly kind: 'rtp' | 'rtcp';
  readonly bytes: Uint8Array;
  readonly at: Ms;
  readonly wall: number;
  /** Undefined when it is ours: then the socket that sends it. */
  readonly from: TransportAddress | undefined;
  readonly socket: MulticastSocket | undefined;
  /** Where our RTCP goes, which is not always the group. */
  readonly rtcpTo: TransportAddress | undefined;
}

/**
 * Those who look at the packets of all media of a session. Nobody looking costs one comparison a packet: the lists are
 * undefined then. A listener's error would be ours to bear, so listeners must not throw.
 */
export class PacketTaps {
  #wire: readonly DatagramTap[] | undefined;
  #plain: readonly DatagramTap[] | undefined;
  #media: readonly MediaTap[] | undefined;

  /** @returns ends it */
  add(tap: DatagramTap, stage: TapStage): () => void {
    if (stage === 'wire') this.#wire = [...(this.#wire ?? []), tap];
    else this.#plain = [...(this.#plain ?? []), tap];
    return () => {
      this.#wire = without(this.#wire, tap);
      this.#plain = without(this.#plain, tap);
    };
  }
  /** @returns ends it */
  addMedia(tap: MediaTap): () => void {
    this.#media = [...(this.#media ?? []), tap];
    return () => {
      this.#media = without(this.#media, tap);
    };
  }

  /** Whether anybody wants to see datagrams at this stage: ask before gathering what {@link show} takes. */
  wants(stage: TapStage): boolean {
    return (stage === 'wire' ? this.#wire : this.#plain) !== undefined;
  }

  show(plan: MediumPlan, shown: ShownDatagram): void {
    const { stage, kind, bytes, at, wall, from, socket, rtcpTo } = shown;
    const to =
      kind === 'rtp'
        ? { address: plan.group, port: plan.port }
        : { address: plan.rtcpGroup, port: plan.rtcpPort };
    let told: TappedDatagram;
    const common = { medium: plan.index, kind, bytes, at, wall };
    if (from !== undefined) told = { ...common, own: false, from, to, dscp: undefined, ttl: undefined };
    else if (socket === undefined || (kind === 'rtcp' && rtcpTo === undefined)) return;
    else {
      const local = { address: socket.localAddress, port: socket.localPort };
      const { qos, ttl } = socket;
      const toWhom = kind === 'rtp' ? to : (rtcpTo ?? to);
      told = { ...common, own: true, from: local, to: toWhom, dscp: qos.effective, ttl };
    }
    for (const tap of (stage === 'wire' ? this.#wire : this.#plain) ?? []) tap(told);
  }

  tellMedia(packet: ReceivedRtp, medium: number): void {
    if (this.#media === undefined) return;
    for (const tap of this.#media) {
      if (packet.preceding !== undefined) tap(packet.preceding, medium);
      tap(packet, medium);
    }
  }
}

function without<T>(taps: readonly T[] | undefined, tap: T): readonly T[] | undefined {
  const left = taps?.filter((it) => it !== tap) ?? [];
  return left.length === 0 ? undefined : left;
}

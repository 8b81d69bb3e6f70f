import type { Ms, TransportAddress } from '../../src/machine.ts';
import type { ReceivedRtp } from '../../src/rtp/index.ts';
import type { DatagramTap, MediaTap, TappedDatagram, TapStage } from '../types/index.ts';

/** What a medium tells of a datagram. */
type Tapped = { -readonly [K in keyof TappedDatagram]: TappedDatagram[K] };

const NOWHERE: TransportAddress = { address: '', port: 0 };

/**
 * Those who look at the packets of all media of a session. Nobody looking costs one comparison a packet: the lists are
 * undefined then. A listener's error would be ours to bear, so listeners must not throw.
 */
export class PacketTaps {
  #wire: readonly DatagramTap[] | undefined;
  #plain: readonly DatagramTap[] | undefined;
  #media: readonly MediaTap[] | undefined;
  /** Used again for each datagram. */
  readonly #told: Tapped = {
    medium: 0,
    kind: 'rtp',
    own: false,
    bytes: new Uint8Array(),
    at: 0,
    wall: 0,
    from: NOWHERE,
    to: NOWHERE,
    dscp: undefined,
    ttl: undefined,
  };

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

  /** Whether anybody wants to see datagrams at this stage: ask before gathering what {@link tell} takes. */
  wants(stage: TapStage): boolean {
    return (stage === 'wire' ? this.#wire : this.#plain) !== undefined;
  }

  tell(
    stage: TapStage,
    medium: number,
    kind: 'rtp' | 'rtcp',
    own: boolean,
    bytes: Uint8Array,
    at: Ms,
    wall: number,
    from: TransportAddress,
    to: TransportAddress,
    dscp?: number,
    ttl?: number,
  ): void {
    const told = this.#told;
    told.medium = medium;
    told.kind = kind;
    told.own = own;
    told.bytes = bytes;
    told.at = at;
    told.wall = wall;
    told.from = from;
    told.to = to;
    told.dscp = dscp;
    told.ttl = ttl;
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

/** Packets received in a row that end a burst (RFC 3611 §4.7.2). */
export const DEFAULT_GMIN = 16;

/** How loss is spread over time, as VoIP metrics tell it (RFC 3611 §4.7.1, §4.7.2). */
export interface BurstGapFigures {
  /** Packets that should have come: received, lost and discarded. */
  readonly packets: number;
  readonly lost: number;
  /** Came, but too late or too early to be played. */
  readonly discarded: number;
  readonly bursts: number;
  /** Packets within bursts, from the first lost one of each to the last. */
  readonly burstPackets: number;
  /** Of these, lost or discarded. */
  readonly burstLost: number;
  /** Stretches that have at least one packet: before, between and after bursts. */
  readonly gaps: number;
  readonly gapPackets: number;
  readonly gapLost: number;
}

/** What has become of a packet. */
export type PacketFate = 'received' | 'lost' | 'discarded';

/**
 * Tells bursts of loss from gaps (RFC 3611 §4.7.2): a burst begins and ends with a lost or discarded packet, has at
 * least two of them, and never Gmin packets received in a row. All else is gap; losses there are single ones. Before the
 * first packet and after the last Gmin packets are taken as received. This is the definition; the counters of §A.2
 * come near it, but lose the packets after the last loss.
 */
export class BurstGapMeter {
  readonly gmin: number;
  #packets = 0;
  #lost = 0;
  #discarded = 0;
  #bursts = 0;
  #burstPackets = 0;
  #burstLost = 0;
  #gaps = 0;
  /** Packets of the gap that is before the cluster. */
  #gapBefore = 0;
  /** The latest losses that may yet prove a burst: how many, and packets from the first to the last of them. */
  #clusterLost = 0;
  #clusterPackets = 0;
  /** Packets received since the last loss. */
  #received = 0;

  /** @throws {RangeError} when `gmin` is not 1 to 255, what the field of the report holds */
  constructor(gmin = DEFAULT_GMIN) {
    if (!(Number.isInteger(gmin) && gmin >= 1 && gmin <= 255))
      throw new RangeError(`Gmin ${gmin} is not 1 to 255`);
    this.gmin = gmin;
  }

  /** Takes the next packet of the source, in the order of sequence numbers. */
  add(fate: PacketFate): void {
    this.#packets++;
    if (fate === 'received') {
      this.#received++;
      return;
    }
    if (fate === 'lost') this.#lost++;
    else this.#discarded++;
    if (this.#clusterLost > 0 && this.#received < this.gmin) {
      this.#clusterLost++;
      this.#clusterPackets += this.#received + 1;
    } else {
      this.#closeCluster();
      this.#clusterLost = 1;
      this.#clusterPackets = 1;
    }
    this.#received = 0;
  }

  /** Takes so many packets in a row that were received. */
  addReceived(count: number): void {
    this.#packets += count;
    this.#received += count;
  }

  /** What is known up to the packet last taken. */
  figures(): BurstGapFigures {
    const inBurst = this.#clusterLost >= 2;
    const bursts = this.#bursts + (inBurst ? 1 : 0);
    const burstPackets = this.#burstPackets + (inBurst ? this.#clusterPackets : 0);
    const burstLost = this.#burstLost + (inBurst ? this.#clusterLost : 0);
    const openGap = this.#gapBefore + this.#received + (inBurst ? 0 : this.#clusterPackets);
    const closedGaps = this.#gaps + (inBurst ? Number(this.#gapBefore > 0) + Number(this.#received > 0) : 0);
    return {
      packets: this.#packets,
      lost: this.#lost,
      discarded: this.#discarded,
      bursts,
      burstPackets,
      burstLost,
      gaps: closedGaps + (inBurst ? 0 : Number(openGap > 0)),
      gapPackets: this.#packets - burstPackets,
      gapLost: this.#lost + this.#discarded - burstLost,
    };
  }

  /** The latest losses are done with: a burst if there were several, else part of the gap. */
  #closeCluster(): void {
    if (this.#clusterLost >= 2) {
      this.#bursts++;
      this.#burstPackets += this.#clusterPackets;
      this.#burstLost += this.#clusterLost;
      if (this.#gapBefore > 0) this.#gaps++;
      this.#gapBefore = 0;
    } else {
      this.#gapBefore += this.#clusterPackets;
    }
    this.#gapBefore += this.#received;
  }
}

/** The six fields of a VoIP metrics block that come from loss. */
export interface VoipLossFields {
  readonly lossRate: number;
  readonly discardRate: number;
  readonly burstDensity: number;
  readonly gapDensity: number;
  readonly burstDuration: number;
  readonly gapDuration: number;
}

/**
 * The figures as a VoIP metrics block has them: shares in 1/256, at most 255, and mean durations in ms, at most 65535.
 *
 * @param packetMs time that one packet carries, ms
 * @see RFC 3611 §4.7.1, §4.7.2
 */
export function voipLossFields(figures: BurstGapFigures, packetMs: number): VoipLossFields {
  const { packets, lost, discarded, bursts, burstPackets, burstLost, gaps, gapPackets, gapLost } = figures;
  return {
    lossRate: share(lost, packets),
    discardRate: share(discarded, packets),
    burstDensity: share(burstLost, burstPackets),
    gapDensity: share(gapLost, gapPackets),
    burstDuration: meanMs(burstPackets, bursts, packetMs),
    gapDuration: meanMs(gapPackets, gaps, packetMs),
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.min(255, Math.floor((part * 256) / whole));
}
function meanMs(packets: number, stretches: number, packetMs: number): number {
  return stretches === 0 ? 0 : Math.min(0xffff, Math.round((packets * packetMs) / stretches));
}

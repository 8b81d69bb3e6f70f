import type { Ms } from '../../src/machine.ts';
import type { ReceivedRtp, RtpPacket } from '../../src/rtp/index.ts';
import type { MediumPlan, PlannedFormat } from '../rtp/index.ts';
import { PacketOrder, type RecordedPacket } from './packet-order.ts';
import type { Track } from './track-set.ts';
import type { PacketFrom } from './track-writer.ts';

/** The first packets of a source are kept for so long, or until there are so many of them. */
const SETTLE_MS: Ms = 500;
const SETTLE_PACKETS = 1000;

/** Tells the sources of all media apart. */
export type SourceKey = string;

export function sourceKey(medium: number, ssrc: number, own: boolean): SourceKey {
  return `${medium}/${ssrc}${own ? '/own' : ''}`;
}

/**
 * The packets of one SSRC on their way into the files of its participant. The first of them wait for half a second: who that
 * is becomes known only after them, and the fastest of them tells when the first should have come. Where a sender begins,
 * or we begin to listen, the first packets are often slow, and all that follows is placed by the first.
 */
export class RecordedSourceOrder {
  readonly plan: MediumPlan;
  readonly ssrc: number;
  readonly own: boolean;
  readonly #formats: (PlannedFormat | undefined)[] = [];
  readonly #order: PacketOrder;
  #tracks: readonly Track[] | undefined;
  #from: PacketFrom;
  #ownSequence: number | undefined;
  /** The packet that came first. */
  #first: Pick<RecordedPacket, 'timestamp' | 'payloadType' | 'arrival'> | undefined;
  /** By how much it was slower than the fastest of those that wait. */
  #slower: Ms = 0;
  #waiting = 0;
  #begun = false;
  /** Late packets that the tracks have counted. */
  #late = 0;

  constructor(plan: MediumPlan, ssrc: number, own: boolean) {
    this.plan = plan;
    this.ssrc = ssrc;
    this.own = own;
    this.#from = { ssrc, address: undefined };
    for (const format of plan.formats) this.#formats[format.payloadType] ??= format;
    this.#order = new PacketOrder((packet, lost) => this.#take(packet, lost), true);
  }

  get attached(): boolean {
    return this.#tracks !== undefined;
  }
  get tracks(): readonly Track[] {
    return this.#tracks ?? [];
  }

  /** Whether it has been heard for long enough to be attached. */
  isSettled(now: Ms): boolean {
    if (this.#first === undefined) return false;
    return this.#waiting >= SETTLE_PACKETS || now - this.#first.arrival >= SETTLE_MS;
  }
  attach(tracks: readonly Track[]): void {
    this.#tracks = tracks;
    this.#order.resume();
  }

  add(packet: ReceivedRtp, address: string | undefined): void {
    const { extendedSequence, timestamp, payloadType, marker, arrival } = packet;
    if (this.#from.address === undefined) this.#from = { ssrc: this.ssrc, address };
    this.#add({ extendedSequence, timestamp, payloadType, marker, arrival, payload: packet.payload() });
  }

  addOwn(
    { sequenceNumber, timestamp, payloadType, marker, payload }: RtpPacket,
    at: Ms,
    address: string,
  ): void {
    if (this.#from.address === undefined) this.#from = { ssrc: this.ssrc, address };
    const last = this.#ownSequence ?? sequenceNumber - 1;
    const extendedSequence = last + ((((sequenceNumber - last) & 0xffff) << 16) >> 16);
    this.#ownSequence = extendedSequence;
    this.#add({ extendedSequence, timestamp, payloadType, marker, arrival: at, payload });
  }

  #add(packet: RecordedPacket): void {
    if (this.#tracks === undefined) this.#look(packet);
    this.#order.add(packet);
  }

  #look(packet: RecordedPacket): void {
    this.#waiting++;
    const { timestamp, payloadType, arrival } = packet;
    this.#first ??= { timestamp, payloadType, arrival };
    const slower = this.#steadyArrival(packet) - arrival;
    if (slower > this.#slower) this.#slower = slower;
  }

  /** When a packet would have come if the way had not changed since the first; as it came where that cannot be told. */
  #steadyArrival({ timestamp, payloadType, arrival }: RecordedPacket): Ms {
    const first = this.#first;
    const rate = this.#formats[payloadType]?.clockRate;
    if (first === undefined || rate === undefined || payloadType !== first.payloadType) return arrival;
    const steady = first.arrival + (((timestamp - first.timestamp) | 0) * 1000) / rate;
    return Math.abs(steady - arrival) < SETTLE_MS ? steady : arrival;
  }

  #take(packet: RecordedPacket, lost: number): void {
    const format = this.#formats[packet.payloadType];
    const placed = this.#begun ? packet : { ...packet, arrival: this.#steadyArrival(packet) - this.#slower };
    this.#begun = true;
    const late = this.#order.late - this.#late;
    this.#late += late;
    for (const { writer, told } of this.#tracks ?? []) {
      writer.take(placed, lost, format, this.#from);
      told.packetsLate += late;
    }
  }

  tick(now: Ms): void {
    this.#order.tick(now);
  }
  flush(): void {
    this.#order.flush();
  }
}

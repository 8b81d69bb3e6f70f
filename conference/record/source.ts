import type { Ms } from '../../src/machine.ts';
import type { ReceivedRtp, RtpPacket } from '../../src/rtp/index.ts';
import type { MediumPlan, PlannedFormat } from '../rtp/index.ts';
import { PacketOrder, type RecordedPacket } from './packet-order.ts';
import type { Track } from './track-set.ts';
import type { PacketFrom } from './track-writer.ts';

/** Tells the sources of all media apart. */
export type SourceKey = string;

export function sourceKey(medium: number, ssrc: number, own: boolean): SourceKey {
  return `${medium}/${ssrc}${own ? '/own' : ''}`;
}

/**
 * The packets of one SSRC on their way into the files of its participant. Who that is becomes known only after its first
 * packets: they wait until then.
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

  attach(tracks: readonly Track[]): void {
    this.#tracks = tracks;
    this.#order.resume();
  }

  add(packet: ReceivedRtp, address: string | undefined): void {
    const { extendedSequence, timestamp, payloadType, marker, arrival } = packet;
    if (this.#from.address === undefined) this.#from = { ssrc: this.ssrc, address };
    this.#order.add({ extendedSequence, timestamp, payloadType, marker, arrival, payload: packet.payload() });
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
    this.#order.add({ extendedSequence, timestamp, payloadType, marker, arrival: at, payload });
  }

  #take(packet: RecordedPacket, lost: number): void {
    const format = this.#formats[packet.payloadType];
    for (const { writer, told } of this.#tracks ?? []) {
      writer.take(packet, lost, format, this.#from);
      told.packetsLate = this.#order.late;
    }
  }

  tick(now: Ms): void {
    this.#order.tick(now);
  }
  flush(): void {
    this.#order.flush();
  }
}

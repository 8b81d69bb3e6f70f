import { DecodeError } from '../../../src/errors.ts';
import type { Ms } from '../../../src/machine.ts';
import { parseRtcpCompound } from '../../../src/rtcp/index.ts';
import { RtpHeader, readRtpHeader, sequenceDelta } from '../../../src/rtp/index.ts';

/** A datagram as it came, with marks where they can be seen. */
export interface Arrived {
  readonly address: string;
  readonly ttl?: number | undefined;
  readonly dscp?: number | undefined;
}

/** One sender of RTP, by address and SSRC. */
export interface Sender {
  readonly address: string;
  readonly ssrc: number;
  readonly packets: number;
  /** Gaps in the numbers. */
  readonly missing: number;
  readonly payloadTypes: readonly number[];
  readonly ttl: number | undefined;
  readonly dscp: number | undefined;
  readonly firstAt: Ms;
  readonly lastAt: Ms;
  /** Of RTCP: who it is, on which host. */
  readonly cname: string | undefined;
}

/** Hosts that send what is no RTP. */
export interface Stranger {
  readonly address: string;
  readonly packets: number;
}

interface Record {
  readonly address: string;
  readonly ssrc: number;
  packets: number;
  missing: number;
  readonly payloadTypes: Set<number>;
  sequence: number;
  ttl: number | undefined;
  dscp: number | undefined;
  readonly firstAt: Ms;
  lastAt: Ms;
}

const MOST_SENDERS = 256;

/** Who sends to one group and port. Bounded: what comes beyond 256 senders is only counted. */
export class GroupSurvey {
  readonly #senders = new Map<string, Record>();
  readonly #strangers = new Map<string, number>();
  readonly #cnames = new Map<number, string>();
  readonly #header = new RtpHeader();
  /** Datagrams of senders that there was no room for. */
  overflow = 0;

  addMedia(bytes: Uint8Array, { address, ttl, dscp }: Arrived, now: Ms): void {
    if (readRtpHeader(bytes, this.#header) !== undefined) return this.#addStranger(address);
    const { ssrc, sequenceNumber, payloadType } = this.#header;
    const key = `${address} ${ssrc}`;
    const known = this.#senders.get(key);
    if (known === undefined) {
      if (this.#senders.size >= MOST_SENDERS) {
        this.overflow++;
        return;
      }
      const payloadTypes = new Set([payloadType]);
      const fresh = {
        packets: 1,
        missing: 0,
        payloadTypes,
        sequence: sequenceNumber,
        firstAt: now,
        lastAt: now,
      };
      this.#senders.set(key, { address, ssrc, ttl, dscp, ...fresh });
      return;
    }
    const step = sequenceDelta(known.sequence, sequenceNumber);
    if (step > 0) {
      known.missing += step - 1;
      known.sequence = sequenceNumber;
    }
    known.packets++;
    known.payloadTypes.add(payloadType);
    known.lastAt = now;
    known.ttl = ttl ?? known.ttl;
    known.dscp = dscp ?? known.dscp;
  }

  addControl(bytes: Uint8Array): void {
    try {
      for (const packet of parseRtcpCompound(bytes)) {
        if (packet.type !== 'sdes') continue;
        for (const { ssrc, items } of packet.chunks)
          for (const item of items)
            if (item.type === 'cname' && (this.#cnames.size < MOST_SENDERS || this.#cnames.has(ssrc)))
              this.#cnames.set(ssrc, item.text);
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }

  get senders(): Sender[] {
    return [...this.#senders.values()].map(({ sequence: _sequence, payloadTypes, ...it }) => ({
      ...it,
      payloadTypes: [...payloadTypes].toSorted((a, b) => a - b),
      cname: this.#cnames.get(it.ssrc),
    }));
  }
  get strangers(): Stranger[] {
    return [...this.#strangers].map(([address, packets]) => ({ address, packets }));
  }

  #addStranger(address: string): void {
    if (this.#strangers.size >= MOST_SENDERS && !this.#strangers.has(address)) this.overflow++;
    else this.#strangers.set(address, (this.#strangers.get(address) ?? 0) + 1);
  }
}

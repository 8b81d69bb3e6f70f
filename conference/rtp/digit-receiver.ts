import { DecodeError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import { type ReceivedRtp, type RtpSource, TelephoneEventReceiver } from '../../src/rtp/index.ts';
import type { PlannedFormat } from './planned-formats.ts';

/** A key that was pressed and let go. */
export interface ReceivedDigit {
  readonly ssrc: number;
  readonly digit: string;
  readonly durationMs: Ms;
}

/** So many sources press keys at the same time; more are not heard. */
const MOST_SOURCES = 256;

/** The keys that others press on one medium (RFC 4733): looks at packets of its payload types only. */
export class DigitReceiver {
  /** Clock rate of each payload type that carries events, 0 for others. */
  readonly #rates = new Uint32Array(128);
  readonly #onDigit: (digit: ReceivedDigit) => void;
  readonly #sources = new Map<
    RtpSource,
    { readonly receiver: TelephoneEventReceiver; readonly rate: number }
  >();
  /** Payloads that are no events. */
  malformed = 0;

  private constructor(formats: readonly PlannedFormat[], onDigit: (digit: ReceivedDigit) => void) {
    for (const { payloadType, clockRate } of formats) this.#rates[payloadType] = clockRate;
    this.#onDigit = onDigit;
  }

  /** @returns undefined when the medium has no events: then nothing need be looked at */
  static for(
    formats: readonly PlannedFormat[],
    onDigit: (digit: ReceivedDigit) => void,
  ): DigitReceiver | undefined {
    const events = formats.filter(({ kind }) => kind === 'telephoneEvent');
    return events.length === 0 ? undefined : new DigitReceiver(events, onDigit);
  }

  handle(packet: ReceivedRtp, now: Ms): void {
    const rate = this.#rates[packet.payloadType] ?? 0;
    if (rate === 0) return;
    const { receiver } = this.#sourceOf(packet.source, rate) ?? {};
    if (receiver === undefined) return;
    try {
      if (packet.preceding?.payloadType === packet.payloadType)
        receiver.handlePacket(carrier(packet.preceding), now);
      receiver.handlePacket(carrier(packet), now);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.malformed++;
    }
    this.#tell(packet.source);
  }

  /** Lets go of keys that nothing is heard of any more; ten times a second will do. */
  handleTimeout(now: Ms): void {
    for (const [source, { receiver }] of this.#sources) {
      receiver.handleTimeout(now);
      this.#tell(source);
      if (receiver.pollTimeout() === undefined) this.#sources.delete(source);
    }
  }

  #sourceOf(source: RtpSource, rate: number): { readonly receiver: TelephoneEventReceiver } | undefined {
    const known = this.#sources.get(source);
    if (known !== undefined || this.#sources.size >= MOST_SOURCES) return known;
    const made = { receiver: new TelephoneEventReceiver(), rate };
    this.#sources.set(source, made);
    return made;
  }

  #tell(source: RtpSource): void {
    const { receiver, rate } = this.#sources.get(source) ?? {};
    if (receiver === undefined || rate === undefined) return;
    for (let it = receiver.pollEvent(); it !== undefined; it = receiver.pollEvent()) {
      if (it.type !== 'released' || it.digit === undefined) continue;
      this.#onDigit({
        ssrc: source.ssrc,
        digit: it.digit,
        durationMs: Math.round((it.duration * 1000) / rate),
      });
    }
  }
}

function carrier({ marker, sequenceNumber, timestamp, bytes, payloadStart, payloadEnd }: ReceivedRtp): {
  readonly marker: boolean;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
} {
  return { marker, sequenceNumber, timestamp, payload: bytes.subarray(payloadStart, payloadEnd) };
}

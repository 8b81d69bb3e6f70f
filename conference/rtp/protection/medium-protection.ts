import { StateError } from '../../../src/errors.ts';
import { srtpPrimitives } from '../../../src/net/index.ts';
import type { MediaKey } from '../../../src/sdp/index.ts';
import { SrtpDecodeError, SrtpReceiver, SrtpSender } from '../../../src/srtp/index.ts';

/** Datagrams that were refused, RTP and RTCP together. */
export interface ProtectionCounts {
  /** Made with another key, or changed on the way. */
  authenticationFailed: number;
  /** Received before, or too old to tell. */
  replayed: number;
  /** Named a key that is not known here. */
  unknownKey: number;
  /** Too short, or not RTP. */
  malformed: number;
}

/** What is between the socket and the RTP session of an encrypted medium (RFC 3711). */
export class MediumProtection {
  readonly counts: ProtectionCounts = { authenticationFailed: 0, replayed: 0, unknownKey: 0, malformed: 0 };
  readonly #receiver: SrtpReceiver;
  readonly #sender: SrtpSender;

  constructor(keys: readonly MediaKey[]) {
    const [first] = keys;
    const [own] = first?.crypto.keys ?? [];
    if (first === undefined || own === undefined) throw new StateError('an encrypted medium needs a key');
    const { profile, keys: all, keyDerivationRate, encryptRtcp } = first.crypto;
    const common = { primitives: srtpPrimitives, profile, keyDerivationRate };
    this.#receiver = new SrtpReceiver({ ...common, keys: all });
    this.#sender = new SrtpSender({
      ...common,
      key: own,
      encryptRtcp,
      ...(own.lifetime === undefined ? {} : { rtpLifetime: own.lifetime }),
    });
  }

  /** The RTP packet in a datagram, or undefined when it is refused, which is counted. */
  openRtp(datagram: Uint8Array): Uint8Array | undefined {
    try {
      return this.#receiver.unprotectRtp(datagram);
    } catch (error) {
      return this.#refused(error);
    }
  }
  /** The compound RTCP packet in a datagram, or undefined when it is refused, which is counted. */
  openRtcp(datagram: Uint8Array): Uint8Array | undefined {
    try {
      return this.#receiver.unprotectRtcp(datagram);
    } catch (error) {
      return this.#refused(error);
    }
  }
  sealRtp(packet: Uint8Array): Uint8Array | undefined {
    return this.#sender.protectRtp(packet);
  }
  sealRtcp(packet: Uint8Array): Uint8Array | undefined {
    return this.#sender.protectRtcp(packet);
  }

  #refused(error: unknown): undefined {
    if (!(error instanceof SrtpDecodeError)) throw error;
    if (error.reason === 'replay') this.counts.replayed++;
    else if (error.reason === 'mki') this.counts.unknownKey++;
    else if (error.reason === 'authentication') this.counts.authenticationFailed++;
    else this.counts.malformed++;
  }
}

import { EncodeError, InvalidValueError, StateError } from '../errors.ts';
import { checkDerivationRate } from './key-derivation.ts';
import { Slab } from '../wire/index.ts';
import {
  isVersion2,
  RTCP_CLEAR_BYTES,
  rtpHeaderBytes,
  type Trailer,
  trailerOf,
  u16,
  u32,
  writeU32,
} from './layout.ts';
import { MasterKey, type SrtpMasterKey } from './master-key.ts';
import { checkMaxSources, DEFAULT_MAX_SOURCES, DEFAULT_REPLAY_WINDOW, profileNamed } from './options.ts';
import type { SrtpOptions } from './options.ts';
import { MAX_ROC, MAX_RTCP_INDEX, rtpIndex } from './packet-index.ts';
import type { SrtpProfile } from './profiles.ts';
import { RtpStreamState } from './stream-state.ts';
import { newUnit } from './transform.ts';

/** Packets that one master key may protect (RFC 3711 §9.2). */
const MAX_RTP_PACKETS: number = 2 ** 48;
const MAX_RTCP_PACKETS: number = 2 ** 31;

export interface SrtpSenderOptions extends SrtpOptions {
  readonly key: SrtpMasterKey;
  /** Whether RTCP is encrypted as well as authenticated; default true. RTP always is (RFC 3711 §3.4, E). */
  readonly encryptRtcp?: boolean;
  /** RTP packets for which a master key is good: at most 2^48, which is the default. */
  readonly rtpLifetime?: number;
  /** RTCP packets for which a master key is good: at most 2^31, which is the default. */
  readonly rtcpLifetime?: number;
}

/**
 * Protects what we send (RFC 3711 §3.3). No two packets are ever made with one key stream: what would repeat a number is a
 * {@link StateError}. Who shares a master key with other senders must have an SSRC that none of them has: under AES-CM and even
 * more under AES-GCM two packets with the same key, SSRC and number give their contents away (RFC 3711 §9.1, RFC 7714 §10.1).
 */
export class SrtpSender {
  readonly profile: SrtpProfile;
  readonly #primitives: SrtpOptions['primitives'];
  readonly #rate: number;
  readonly #windowSize: number;
  readonly #maxSources: number;
  readonly #encryptRtcp: boolean;
  readonly #rtpLifetime: number;
  readonly #rtcpLifetime: number;
  readonly #rtp = new Map<number, RtpStreamState>();
  /** The next index of each source. */
  readonly #rtcp = new Map<number, number>();
  readonly #slab = new Slab();
  readonly #unit = newUnit();
  #key: MasterKey;
  #rtpTrailer: Trailer;
  #rtcpTrailer: Trailer;
  #rtpPackets = 0;
  #rtcpPackets = 0;

  /** @throws {InvalidValueError} when an option is out of range or the key does not fit the profile */
  constructor(options: SrtpSenderOptions) {
    this.profile = profileNamed(options.profile);
    this.#primitives = options.primitives;
    this.#rate = checkDerivationRate(options.keyDerivationRate ?? 0);
    this.#windowSize = options.replayWindow ?? DEFAULT_REPLAY_WINDOW;
    this.#maxSources = checkMaxSources(options.maxSources ?? DEFAULT_MAX_SOURCES);
    this.#encryptRtcp = options.encryptRtcp ?? true;
    this.#rtpLifetime = lifetime(options.rtpLifetime, MAX_RTP_PACKETS);
    this.#rtcpLifetime = lifetime(options.rtcpLifetime, MAX_RTCP_PACKETS);
    void new RtpStreamState(this.#windowSize); // tells at once when the window is out of range
    this.#key = this.#masterKey(options.key);
    this.#rtpTrailer = trailerOf(this.profile, 'rtp', this.#key.mki.length);
    this.#rtcpTrailer = trailerOf(this.profile, 'rtcp', this.#key.mki.length);
  }

  /** Master key identifier of the key in use, empty when it has none. */
  get mki(): Uint8Array {
    return new Uint8Array(this.#key.mki);
  }

  /**
   * Goes on with another master key from the next packet. Numbers go on (RFC 3711 §3.3.1, §3.4).
   *
   * @throws {InvalidValueError} when it does not fit the profile, or its identifier has another length than that of before
   */
  useKey(key: SrtpMasterKey): void {
    const next = this.#masterKey(key);
    if (next.mki.length !== this.#key.mki.length) {
      throw new InvalidValueError(
        `A master key identifier of ${next.mki.length} bytes after one of ${this.#key.mki.length}: the length must stay (RFC 3711 §8.1)`,
      );
    }
    this.#key = next;
    this.#rtpPackets = 0;
    this.#rtcpPackets = 0;
  }

  /**
   * @param packet a whole RTP packet
   * @returns the SRTP packet, in memory of its own
   * @throws {EncodeError} when it is not RTP version 2, or its header does not fit into it
   * @throws {StateError} when its number was used before, the key has protected as many packets as it may, or there are too
   *   many sources
   */
  protectRtp(packet: Uint8Array): Uint8Array {
    const headerBytes = rtpHeaderBytes(packet, packet.length);
    if (headerBytes === undefined || !isVersion2(packet)) {
      throw new EncodeError('SRTP', 'packet', 'is not an RTP packet of version 2 with a whole header');
    }
    const sequence = u16(packet, 2);
    const ssrc = u32(packet, 8);
    const state = this.#rtp.get(ssrc) ?? this.#newState(this.#rtp.size);
    const roc = state.rocOf(sequence);
    const index = rtpIndex(roc, sequence);
    if (roc > MAX_ROC)
      throw new StateError('SRTP: all 2^48 packets of this SSRC are sent: go on with another');
    if (roc < 0 || !state.window.isNew(index)) {
      throw new StateError(`SRTP: sequence number ${sequence} was sent before, or is too far behind to tell`);
    }
    if (this.#rtpPackets >= this.#rtpLifetime) throw this.#wornOut('SRTP', this.#rtpLifetime);
    const unit = this.#unit;
    unit.clear = headerBytes;
    unit.ssrc = ssrc;
    unit.index = index;
    unit.word = roc;
    unit.encrypted = true;
    const sealed = this.#seal(packet, 'rtp', this.#rtpTrailer);
    state.accept(roc, sequence);
    this.#rtp.set(ssrc, state);
    this.#rtpPackets++;
    return sealed;
  }

  /**
   * @param packet a compound RTCP packet
   * @returns the SRTCP packet, in memory of its own
   * @throws {EncodeError} when it is not RTCP version 2 with an SSRC
   * @throws {StateError} as {@link protectRtp}
   * @see RFC 3711 §3.4
   */
  protectRtcp(packet: Uint8Array): Uint8Array {
    if (packet.length < RTCP_CLEAR_BYTES || !isVersion2(packet)) {
      throw new EncodeError('SRTCP', 'packet', 'is not an RTCP packet of version 2 with an SSRC');
    }
    const ssrc = u32(packet, 4);
    const known = this.#rtcp.get(ssrc);
    if (known === undefined) this.#checkRoom(this.#rtcp.size);
    const index = known ?? 0;
    if (index > MAX_RTCP_INDEX) {
      throw new StateError('SRTCP: all 2^31 packets of this SSRC are sent: go on with another');
    }
    if (this.#rtcpPackets >= this.#rtcpLifetime) throw this.#wornOut('SRTCP', this.#rtcpLifetime);
    const unit = this.#unit;
    unit.clear = RTCP_CLEAR_BYTES;
    unit.ssrc = ssrc;
    unit.index = index;
    unit.word = this.#encryptRtcp ? index + 0x8000_0000 : index;
    unit.encrypted = this.#encryptRtcp;
    const sealed = this.#seal(packet, 'rtcp', this.#rtcpTrailer);
    this.#rtcp.set(ssrc, index + 1);
    this.#rtcpPackets++;
    return sealed;
  }

  /** Copies the packet, for it may be sent in the clear elsewhere, and seals the copy by `#unit`. */
  #seal(packet: Uint8Array, kind: 'rtp' | 'rtcp', trailer: Trailer): Uint8Array {
    const end = packet.length;
    const sealed = this.#slab.cut(end + trailer.bytes);
    sealed.set(packet);
    const unit = this.#unit;
    unit.end = end;
    if (kind === 'rtcp') writeU32(sealed, end + trailer.word, unit.word);
    if (trailer.mkiBytes > 0) sealed.set(this.#key.mki, end + trailer.mki);
    this.#key.transform(kind, unit.index).seal(sealed, unit, end + trailer.tag);
    return sealed;
  }

  /** The roll-over counter of one of our sources, to be told to those who join late; undefined before its first packet. */
  roc(ssrc: number): number | undefined {
    return this.#rtp.get(ssrc)?.roc;
  }

  /**
   * Has a source begin elsewhere than at 0, as after a restart under the same key. What is before is never sent again.
   *
   * @param roc      0 to 2^32 − 1
   * @param sequence the highest sequence number sent under it; without it none was
   * @throws {StateError} when the source has sent already, or there are too many sources
   * @throws {InvalidValueError} when a number is out of range
   */
  setRoc(ssrc: number, roc: number, sequence?: number): void {
    if (this.#rtp.has(ssrc))
      throw new StateError('SRTP: the roll-over counter of a source that has sent stays');
    const state = this.#newState(this.#rtp.size);
    state.setRoc(roc, sequence);
    state.window.close(rtpIndex(roc, sequence ?? -1));
    this.#rtp.set(ssrc, state);
  }

  /**
   * Has the next RTCP packet of a source bear `index`, as after a restart under the same key.
   *
   * @param index 0 to 2^31 − 1
   * @throws {StateError} when the source has come farther already, or there are too many sources
   * @throws {InvalidValueError} when `index` is out of range
   */
  setRtcpIndex(ssrc: number, index: number): void {
    if (!Number.isInteger(index) || index < 0 || index > MAX_RTCP_INDEX) {
      throw new InvalidValueError(`An SRTCP index of ${index}: give 0 to ${MAX_RTCP_INDEX}`);
    }
    const known = this.#rtcp.get(ssrc);
    if (known === undefined) this.#checkRoom(this.#rtcp.size);
    else if (index < known) throw new StateError(`SRTCP: the source has come to index ${known} already`);
    this.#rtcp.set(ssrc, index);
  }

  /** Packets that the key may still protect. */
  get packetsLeft(): { readonly rtp: number; readonly rtcp: number } {
    return { rtp: this.#rtpLifetime - this.#rtpPackets, rtcp: this.#rtcpLifetime - this.#rtcpPackets };
  }

  /**
   * Goes on with the numbers of another sender, which sends no more: as {@link useKey}, where also the suite or the length of the
   * key's identifier is another.
   */
  continueFrom(other: SrtpSender): void {
    for (const [ssrc, state] of other.#rtp) this.#rtp.set(ssrc, state);
    for (const [ssrc, index] of other.#rtcp) this.#rtcp.set(ssrc, index);
  }

  /** Bytes by which a packet grows. */
  overhead(kind: 'rtp' | 'rtcp'): number {
    return trailerOf(this.profile, kind, this.#key.mki.length).bytes;
  }

  #masterKey(key: SrtpMasterKey): MasterKey {
    return new MasterKey(this.#primitives, this.profile, key, this.#rate);
  }

  #newState(sources: number): RtpStreamState {
    this.#checkRoom(sources);
    return new RtpStreamState(this.#windowSize);
  }

  /** Forgetting a source would have its numbers begin again, so none is. */
  #checkRoom(sources: number): void {
    if (sources >= this.#maxSources) {
      throw new StateError(`SRTP: one key for more than ${this.#maxSources} sources: raise maxSources`);
    }
  }

  #wornOut(protocol: string, packets: number): StateError {
    return new StateError(
      `${protocol}: the master key has protected ${packets} packets, as many as it may: give another`,
    );
  }
}

/** @throws {InvalidValueError} when it is not a whole number of 1 to `most` */
function lifetime(packets: number | undefined, most: number): number {
  if (packets === undefined) return most;
  if (Number.isInteger(packets) && packets >= 1 && packets <= most) return packets;
  throw new InvalidValueError(`A key's life of ${packets} packets: give 1 to ${most} (RFC 3711 §9.2)`);
}

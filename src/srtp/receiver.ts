import { InvalidValueError, StateError } from '../errors.ts';
import { SrtpDecodeError } from './errors.ts';
import { checkDerivationRate } from './key-derivation.ts';
import {
  isVersion2,
  RTCP_CLEAR_BYTES,
  rtpHeaderBytes,
  type Trailer,
  trailerOf,
  u16,
  u32,
  wordOf,
} from './layout.ts';
import { MasterKey, type SrtpMasterKey } from './master-key.ts';
import {
  checkMaxSources,
  DEFAULT_MAX_SOURCES,
  DEFAULT_REPLAY_WINDOW,
  profileNamed,
  type SrtpOptions,
} from './options.ts';
import { MAX_ROC, rtpIndex } from './packet-index.ts';
import type { SrtpProfile } from './profiles.ts';
import { ReplayWindow } from './replay-window.ts';
import { checkRoc, RtpStreamState } from './stream-state.ts';
import { joined, type SrtpUnit } from './transform.ts';

export interface SrtpReceiverOptions extends SrtpOptions {
  /** One key, or several that are told apart by identifiers of one length; at most 64. */
  readonly keys: readonly SrtpMasterKey[];
}

const MAX_KEYS = 64;

/**
 * Checks and opens what others send (RFC 3711 §3.3). Sources are told apart by SSRC, each with its own roll-over counter and
 * replay windows; a packet that is refused changes nothing. Only authentic packets make a source known, and no source is
 * pushed out by another: its old packets could be played again. When one is gone for good, {@link forget} makes room.
 */
export class SrtpReceiver {
  readonly profile: SrtpProfile;
  readonly #primitives: SrtpOptions['primitives'];
  readonly #rate: number;
  readonly #windowSize: number;
  readonly #maxSources: number;
  readonly #mkiBytes: number;
  readonly #rtpTrailer: Trailer;
  readonly #rtcpTrailer: Trailer;
  readonly #rtp = new Map<number, RtpStreamState>();
  readonly #rtcp = new Map<number, ReplayWindow>();
  #keys: readonly MasterKey[] = [];

  /** @throws {InvalidValueError} when an option is out of range, or a key does not fit the profile or the other keys */
  constructor(options: SrtpReceiverOptions) {
    const [first] = options.keys;
    if (first === undefined) throw new InvalidValueError('An SRTP receiver needs a master key');
    this.profile = profileNamed(options.profile);
    this.#primitives = options.primitives;
    this.#rate = checkDerivationRate(options.keyDerivationRate ?? 0);
    this.#windowSize = options.replayWindow ?? DEFAULT_REPLAY_WINDOW;
    this.#maxSources = checkMaxSources(options.maxSources ?? DEFAULT_MAX_SOURCES);
    void new ReplayWindow(this.#windowSize); // tells at once when it is out of range
    this.#mkiBytes = first.mki?.length ?? 0;
    this.#rtpTrailer = trailerOf(this.profile, 'rtp', this.#mkiBytes);
    this.#rtcpTrailer = trailerOf(this.profile, 'rtcp', this.#mkiBytes);
    for (const key of options.keys) this.addKey(key);
  }

  /**
   * Takes packets made with another key too, as while keys change.
   *
   * @throws {InvalidValueError} when it does not fit the profile, its identifier has another length than the others' or is
   *   taken, or there are 64 keys
   */
  addKey(key: SrtpMasterKey): void {
    const added = new MasterKey(this.#primitives, this.profile, key, this.#rate);
    if (added.mki.length !== this.#mkiBytes) {
      throw new InvalidValueError(
        `A master key identifier of ${added.mki.length} bytes where others have ${this.#mkiBytes}: packets could not be read (RFC 3711 §8.1)`,
      );
    }
    if (this.#keys.some(({ mki }) => added.isNamed(mki))) {
      throw new InvalidValueError('Two master keys need two identifiers (RFC 3711 §8.1)');
    }
    if (this.#keys.length >= MAX_KEYS)
      throw new InvalidValueError(`More than ${MAX_KEYS} master keys: remove old ones`);
    this.#keys = [added, ...this.#keys]; // the newest is the likeliest
  }

  /** Refuses packets made with a key from now on. @returns whether it was known */
  removeKey(mki: Uint8Array): boolean {
    const others = this.#keys.filter((key) => !key.isNamed(mki));
    const known = others.length < this.#keys.length;
    this.#keys = others;
    return known;
  }

  /**
   * @param packet a datagram that is not RTCP
   * @returns the RTP packet, in memory of its own
   * @throws {SrtpDecodeError} when it is refused; `reason` says why
   */
  unprotectRtp(packet: Uint8Array): Uint8Array {
    const end = packet.length - this.#rtpTrailer.bytes;
    const headerBytes = rtpHeaderBytes(packet, end);
    if (headerBytes === undefined) throw refusal('SRTP', 'short');
    if (!isVersion2(packet)) throw refusal('SRTP', 'malformed');
    const key = this.#keyOf('SRTP', packet, end, this.#rtpTrailer);
    const sequence = u16(packet, 2);
    const ssrc = u32(packet, 8);
    const known = this.#rtp.get(ssrc);
    const roc = known?.rocOf(sequence) ?? 0;
    const index = rtpIndex(roc, sequence);
    if (roc < 0 || roc > MAX_ROC || known?.window.isNew(index) === false) throw refusal('SRTP', 'replay');
    const unit: SrtpUnit = {
      header: packet.subarray(0, headerBytes),
      body: packet.subarray(headerBytes, end),
      ssrc,
      index,
      word: wordOf(roc),
      encrypted: true,
    };
    const body = key.transform('rtp', index).open(unit, tagOf(packet, end, this.#rtpTrailer));
    if (body === undefined) throw refusal('SRTP', 'authentication');
    const state = known ?? this.#newRtp(ssrc);
    if (state === undefined) throw refusal('SRTP', 'sources');
    state.accept(roc, sequence);
    return joined([unit.header, body]);
  }

  /**
   * Whether the sender encrypts RTCP is up to him (bit E); it is authentic in any case.
   *
   * @param packet a datagram that is RTCP
   * @returns the compound RTCP packet, in memory of its own
   * @throws {SrtpDecodeError} when it is refused; `reason` says why
   * @see RFC 3711 §3.4
   */
  unprotectRtcp(packet: Uint8Array): Uint8Array {
    const end = packet.length - this.#rtcpTrailer.bytes;
    if (end < RTCP_CLEAR_BYTES) throw refusal('SRTCP', 'short');
    if (!isVersion2(packet)) throw refusal('SRTCP', 'malformed');
    const key = this.#keyOf('SRTCP', packet, end, this.#rtcpTrailer);
    const wordAt = end + this.#rtcpTrailer.word;
    const word = u32(packet, wordAt);
    const encrypted = word >= 0x8000_0000;
    const index = encrypted ? word - 0x8000_0000 : word;
    const ssrc = u32(packet, 4);
    const known = this.#rtcp.get(ssrc);
    if (known?.isNew(index) === false) throw refusal('SRTCP', 'replay');
    const unit: SrtpUnit = {
      header: packet.subarray(0, RTCP_CLEAR_BYTES),
      body: packet.subarray(RTCP_CLEAR_BYTES, end),
      ssrc,
      index,
      word: packet.subarray(wordAt, wordAt + 4),
      encrypted,
    };
    const body = key.transform('rtcp', index).open(unit, tagOf(packet, end, this.#rtcpTrailer));
    if (body === undefined) throw refusal('SRTCP', 'authentication');
    const window = known ?? this.#newRtcp(ssrc);
    if (window === undefined) throw refusal('SRTCP', 'sources');
    window.add(index);
    return joined([unit.header, body]);
  }

  /** A source's roll-over counter, undefined while it is not known. */
  roc(ssrc: number): number | undefined {
    return this.#rtp.get(ssrc)?.roc;
  }

  /**
   * Tells the roll-over counter of a source that began long before we came (RFC 3711 §3.3.1). A wrong one opens nothing: every
   * packet is refused until it is set right. What was received before stays refused.
   *
   * @param roc      0 to 2^32 − 1
   * @param sequence a sequence number sent under it; without it `roc` is taken for that of the next packet
   * @throws {StateError} when there is no room for the source
   * @throws {InvalidValueError} when a number is out of range
   */
  setRoc(ssrc: number, roc: number, sequence?: number): void {
    checkRoc(roc, sequence);
    const state = this.#rtp.get(ssrc) ?? this.#newRtp(ssrc);
    if (state === undefined) {
      throw new StateError(`SRTP: ${this.#maxSources} sources are known: forget one, or raise maxSources`);
    }
    state.setRoc(roc, sequence);
  }

  /** Makes room: the source is new when it comes again, and its old packets would be taken once more. */
  forget(ssrc: number): void {
    this.#rtp.delete(ssrc);
    this.#rtcp.delete(ssrc);
  }

  #newRtp(ssrc: number): RtpStreamState | undefined {
    if (this.#rtp.size >= this.#maxSources) return undefined;
    const state = new RtpStreamState(this.#windowSize);
    this.#rtp.set(ssrc, state);
    return state;
  }

  #newRtcp(ssrc: number): ReplayWindow | undefined {
    if (this.#rtcp.size >= this.#maxSources) return undefined;
    const window = new ReplayWindow(this.#windowSize);
    this.#rtcp.set(ssrc, window);
    return window;
  }

  #keyOf(protocol: 'SRTP' | 'SRTCP', packet: Uint8Array, end: number, { mki, mkiBytes }: Trailer): MasterKey {
    const named = packet.subarray(end + mki, end + mki + mkiBytes);
    const key = this.#keys.find((it) => it.isNamed(named));
    if (key === undefined) throw refusal(protocol, 'mki');
    return key;
  }
}

function tagOf(packet: Uint8Array, end: number, { tag, tagBytes }: Trailer): Uint8Array {
  return packet.subarray(end + tag, end + tag + tagBytes);
}

const PROBLEMS = {
  short: ['is shorter than its header and what belongs behind it', 'RFC 3711 §3.1, §3.4'],
  malformed: ['is not version 2', 'RFC 3550 §5.1, §6.1'],
  mki: ['was made with a master key that is not known here', 'RFC 3711 §8.1'],
  replay: ['was received before, or is too old to tell', 'RFC 3711 §3.3.2'],
  authentication: [
    'has a wrong tag: another key or roll-over counter, or changed on the way',
    'RFC 3711 §3.3',
  ],
  sources: ['comes from one source more than there is room for', 'RFC 3711 §3.2.3'],
} as const;

function refusal(protocol: 'SRTP' | 'SRTCP', reason: keyof typeof PROBLEMS): SrtpDecodeError {
  const [problem, rule] = PROBLEMS[reason];
  return new SrtpDecodeError(protocol, reason, `a packet ${problem}`, rule);
}

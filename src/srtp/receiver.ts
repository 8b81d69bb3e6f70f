import { InvalidValueError, StateError } from '../errors.ts';
import { SrtpDecodeError, type SrtpRefusal } from './errors.ts';
import { checkDerivationRate } from './key-derivation.ts';
import { isVersion2, RTCP_CLEAR_BYTES, rtpHeaderBytes, type Trailer, trailerOf, u16, u32 } from './layout.ts';
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
import { newUnit } from './transform.ts';
import type { RocSearch } from './roc-search.ts';

export interface SrtpReceiverOptions extends SrtpOptions {
  /** One key, or several that are told apart by identifiers of one length; at most 64. */
  readonly keys: readonly SrtpMasterKey[];
  /** Finds the roll-over counter of those who began long before we came; without it that has to be told by `setRoc`. */
  readonly search?: RocSearch;
  /** How far a source that is new here has got under other keys: its numbers go on when keys change (RFC 3711 §3.3.1). */
  readonly elsewhere?: (ssrc: number) => SourcePosition | undefined;
}

/** Where a source's packets are, by number. */
export type SourcePosition = Pick<RtpStreamState, 'roc' | 'highest' | 'rocOf'>;

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
  readonly #unit = newUnit();
  readonly #search: RocSearch | undefined;
  readonly #elsewhere: SrtpReceiverOptions['elsewhere'];
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
    this.#search = options.search;
    this.#elsewhere = options.elsewhere;
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
   * Opens a packet where it is, which takes no memory.
   *
   * @param packet a datagram that is not RTCP; overwritten, unless it is refused
   * @returns the RTP packet, a part of `packet`, or why it is refused
   */
  openRtp(packet: Uint8Array): Uint8Array | SrtpRefusal {
    const trailer = this.#rtpTrailer;
    const end = packet.length - trailer.bytes;
    const clear = rtpHeaderBytes(packet, end);
    if (clear === undefined) return 'short';
    if (!isVersion2(packet)) return 'malformed';
    const key = this.#keyOf(packet, end + trailer.mki);
    if (key === undefined) return 'mki';
    const sequence = u16(packet, 2);
    const ssrc = u32(packet, 8);
    const state = this.#rtp.get(ssrc);
    const position = state ?? this.#elsewhere?.(ssrc);
    const unit = this.#unit;
    unit.clear = clear;
    unit.end = end;
    unit.ssrc = ssrc;
    unit.encrypted = true;
    let roc = position === undefined ? 0 : position.rocOf(sequence);
    const index = rtpIndex(roc, sequence);
    const isNew = roc >= 0 && roc <= MAX_ROC && (state === undefined || state.window.isNew(index));
    if (!isNew || !this.#opens(key, packet, roc, sequence, trailer)) {
      const mayBeLater = isNew || state === undefined || state.window.isTooOld(index);
      const found = mayBeLater ? this.#searchRoc(key, packet, position, sequence, trailer) : undefined;
      if (found === undefined) return isNew ? 'authentication' : 'replay';
      roc = found;
    }
    const accepting = state ?? this.#begin(ssrc, position);
    if (accepting === undefined) return 'sources';
    accepting.accept(roc, sequence);
    return packet.subarray(0, end);
  }

  /**
   * Opens a packet where it is. Whether the sender encrypts RTCP is up to him (bit E); it is authentic in any case.
   *
   * @param packet a datagram that is RTCP; overwritten, unless it is refused
   * @returns the compound RTCP packet, a part of `packet`, or why it is refused
   * @see RFC 3711 §3.4
   */
  openRtcp(packet: Uint8Array): Uint8Array | SrtpRefusal {
    const trailer = this.#rtcpTrailer;
    const end = packet.length - trailer.bytes;
    if (end < RTCP_CLEAR_BYTES) return 'short';
    if (!isVersion2(packet)) return 'malformed';
    const key = this.#keyOf(packet, end + trailer.mki);
    if (key === undefined) return 'mki';
    const unit = this.#unit;
    unit.word = u32(packet, end + trailer.word);
    unit.encrypted = unit.word >= 0x8000_0000;
    unit.index = unit.encrypted ? unit.word - 0x8000_0000 : unit.word;
    unit.ssrc = u32(packet, 4);
    unit.clear = RTCP_CLEAR_BYTES;
    unit.end = end;
    const { ssrc, index } = unit;
    let window = this.#rtcp.get(ssrc);
    if (window?.isNew(index) === false) return 'replay';
    if (!key.transform('rtcp', index).open(packet, unit, end + trailer.tag)) return 'authentication';
    if (window === undefined) {
      if (this.#rtcp.size >= this.#maxSources) return 'sources';
      window = new ReplayWindow(this.#windowSize);
      this.#rtcp.set(ssrc, window);
    }
    window.add(index);
    return packet.subarray(0, end);
  }

  /**
   * As {@link openRtp}, in memory of its own.
   *
   * @throws {SrtpDecodeError} when it is refused; `reason` says why
   */
  unprotectRtp(packet: Uint8Array): Uint8Array {
    return orThrow('SRTP', this.openRtp(Uint8Array.from(packet)));
  }
  /**
   * As {@link openRtcp}, in memory of its own.
   *
   * @throws {SrtpDecodeError} when it is refused; `reason` says why
   */
  unprotectRtcp(packet: Uint8Array): Uint8Array {
    return orThrow('SRTCP', this.openRtcp(Uint8Array.from(packet)));
  }

  #opens(key: MasterKey, packet: Uint8Array, roc: number, sequence: number, { tag }: Trailer): boolean {
    const unit = this.#unit;
    unit.word = roc;
    unit.index = rtpIndex(roc, sequence);
    return key.transform('rtp', unit.index).open(packet, unit, unit.end + tag);
  }

  /** Makes a source known, from a position on; undefined when there is no room. */
  #begin(ssrc: number, position: SourcePosition | undefined): RtpStreamState | undefined {
    if (this.#rtp.size >= this.#maxSources) return undefined;
    const state = new RtpStreamState(this.#windowSize);
    if (position !== undefined) state.setRoc(position.roc, position.highest);
    this.#rtp.set(ssrc, state);
    return state;
  }

  /** How far a source has got; undefined while it is not known. */
  position(ssrc: number): SourcePosition | undefined {
    return this.#rtp.get(ssrc);
  }

  /** Takes over how far sources have got, as far as there is room, from a receiver that is to be forgotten. */
  adopt(other: SrtpReceiver): void {
    for (const [ssrc, position] of other.#rtp) if (!this.#rtp.has(ssrc)) this.#begin(ssrc, position);
  }

  #searchRoc(
    key: MasterKey,
    packet: Uint8Array,
    position: SourcePosition | undefined,
    sequence: number,
    trailer: Trailer,
  ): number | undefined {
    if (this.#search === undefined || !this.#search.mayTry) return undefined;
    return this.#search.find(this.#unit.ssrc, sequence, position?.roc, (roc) =>
      this.#opens(key, packet, roc, sequence, trailer),
    );
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
    const known = this.#rtp.get(ssrc);
    if (known === undefined && this.#rtp.size >= this.#maxSources) {
      throw new StateError(`SRTP: ${this.#maxSources} sources are known: forget one, or raise maxSources`);
    }
    const state = known ?? new RtpStreamState(this.#windowSize);
    state.setRoc(roc, sequence);
    this.#rtp.set(ssrc, state);
  }

  /** Makes room: the source is new when it comes again, and its old packets would be taken once more. */
  forget(ssrc: number): void {
    this.#rtp.delete(ssrc);
    this.#rtcp.delete(ssrc);
  }

  /** Makes room by forgetting all sources that are not among those. */
  forgetOthers(known: (ssrc: number) => boolean): void {
    for (const ssrc of [...this.#rtp.keys(), ...this.#rtcp.keys()]) if (!known(ssrc)) this.forget(ssrc);
  }

  #keyOf(packet: Uint8Array, at: number): MasterKey | undefined {
    for (const key of this.#keys) if (key.isNamedAt(packet, at)) return key;
    return undefined;
  }
}

function orThrow(protocol: 'SRTP' | 'SRTCP', opened: Uint8Array | SrtpRefusal): Uint8Array {
  if (typeof opened === 'string') throw refusal(protocol, opened);
  return opened;
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

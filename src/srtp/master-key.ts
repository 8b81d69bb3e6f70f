import { InvalidValueError } from '../errors.ts';
import { derivationNumber, deriveSessionKeys } from './key-derivation.ts';
import type { AesCounter, SrtpPrimitives } from './primitives.ts';
import type { SrtpProfile } from './profiles.ts';
import { type PacketTransform, packetTransform } from './transform.ts';

/** A master key as it is agreed on. */
export interface SrtpMasterKey {
  /** As many bytes as the profile says. */
  readonly key: Uint8Array;
  /** As many bytes as the profile says. */
  readonly salt: Uint8Array;
  /** Master key identifier, 1 to 128 bytes, sent in each packet: tells receivers which of several keys it is (RFC 3711 §3.1). */
  readonly mki?: Uint8Array;
}

/** Session keys that are kept: reordered packets may need those of before and after a derivation. */
const KEPT_TRANSFORMS = 4;
const MAX_MKI_BYTES = 128;

/** A master key and the session keys derived from it. The bytes given are not kept. */
export class MasterKey {
  readonly mki: Uint8Array;
  readonly #master: AesCounter;
  readonly #salt: Uint8Array;
  readonly #primitives: SrtpPrimitives;
  readonly #profile: SrtpProfile;
  readonly #rate: number;
  /** Where keys are never derived anew. */
  #rtp: PacketTransform | undefined;
  #rtcp: PacketTransform | undefined;
  readonly #transforms = {
    rtp: new Map<number, PacketTransform>(),
    rtcp: new Map<number, PacketTransform>(),
  };

  /** @throws {InvalidValueError} when a length is not that of the profile */
  constructor(
    primitives: SrtpPrimitives,
    profile: SrtpProfile,
    { key, salt, mki = new Uint8Array(0) }: SrtpMasterKey,
    rate: number,
  ) {
    if (key.length !== profile.keyBytes || salt.length !== profile.saltBytes) {
      throw new InvalidValueError(
        `${profile.name} takes a master key of ${profile.keyBytes} and a salt of ${profile.saltBytes} bytes, not ${key.length} and ${salt.length}`,
      );
    }
    if (mki.length > MAX_MKI_BYTES) {
      throw new InvalidValueError(
        `A master key identifier of ${mki.length} bytes: at most ${MAX_MKI_BYTES} fit (RFC 4568 §6.1)`,
      );
    }
    this.mki = new Uint8Array(mki);
    this.#master = primitives.aesCounter(key);
    this.#salt = new Uint8Array(salt);
    this.#primitives = primitives;
    this.#profile = profile;
    this.#rate = rate;
  }

  /** The transform for a packet, with keys derived anew as often as the rate says (RFC 3711 §4.3.1). */
  transform(kind: 'rtp' | 'rtcp', index: number): PacketTransform {
    if (this.#rate !== 0) return this.#derived(kind, derivationNumber(index, this.#rate));
    if (kind === 'rtp') return (this.#rtp ??= this.#make(kind, 0));
    return (this.#rtcp ??= this.#make(kind, 0));
  }

  #derived(kind: 'rtp' | 'rtcp', number: number): PacketTransform {
    const kept = this.#transforms[kind];
    let transform = kept.get(number);
    if (transform === undefined) {
      transform = this.#make(kind, number);
      const [oldest] = kept.keys();
      if (oldest !== undefined && kept.size >= KEPT_TRANSFORMS) kept.delete(oldest);
      kept.set(number, transform);
    }
    return transform;
  }

  #make(kind: 'rtp' | 'rtcp', number: number): PacketTransform {
    const keys = deriveSessionKeys(this.#master, this.#salt, this.#profile, kind, number);
    const transform = packetTransform(this.#primitives, this.#profile, keys, kind);
    keys.encryption.fill(0);
    keys.authentication.fill(0);
    return transform;
  }

  /** Whether `mki` is this key's identifier. */
  isNamed(mki: Uint8Array): boolean {
    return mki.length === this.mki.length && this.isNamedAt(mki, 0);
  }
  /** Whether this key's identifier stands there. */
  isNamedAt(bytes: Uint8Array, at: number): boolean {
    for (let byte = 0; byte < this.mki.length; byte++) {
      if (bytes[at + byte] !== this.mki[byte]) return false;
    }
    return true;
  }
}

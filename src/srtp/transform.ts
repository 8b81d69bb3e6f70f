import { type SessionKeys, xor32, xorIndex } from './key-derivation.ts';
import { wordOf } from './layout.ts';
import type { AesCounter, AesGcm, HmacSha1, SrtpPrimitives } from './primitives.ts';
import type { SrtpProfile } from './profiles.ts';

/** Where the parts of a packet are that is sealed or opened. The same object may serve for one packet after another. */
export interface SrtpUnit {
  /** Bytes that stay readable: RTP's header with CSRCs and extension, or RTCP's first 8. */
  clear: number;
  /** Behind the last encrypted byte. */
  end: number;
  ssrc: number;
  /** 48 bits for RTP, 31 for RTCP. */
  index: number;
  /** RTP's roll-over counter, or RTCP's index with the E bit. */
  word: number;
  /** Whether what is between is encrypted; always so for RTP. */
  encrypted: boolean;
}

export function newUnit(): SrtpUnit {
  return { clear: 0, end: 0, ssrc: 0, index: 0, word: 0, encrypted: true };
}

/** Encrypts and authenticates under session keys of one kind, in the packet's own memory. */
export interface PacketTransform {
  /** Encrypts, and writes the tag to `bytes[tagAt…]`. */
  seal(bytes: Uint8Array, unit: SrtpUnit, tagAt: number): void;
  /** Decrypts; false, and nothing has changed, when the tag at `tagAt` is not the packet's. */
  open(bytes: Uint8Array, unit: SrtpUnit, tagAt: number): boolean;
}

/** The transform of a profile for one kind of packets, under keys made for that kind. */
export function packetTransform(
  primitives: SrtpPrimitives,
  profile: SrtpProfile,
  keys: SessionKeys,
  kind: 'rtp' | 'rtcp',
): PacketTransform {
  if (profile.aead) return new GaloisTransform(primitives.aesGcm(keys.encryption), keys.salt, kind);
  const tagBytes = kind === 'rtp' ? profile.tagBytes : profile.rtcpTagBytes;
  return new CounterTransform(primitives, keys, tagBytes);
}

/** AES-CM with HMAC-SHA1 (RFC 3711 §4.1.1, §4.2.1). */
class CounterTransform implements PacketTransform {
  readonly #cipher: AesCounter;
  readonly #mac: HmacSha1;
  readonly #salt: Uint8Array;
  readonly #tagBytes: number;
  readonly #iv = new Uint8Array(16);

  constructor(primitives: SrtpPrimitives, keys: SessionKeys, tagBytes: number) {
    this.#cipher = primitives.aesCounter(keys.encryption);
    this.#mac = primitives.hmacSha1(keys.authentication);
    this.#salt = keys.salt;
    this.#tagBytes = tagBytes;
  }

  seal(bytes: Uint8Array, unit: SrtpUnit, tagAt: number): void {
    if (unit.encrypted) this.#apply(bytes, unit);
    // Over what is sent; RTP's roll-over counter is authenticated without being sent (RFC 3711 §4.2).
    const mac = this.#mac.digest(bytes, unit.end, unit.word);
    for (let at = 0; at < this.#tagBytes; at++) bytes[tagAt + at] = mac[at] ?? 0;
  }

  open(bytes: Uint8Array, unit: SrtpUnit, tagAt: number): boolean {
    const mac = this.#mac.digest(bytes, unit.end, unit.word);
    let difference = 0; // looks at all bytes, so that the time does not tell where they differ
    for (let at = 0; at < this.#tagBytes; at++) difference |= (mac[at] ?? 0) ^ (bytes[tagAt + at] ?? 0);
    if (difference !== 0) return false;
    if (unit.encrypted) this.#apply(bytes, unit);
    return true;
  }

  /** salt · 2^16 XOR ssrc · 2^64 XOR index · 2^16 (RFC 3711 §4.1.1). */
  #apply(bytes: Uint8Array, { clear, end, ssrc, index }: SrtpUnit): void {
    const iv = this.#iv;
    iv.set(this.#salt);
    xor32(iv, 4, ssrc);
    xorIndex(iv, 8, index);
    this.#cipher.apply(iv, bytes, clear, end);
  }
}

/** AES-GCM (RFC 7714 §8, §9). */
class GaloisTransform implements PacketTransform {
  readonly #cipher: AesGcm;
  readonly #salt: Uint8Array;
  readonly #kind: 'rtp' | 'rtcp';
  readonly #iv: Uint8Array;

  constructor(cipher: AesGcm, salt: Uint8Array, kind: 'rtp' | 'rtcp') {
    this.#cipher = cipher;
    this.#salt = salt;
    this.#kind = kind;
    this.#iv = new Uint8Array(salt.length);
  }

  seal(bytes: Uint8Array, unit: SrtpUnit, tagAt: number): void {
    const start = unit.encrypted ? unit.clear : unit.end;
    bytes.set(this.#cipher.seal(this.#ivOf(unit), this.#aad(bytes, unit), bytes, start, unit.end), tagAt);
  }

  open(bytes: Uint8Array, unit: SrtpUnit, tagAt: number): boolean {
    const start = unit.encrypted ? unit.clear : unit.end;
    const tag = bytes.subarray(tagAt, tagAt + GCM_TAG_BYTES);
    return this.#cipher.open(this.#ivOf(unit), this.#aad(bytes, unit), bytes, start, unit.end, tag);
  }

  /** The header; of RTCP the word with the index too, and the body where it is not encrypted (RFC 7714 §8.2, §9.2, §9.3). */
  #aad(bytes: Uint8Array, { clear, end, word, encrypted }: SrtpUnit): Uint8Array {
    if (this.#kind === 'rtp') return bytes.subarray(0, clear);
    const readable = encrypted ? clear : end;
    const aad = new Uint8Array(readable + 4);
    aad.set(bytes.subarray(0, readable));
    aad.set(wordOf(word), readable);
    return aad;
  }

  /** Two zero bytes, ssrc, index in six bytes, XOR salt (RFC 7714 §8.1, §9.1). */
  #ivOf({ ssrc, index }: SrtpUnit): Uint8Array {
    const iv = this.#iv;
    iv.set(this.#salt);
    xor32(iv, 2, ssrc);
    xorIndex(iv, 6, index);
    return iv;
  }
}

const GCM_TAG_BYTES = 16;

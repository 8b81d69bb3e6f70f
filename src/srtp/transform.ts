import { type SessionKeys, xor32, xorIndex } from './key-derivation.ts';
import type { AesCounter, AesGcm, HmacSha1, SrtpPrimitives } from './primitives.ts';
import type { SrtpProfile } from './profiles.ts';

/** A packet taken apart, the same for RTP and RTCP. */
export interface SrtpUnit {
  /** What stays readable: RTP's header with CSRCs and extension, or RTCP's first 8 bytes. */
  readonly header: Uint8Array;
  /** What is encrypted. */
  readonly body: Uint8Array;
  readonly ssrc: number;
  /** 48 bits for RTP, 31 for RTCP. */
  readonly index: number;
  /** Four bytes: RTP's roll-over counter, or RTCP's index with the E bit. */
  readonly word: Uint8Array;
  /** Whether `body` is encrypted; always so for RTP. */
  readonly encrypted: boolean;
}

/** Encrypts and authenticates under session keys of one kind. */
export interface PacketTransform {
  seal(unit: SrtpUnit): { readonly body: Uint8Array; readonly tag: Uint8Array };
  /** The body in the clear, or undefined when `tag` is not that of the unit. */
  open(unit: SrtpUnit, tag: Uint8Array): Uint8Array | undefined;
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
  readonly #primitives: SrtpPrimitives;

  constructor(primitives: SrtpPrimitives, keys: SessionKeys, tagBytes: number) {
    this.#cipher = primitives.aesCounter(keys.encryption);
    this.#mac = primitives.hmacSha1(keys.authentication);
    this.#primitives = primitives;
    this.#salt = keys.salt;
    this.#tagBytes = tagBytes;
  }

  seal(unit: SrtpUnit) {
    const body = unit.encrypted ? this.#cipher.apply(this.#iv(unit), unit.body) : unit.body;
    return { body, tag: this.#tag(unit, body) };
  }

  open(unit: SrtpUnit, tag: Uint8Array): Uint8Array | undefined {
    if (!this.#primitives.equal(this.#tag(unit, unit.body), tag)) return undefined;
    return unit.encrypted ? this.#cipher.apply(this.#iv(unit), unit.body) : unit.body;
  }

  /** Over what is sent; RTP's roll-over counter is authenticated without being sent (RFC 3711 §4.2). */
  #tag({ header, word }: SrtpUnit, body: Uint8Array): Uint8Array {
    return this.#mac.digest([header, body, word]).subarray(0, this.#tagBytes);
  }

  /** salt · 2^16 XOR ssrc · 2^64 XOR index · 2^16 (RFC 3711 §4.1.1). */
  #iv({ ssrc, index }: SrtpUnit): Uint8Array {
    const iv = new Uint8Array(16);
    iv.set(this.#salt);
    xor32(iv, 4, ssrc);
    xorIndex(iv, 8, index);
    return iv;
  }
}

/** AES-GCM (RFC 7714 §8, §9). */
class GaloisTransform implements PacketTransform {
  readonly #cipher: AesGcm;
  readonly #salt: Uint8Array;
  readonly #kind: 'rtp' | 'rtcp';

  constructor(cipher: AesGcm, salt: Uint8Array, kind: 'rtp' | 'rtcp') {
    this.#cipher = cipher;
    this.#salt = salt;
    this.#kind = kind;
  }

  seal(unit: SrtpUnit) {
    const plaintext = unit.encrypted ? unit.body : NOTHING;
    const { ciphertext, tag } = this.#cipher.seal(this.#iv(unit), this.#aad(unit), plaintext);
    return { body: unit.encrypted ? ciphertext : unit.body, tag };
  }

  open(unit: SrtpUnit, tag: Uint8Array): Uint8Array | undefined {
    const ciphertext = unit.encrypted ? unit.body : NOTHING;
    const plaintext = this.#cipher.open(this.#iv(unit), this.#aad(unit), ciphertext, tag);
    return plaintext === undefined || unit.encrypted ? plaintext : unit.body;
  }

  /** The header; of RTCP the word with the index too, and the body where it is not encrypted (RFC 7714 §8.2, §9.2, §9.3). */
  #aad({ header, body, word, encrypted }: SrtpUnit): Uint8Array {
    if (this.#kind === 'rtp') return header;
    return joined(encrypted ? [header, word] : [header, body, word]);
  }

  /** Two zero bytes, ssrc, index in six bytes, XOR salt (RFC 7714 §8.1, §9.1). */
  #iv({ ssrc, index }: SrtpUnit): Uint8Array {
    const iv = new Uint8Array(this.#salt);
    xor32(iv, 2, ssrc);
    xorIndex(iv, 6, index);
    return iv;
  }
}

const NOTHING = new Uint8Array(0);

/** All parts in memory of their own. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

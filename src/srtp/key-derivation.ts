import { InvalidValueError } from '../errors.ts';
import type { AesCounter } from './primitives.ts';
import type { SrtpProfile } from './profiles.ts';

/** What a session key is for (RFC 3711 §4.3.1, §4.3.2). */
export const SRTP_LABELS = {
  rtp: { encryption: 0, authentication: 1, salt: 2 },
  rtcp: { encryption: 3, authentication: 4, salt: 5 },
} as const;

/** HMAC-SHA1's key (RFC 3711 §5.2). */
const AUTHENTICATION_BYTES = 20;

export interface SessionKeys {
  readonly encryption: Uint8Array;
  /** Empty for AEAD profiles, which have no use for it. */
  readonly authentication: Uint8Array;
  readonly salt: Uint8Array;
}

/** @throws {InvalidValueError} when `rate` is neither 0 nor a power of two up to 2^24 (RFC 3711 §4.3.1) */
export function checkDerivationRate(rate: number): number {
  if (rate === 0 || (Number.isInteger(rate) && rate >= 1 && rate <= 2 ** 24 && (rate & (rate - 1)) === 0)) {
    return rate;
  }
  throw new InvalidValueError(
    `A key derivation rate of ${rate}: give 0 (never again) or a power of two up to 16777216 (RFC 3711 §4.3.1)`,
  );
}

/** How often keys have been derived anew up to a packet: `index` DIV `rate`, 0 when the rate is 0. */
export function derivationNumber(index: number, rate: number): number {
  return rate === 0 ? 0 : Math.floor(index / rate);
}

/**
 * `length` bytes of session key: the key stream of the master key from the counter block (label ‖ r) XOR salt. The 12 bytes of
 * salt of an AEAD profile stand for 14 of which the last two are zero.
 *
 * SRTCP's label stands where SRTP's does, as if its index had 48 bits, too: that is how everybody reads RFC 3711 §4.3.2.
 *
 * @param master counter mode under the master key
 * @param number result of {@link derivationNumber}
 * @see RFC 3711 §4.3.1, §4.3.3; RFC 6188 §3 for longer master keys; RFC 7714 §11
 */
export function deriveKey(
  master: AesCounter,
  masterSalt: Uint8Array,
  label: number,
  number: number,
  length: number,
): Uint8Array {
  const block = new Uint8Array(16); // 14 bytes, and two that count blocks
  block.set(masterSalt);
  block[7] = (block[7] ?? 0) ^ label;
  xorIndex(block, 8, number);
  const key = new Uint8Array(length);
  master.apply(block, key, 0, length);
  return key;
}

/** The three session keys of one kind of packets. */
export function deriveSessionKeys(
  master: AesCounter,
  masterSalt: Uint8Array,
  profile: SrtpProfile,
  kind: 'rtp' | 'rtcp',
  number = 0,
): SessionKeys {
  const labels = SRTP_LABELS[kind];
  const derive = (label: number, length: number): Uint8Array =>
    deriveKey(master, masterSalt, label, number, length);
  return {
    encryption: derive(labels.encryption, profile.keyBytes),
    authentication: profile.aead ? new Uint8Array(0) : derive(labels.authentication, AUTHENTICATION_BYTES),
    salt: derive(labels.salt, profile.saltBytes),
  };
}

/** XORs a 48-bit number into six bytes. */
export function xorIndex(block: Uint8Array, at: number, index: number): void {
  xor32(block, at, Math.floor(index / 0x1_0000));
  block[at + 4] = (block[at + 4] ?? 0) ^ ((index / 0x100) & 0xff);
  block[at + 5] = (block[at + 5] ?? 0) ^ (index & 0xff);
}

/** XORs a 32-bit number into four bytes. */
export function xor32(block: Uint8Array, at: number, value: number): void {
  for (let byte = 0; byte < 4; byte++) {
    block[at + byte] = (block[at + byte] ?? 0) ^ ((value >>> (24 - 8 * byte)) & 0xff);
  }
}

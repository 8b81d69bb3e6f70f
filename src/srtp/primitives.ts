/**
 * What SRTP needs of a cryptographic library. Everything in this folder computes on these alone; `src/net` has them made of
 * the platform's. A key is handed over once, and its bytes are overwritten afterwards.
 */
export interface SrtpPrimitives {
  /** AES in counter mode (RFC 3711 §4.1.1): 16, 24 or 32 bytes of key. */
  aesCounter(key: Uint8Array): AesCounter;
  /** HMAC-SHA1 (RFC 2104), 20 bytes of key. */
  hmacSha1(key: Uint8Array): HmacSha1;
  /** AES in Galois/counter mode with a tag of 16 bytes (RFC 7714 §5): 16 or 32 bytes of key. */
  aesGcm(key: Uint8Array): AesGcm;
  /** Whether two byte strings of one length are equal, in a time that does not tell where they differ. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}

export interface AesCounter {
  /** `data` XOR the key stream that begins with the counter block `iv` of 16 bytes; memory of its own. */
  apply(iv: Uint8Array, data: Uint8Array): Uint8Array;
}

export interface HmacSha1 {
  /** The whole 20 bytes over `parts`, one after the other. */
  digest(parts: readonly Uint8Array[]): Uint8Array;
}

export interface AesGcm {
  /** `iv` has 12 bytes, the tag 16. */
  seal(
    iv: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): { readonly ciphertext: Uint8Array; readonly tag: Uint8Array };
  /** The plaintext, or undefined when the tag is not that of `aad` and `ciphertext`. */
  open(iv: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array, tag: Uint8Array): Uint8Array | undefined;
}

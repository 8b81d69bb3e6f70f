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
}

export interface AesCounter {
  /**
   * XORs `bytes[start, end)` with the key stream that begins with the counter block `iv`, where they are. `iv` has 16 bytes, the last
   * two of which are zero: they count the blocks, of which there are at most 2^16 (RFC 3711 §4.1.1).
   */
  apply(iv: Uint8Array, bytes: Uint8Array, start: number, end: number): void;
}

export interface HmacSha1 {
  /** The whole 20 bytes over `bytes[0, end)` and the four bytes of `word`. */
  digest(bytes: Uint8Array, end: number, word: number): Uint8Array;
}

export interface AesGcm {
  /** Encrypts `bytes[start, end)` where they are, and gives the tag of 16 bytes. `iv` has 12 bytes. */
  seal(iv: Uint8Array, aad: Uint8Array, bytes: Uint8Array, start: number, end: number): Uint8Array;
  /** Decrypts `bytes[start, end)` where they are; false, and nothing has changed, when the tag is not theirs. */
  open(
    iv: Uint8Array,
    aad: Uint8Array,
    bytes: Uint8Array,
    start: number,
    end: number,
    tag: Uint8Array,
  ): boolean;
}

/** A set of cipher, lengths and tags, named as in `a=crypto` (RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §14.2). */
export interface SrtpProfile {
  readonly name: string;
  /** AES-GCM (RFC 7714) rather than AES-CM with HMAC-SHA1. */
  readonly aead: boolean;
  /** Bytes of the master key, and of the session key for encryption. */
  readonly keyBytes: 16 | 24 | 32;
  /** Bytes of the master salt, and of the session salt. */
  readonly saltBytes: 12 | 14;
  /** Bytes of the tag in RTP packets. */
  readonly tagBytes: 4 | 10 | 16;
  /** Bytes of the tag in RTCP packets: 80 bits also where RTP has 32 (RFC 4568 §6.2.2, RFC 6188 §4). */
  readonly rtcpTagBytes: 10 | 16;
}

const counterMode = (name: string, keyBytes: 16 | 24 | 32, tagBytes: 4 | 10): SrtpProfile => ({
  name,
  aead: false,
  keyBytes,
  saltBytes: 14,
  tagBytes,
  rtcpTagBytes: 10,
});
const galois = (name: string, keyBytes: 16 | 32): SrtpProfile => ({
  name,
  aead: true,
  keyBytes,
  saltBytes: 12,
  tagBytes: 16,
  rtcpTagBytes: 16,
});

/** All that are implemented, by name: RFC 3711 §5, RFC 6188 §4, RFC 7714 §12. */
export const SRTP_PROFILES = {
  AES_CM_128_HMAC_SHA1_80: counterMode('AES_CM_128_HMAC_SHA1_80', 16, 10),
  AES_CM_128_HMAC_SHA1_32: counterMode('AES_CM_128_HMAC_SHA1_32', 16, 4),
  AES_192_CM_HMAC_SHA1_80: counterMode('AES_192_CM_HMAC_SHA1_80', 24, 10),
  AES_192_CM_HMAC_SHA1_32: counterMode('AES_192_CM_HMAC_SHA1_32', 24, 4),
  AES_256_CM_HMAC_SHA1_80: counterMode('AES_256_CM_HMAC_SHA1_80', 32, 10),
  AES_256_CM_HMAC_SHA1_32: counterMode('AES_256_CM_HMAC_SHA1_32', 32, 4),
  AEAD_AES_128_GCM: galois('AEAD_AES_128_GCM', 16),
  AEAD_AES_256_GCM: galois('AEAD_AES_256_GCM', 32),
} as const satisfies Record<string, SrtpProfile>;

export type SrtpProfileName = keyof typeof SRTP_PROFILES;

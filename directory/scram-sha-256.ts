import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import type { ScramDigest } from '../src/sasl/index.ts';

/** The hash of SCRAM-SHA-256 (RFC 7677). */
export const SHA256: ScramDigest = {
  name: 'SHA-256',
  length: 32,
  hash: (bytes) => Uint8Array.from(createHash('sha256').update(bytes).digest()),
  hmac: (key, bytes) => Uint8Array.from(createHmac('sha256', key).update(bytes).digest()),
};

/** The salted password (RFC 5802 §3, Hi): PBKDF2, off the main thread. */
export function saltedPassword(
  password: Uint8Array | string,
  salt: Uint8Array,
  iterations: number,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, SHA256.length, 'sha256', (error, key) => {
      if (error === null) resolve(Uint8Array.from(key));
      else reject(error);
    });
  });
}

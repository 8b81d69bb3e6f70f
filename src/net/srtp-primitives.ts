import { createCipheriv, createDecipheriv, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { SrtpPrimitives } from '../srtp/index.ts';

const GCM_TAG_BYTES = 16;

/** SRTP's primitives by the system's OpenSSL. Keys are kept outside of the JavaScript heap. */
export const srtpPrimitives: SrtpPrimitives = {
  aesCounter(bytes) {
    const key = createSecretKey(bytes);
    const cipher = `aes-${bytes.length * 8}-ctr`;
    return { apply: (iv, data) => createCipheriv(cipher, key, iv).update(data) };
  },
  hmacSha1(bytes) {
    const key = createSecretKey(bytes);
    return {
      digest(parts) {
        const mac = createHmac('sha1', key);
        for (const part of parts) mac.update(part);
        return mac.digest();
      },
    };
  },
  aesGcm(bytes) {
    const key = createSecretKey(bytes);
    const cipher = bytes.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
    const options = { authTagLength: GCM_TAG_BYTES };
    return {
      seal(iv, aad, plaintext) {
        const sealing = createCipheriv(cipher, key, iv, options).setAAD(aad);
        const ciphertext = sealing.update(plaintext);
        sealing.final();
        return { ciphertext, tag: sealing.getAuthTag() };
      },
      open(iv, aad, ciphertext, tag) {
        const opening = createDecipheriv(cipher, key, iv, options).setAAD(aad).setAuthTag(tag);
        const plaintext = opening.update(ciphertext);
        try {
          opening.final();
        } catch {
          return undefined; // all that can fail here is the tag
        }
        return plaintext;
      },
    };
  },
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};

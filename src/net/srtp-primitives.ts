import { createCipheriv, createDecipheriv, createSecretKey, hash } from 'node:crypto';
import type { SrtpPrimitives } from '../srtp/index.ts';

const GCM_TAG_BYTES = 16;
/** Key stream made in one call: enough for any packet of an Ethernet. */
const BLOCKS = 128;
const HASH_BLOCK = 64;
const SHA1_BYTES = 20;

/**
 * SRTP's primitives by the system's OpenSSL, as they cost least: one cipher makes all key stream of a key, and a MAC is two hashes
 * in one call each. An authentication key is in memory of the process, padded; encryption keys are OpenSSL's.
 */
export const srtpPrimitives: SrtpPrimitives = {
  aesCounter(bytes) {
    const cipher = createCipheriv(`aes-${bytes.length * 8}-ecb`, createSecretKey(bytes), null).setAutoPadding(
      false,
    );
    const counters = new Uint8Array(16 * BLOCKS);
    return {
      apply(iv, data, start, end) {
        for (let from = start, first = 0; from < end; from += counters.length, first += BLOCKS) {
          const to = Math.min(end, from + counters.length);
          const blocks = (to - from + 15) >>> 4;
          for (let block = 0, at = 0; block < blocks; block++, at += 16) {
            for (let byte = 0; byte < 14; byte++) counters[at + byte] = iv[byte] ?? 0;
            counters[at + 14] = (first + block) >>> 8;
            counters[at + 15] = first + block;
          }
          const stream = cipher.update(counters.subarray(0, blocks * 16));
          for (let at = from, byte = 0; at < to; at++, byte++)
            data[at] = (data[at] ?? 0) ^ (stream[byte] ?? 0);
        }
      },
    };
  },
  hmacSha1(bytes) {
    let inner = padded(bytes, 0x36, 2048); // the only trace of the key: its owner overwrites the bytes
    const outer = padded(bytes, 0x5c, SHA1_BYTES);
    return {
      digest(message, end, word) {
        if (inner.length < HASH_BLOCK + end + 4) inner = Buffer.concat([inner], HASH_BLOCK + end + 4);
        inner.set(end === message.length ? message : message.subarray(0, end), HASH_BLOCK);
        const length = HASH_BLOCK + end;
        inner.writeUInt32BE(word, length);
        outer.set(hash('sha1', inner.subarray(0, length + 4), 'buffer'), HASH_BLOCK);
        return hash('sha1', outer, 'buffer');
      },
    };
  },
  aesGcm(bytes) {
    const key = createSecretKey(bytes);
    const cipher = bytes.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
    const options = { authTagLength: GCM_TAG_BYTES };
    return {
      seal(iv, aad, data, start, end) {
        const sealing = createCipheriv(cipher, key, iv, options).setAAD(aad);
        data.set(sealing.update(data.subarray(start, end)), start);
        sealing.final();
        return sealing.getAuthTag();
      },
      open(iv, aad, data, start, end, tag) {
        const opening = createDecipheriv(cipher, key, iv, options).setAAD(aad).setAuthTag(tag);
        const plaintext = opening.update(data.subarray(start, end));
        try {
          opening.final();
        } catch {
          return false; // all that can fail here is the tag
        }
        data.set(plaintext, start);
        return true;
      },
    };
  },
};

/** HMAC's padded key of one block, with room for a message behind it (RFC 2104 §2). */
function padded(key: Uint8Array, pad: number, room: number): Buffer {
  const block = Buffer.alloc(HASH_BLOCK + room);
  block.fill(pad, 0, HASH_BLOCK);
  for (let at = 0; at < key.length; at++) block[at] = (key[at] ?? 0) ^ pad;
  return block;
}

import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { ScramDigest } from '../../src/sasl/index.ts';

export const SHA256: ScramDigest = {
  name: 'SHA-256',
  length: 32,
  hash: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
  hmac: (key, bytes) => new Uint8Array(createHmac('sha256', key).update(bytes).digest()),
};

export const salted = (password: string, salt: Uint8Array, iterations: number): Uint8Array =>
  new Uint8Array(pbkdf2Sync(password, salt, iterations, 32, 'sha256'));

export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

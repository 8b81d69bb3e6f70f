import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { InvalidValueError } from '../../src/errors.ts';
import { utf8Bytes, utf8Text } from '../../src/ldap/index.ts';
import { saslPrep, scramKeys, serializeScramKeys } from '../../src/sasl/index.ts';
import { saltedPassword, SHA256 } from '../scram-sha-256.ts';
import type { Secret } from './store-secrets.ts';

const COST = 16_384;
const BLOCK = 8;
const PARALLEL = 1;
const KEY_BYTES = 32;
/** Rounds for new SCRAM keys; clients do them at each bind. RFC 7677 §4 asks for 4096 at least. */
const SCRAM_ITERATIONS = 32_768;
/** Longest password that is worked on, in octets. */
const MAX_PASSWORD_BYTES = 1024;

const derive = (password: Uint8Array, salt: Uint8Array, n: number, r: number, p: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, { N: n, r, p, maxmem: 256 * n * r }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });

/**
 * A password as a configuration may hold it: `scrypt$N$r$p$salt$key`, salt and key in base64.
 *
 * @throws {InvalidValueError} when it is empty, too long, or has characters that no password may have (RFC 4013)
 */
export async function hashPassword(password: string): Promise<string> {
  return hashOctets(checkedPassword(password));
}

async function hashOctets(password: Uint8Array): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, COST, BLOCK, PARALLEL);
  return ['scrypt', COST, BLOCK, PARALLEL, salt.toString('base64'), key.toString('base64')].join('$');
}

/**
 * Everything that is kept of a password, for all ways to use it.
 *
 * @throws {InvalidValueError} as {@link hashPassword}
 */
export async function makeSecret(password: string): Promise<Secret> {
  const octets = checkedPassword(password);
  const salt = Uint8Array.from(randomBytes(16));
  const [hash, salted] = await Promise.all([
    hashOctets(octets),
    saltedPassword(octets, salt, SCRAM_ITERATIONS),
  ]);
  return {
    password: hash,
    scram: serializeScramKeys(SHA256, scramKeys(SHA256, salted, salt, SCRAM_ITERATIONS)),
  };
}

function checkedPassword(password: string): Uint8Array {
  const prepared = utf8Bytes(saslPrep(password));
  if (prepared.length === 0) throw new InvalidValueError('A password must not be empty');
  if (prepared.length > MAX_PASSWORD_BYTES) {
    throw new InvalidValueError(`A password has at most ${MAX_PASSWORD_BYTES} octets`);
  }
  return prepared;
}

/** Octets of a bind as they were hashed: prepared where they are text (RFC 4513 §5.1.3). */
function prepared(password: Uint8Array): Uint8Array {
  const text = utf8Text(password);
  if (text === undefined) return password;
  try {
    return utf8Bytes(saslPrep(text));
  } catch {
    return password;
  }
}

/** Whether a password is the one that was hashed. */
export type PasswordCheck = (password: Uint8Array) => Promise<boolean>;

/** @throws {InvalidValueError} when `hash` is not what {@link hashPassword} makes */
export function passwordCheck(hash: string): PasswordCheck {
  const [scheme, n, r, p, salt = '', key = ''] = hash.split('$');
  const [cost, block, parallel] = [Number(n), Number(r), Number(p)];
  const wanted = Buffer.from(key, 'base64');
  const isCost = Number.isInteger(Math.log2(cost)) && cost >= 2 && cost <= 2 ** 20;
  if (
    scheme !== 'scrypt' ||
    !isCost ||
    !(block >= 1 && block <= 32) ||
    !(parallel >= 1 && parallel <= 16) ||
    wanted.length !== KEY_BYTES
  ) {
    throw new InvalidValueError(
      'The password hash is not of the form scrypt$N$r$p$salt$key. Make one with hashPassword.',
    );
  }
  return async (password) => {
    if (password.length > MAX_PASSWORD_BYTES) return false;
    const bytes = prepared(password);
    return timingSafeEqual(await derive(bytes, Buffer.from(salt, 'base64'), cost, block, parallel), wanted);
  };
}

const decoyKey = randomBytes(KEY_BYTES).toString('base64');
/** Nobody's: worked out for a name that does not exist, so that the time taken does not tell. */
export const DECOY_HASH = `scrypt$${COST}$${BLOCK}$${PARALLEL}$${decoyKey}$${decoyKey}`;

const decoySeed = randomBytes(32);
/** Keys for a name that does not exist: the same each time, and like any other's. Nobody can prove them. */
export function decoyScramKeys(name: string): ReturnType<typeof scramKeys> {
  const salt = SHA256.hmac(decoySeed, utf8Bytes(name)).subarray(0, 16);
  return scramKeys(SHA256, SHA256.hmac(decoySeed, salt), salt, SCRAM_ITERATIONS);
}

/** 20 letters and digits: 119 bits. */
export function randomPassword(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  let password = '';
  while (password.length < 20) {
    for (const octet of randomBytes(32)) {
      if (octet < 248 && password.length < 20) password += letters[octet % 62]; // 248 = 4 × 62: no letter is likelier
    }
  }
  return password;
}

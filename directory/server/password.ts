import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { InvalidValueError } from '../../src/errors.ts';

const COST = 16_384;
const BLOCK = 8;
const PARALLEL = 1;
const KEY_BYTES = 32;

const derive = (password: Uint8Array, salt: Uint8Array, n: number, r: number, p: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, { N: n, r, p, maxmem: 256 * n * r }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });

/** A password as a configuration may hold it: `scrypt$N$r$p$salt$key`, salt and key in base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(Buffer.from(password), salt, COST, BLOCK, PARALLEL);
  return ['scrypt', COST, BLOCK, PARALLEL, salt.toString('base64'), key.toString('base64')].join('$');
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
  return async (password) =>
    timingSafeEqual(await derive(password, Buffer.from(salt, 'base64'), cost, block, parallel), wanted);
}

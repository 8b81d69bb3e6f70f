import { InvalidValueError } from '../errors.ts';
import { readCrypto } from './attribute-values.ts';
import { type CryptoParameters, formatCrypto, parseCrypto } from './crypto.ts';

/** The key of one medium of a group, and when it begins to be used. */
export interface MediaKey {
  /** Place of the `m=` line, from 0. */
  readonly medium: number;
  /** Senders use it from then on, in milliseconds since 1970-01-01 UTC; 0 for always. */
  readonly from: number;
  readonly crypto: CryptoParameters;
}

const FORM = /^(\d{1,3}) (\d{1,15}) (crypto:.+)$/s;

/**
 * One line: place of the medium, seconds since 1970-01-01 UTC from which it is used (0 for always), and the value of an `a=crypto`
 * attribute. It has the key in it.
 */
export function formatMediaKey({ medium, from, crypto }: MediaKey): string {
  return `${medium} ${Math.ceil(from / 1000)} ${formatCrypto(crypto)}`;
}

/** @throws {InvalidValueError} when it is none, without any of the key in the text */
export function parseMediaKey(text: string): MediaKey {
  const [, medium, from, value = ''] = FORM.exec(text) ?? [];
  const attribute = medium === undefined ? undefined : readCrypto(value);
  if (attribute === undefined) {
    throw new InvalidValueError(
      'a key of a medium is not "<medium> <seconds> crypto:<tag> <suite> inline:<key>"',
    );
  }
  return { medium: Number(medium), from: Number(from) * 1000, crypto: parseCrypto(attribute) };
}

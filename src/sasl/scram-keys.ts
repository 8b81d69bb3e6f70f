import { DecodeError } from '../errors.ts';
import { bytesOf, fromBase64, toBase64 } from './text.ts';

/** The hash that a SCRAM mechanism is named after. PBKDF2 is not here: it takes long, and its caller may want to wait. */
export interface ScramDigest {
  /** As in the mechanism's name, such as `SHA-256`. */
  readonly name: string;
  /** Octets of a hash. */
  readonly length: number;
  hash(bytes: Uint8Array): Uint8Array;
  hmac(key: Uint8Array, bytes: Uint8Array): Uint8Array;
}

/** What a server keeps of a password. It proves knowledge of it, but nobody can authenticate with it elsewhere. */
export interface ScramKeys {
  readonly salt: Uint8Array;
  /** Rounds of PBKDF2. */
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** @param saltedPassword PBKDF2 of the prepared password with this salt and count (RFC 5802 §3) */
export function scramKeys(
  digest: ScramDigest,
  saltedPassword: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): ScramKeys {
  const clientKey = digest.hmac(saltedPassword, bytesOf('Client Key'));
  return {
    salt,
    iterations,
    storedKey: digest.hash(clientKey),
    serverKey: digest.hmac(saltedPassword, bytesOf('Server Key')),
  };
}

/** `SCRAM-SHA-256$iterations:salt$storedKey:serverKey`, as an authPassword value (RFC 5803 §2). */
export function serializeScramKeys(digest: ScramDigest, keys: ScramKeys): string {
  const { iterations, salt, storedKey, serverKey } = keys;
  return `SCRAM-${digest.name}$${iterations}:${toBase64(salt)}$${toBase64(storedKey)}:${toBase64(serverKey)}`;
}

/** @throws {DecodeError} when `text` is not what {@link serializeScramKeys} writes */
export function parseScramKeys(digest: ScramDigest, text: string): ScramKeys {
  const [, name, count, salt = '', stored = '', server = ''] =
    /^SCRAM-([A-Z0-9-]+)\$(\d{1,9}):([^$]+)\$([^:]+):(.+)$/.exec(text) ?? [];
  if (name !== digest.name) throw new DecodeError('SASL', `these are no keys of SCRAM-${digest.name}`);
  const keys = {
    iterations: Number(count),
    salt: fromBase64(salt, 'the salt'),
    storedKey: fromBase64(stored, 'the stored key'),
    serverKey: fromBase64(server, 'the server key'),
  };
  if (keys.storedKey.length !== digest.length || keys.serverKey.length !== digest.length) {
    throw new DecodeError('SASL', `keys of SCRAM-${digest.name} are of ${digest.length} octets each`);
  }
  return keys;
}

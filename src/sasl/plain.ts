import { DecodeError, EncodeError } from '../errors.ts';
import { bytesOf, textOf } from './text.ts';

/** RFC 4616 §2. */
export interface PlainMessage {
  /** Whom to act as; empty for the one who authenticates. */
  readonly authzid: string;
  readonly authcid: string;
  readonly password: string;
}

/** @throws {DecodeError} when it is not two or three texts with NUL between them */
export function parsePlain(bytes: Uint8Array): PlainMessage {
  const [authzid, authcid, password, ...rest] = textOf(bytes).split('\0');
  if (authzid === undefined || authcid === undefined || password === undefined || rest.length > 0) {
    throw new DecodeError('SASL', 'PLAIN is authzid, NUL, authcid, NUL, password', { rule: 'RFC 4616 §2' });
  }
  if (authcid === '' || password === '') {
    throw new DecodeError('SASL', 'PLAIN without a name or a password', { rule: 'RFC 4616 §2' });
  }
  return { authzid, authcid, password };
}

/** @throws {EncodeError} when a part has a NUL, or name or password are empty */
export function serializePlain({ authzid, authcid, password }: PlainMessage): Uint8Array {
  for (const [field, text] of Object.entries({ authzid, authcid, password })) {
    if (text.includes('\0')) throw new EncodeError('SASL', field, 'has a NUL, which PLAIN cannot carry');
  }
  if (authcid === '') throw new EncodeError('SASL', 'authcid', 'is empty');
  if (password === '') throw new EncodeError('SASL', 'password', 'is empty');
  return bytesOf(`${authzid}\0${authcid}\0${password}`);
}

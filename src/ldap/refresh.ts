import { EncodeError } from '../errors.ts';
import { BerReader, BerWriter, context, MAX_INT } from './ber.ts';

/** RFC 2589 §4.1: one year of 365.25 days, in seconds. */
export const MAX_TTL_SECONDS = 31_557_600;

/** RFC 2589 §4.1. */
export interface RefreshRequestValue {
  readonly entryName: string;
  /** Seconds, 1..31557600 in an honest request; the reader accepts any integer so that the server can say why not. */
  readonly requestTtl: number;
}

/** @throws {DecodeError} */
export function decodeRefreshRequest(value: Uint8Array): RefreshRequestValue {
  const r = new BerReader(value);
  const seq = r.constructed();
  const entryName = seq.text(context(0));
  const requestTtl = seq.integer(-MAX_INT - 1, MAX_INT, context(1));
  seq.skipRest();
  r.expectEnd('the refresh request value');
  return { entryName, requestTtl };
}

/** @throws {EncodeError} when `requestTtl` is out of range */
export function encodeRefreshRequest({ entryName, requestTtl }: RefreshRequestValue): Uint8Array {
  if (!Number.isInteger(requestTtl) || requestTtl < 1 || requestTtl > MAX_TTL_SECONDS) {
    throw new EncodeError('LDAP', 'requestTtl', `${requestTtl} is not in 1..${MAX_TTL_SECONDS} seconds`);
  }
  return new BerWriter().begin().text(entryName, context(0)).integer(requestTtl, context(1)).end().finish();
}

/**
 * @returns responseTtl in seconds, the client refresh period from now on; 0 in an error response
 * @throws {DecodeError}
 * @see RFC 2589 §4.2
 */
export function decodeRefreshResponse(value: Uint8Array): number {
  const r = new BerReader(value);
  const seq = r.constructed();
  const responseTtl = seq.integer(0, MAX_INT, context(1));
  seq.skipRest();
  r.expectEnd('the refresh response value');
  return responseTtl;
}

/** @param responseTtl seconds, 0 in an error response */
export function encodeRefreshResponse(responseTtl: number): Uint8Array {
  return new BerWriter(16).begin().integer(responseTtl, context(1)).end().finish();
}

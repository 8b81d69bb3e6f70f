import { constants, deflateSync, inflateSync } from 'node:zlib';
import { DecodeError } from '../errors.ts';
import type { Deflate, Inflate } from '../sap/index.ts';

/** Compresses a SAP payload by zlib (RFC 1950, RFC 2974 §6). */
export const deflateSap: Deflate = (bytes) =>
  new Uint8Array(deflateSync(bytes, { level: constants.Z_BEST_COMPRESSION }));

/** Undoes it, and stops as soon as there is more output than allowed: a small packet cannot become a large one. */
export const inflateSap: Inflate = (bytes, maxBytes) => {
  try {
    return new Uint8Array(inflateSync(bytes, { maxOutputLength: maxBytes }));
  } catch (cause) {
    const tooLong = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    const problem = tooLong
      ? `the compressed payload is longer than ${maxBytes} bytes when decompressed`
      : 'the compressed payload is damaged';
    throw new DecodeError('SAP', problem, { rule: 'RFC 2974 §6, C', cause });
  }
};

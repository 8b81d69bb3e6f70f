import { EncodeError } from '../errors.ts';
import { WireWriter } from '../wire/index.ts';

/** Numbers of the authentication types (RFC 2974 §8). */
export const SAP_AUTH_PGP = 0;
export const SAP_AUTH_CMS = 1;

/** Authentication data of a packet (RFC 2974 §8): read and kept, not verified. */
export interface SapAuthentication {
  /** Version of the authentication sub-header, 0 to 7; 1 in RFC 2974. */
  readonly version: number;
  /** {@link SAP_AUTH_PGP}, {@link SAP_AUTH_CMS}, or another number up to 15. */
  readonly type: number;
  /** Bytes of padding at the end, as counted by the last of them; 0 without. Written as {@link data} needs it. */
  readonly padding: number;
  /** Signature (and, for CMS, certificates), without padding. */
  readonly data: Uint8Array;
  /** What is wrong with it; the announcement is as readable as one that is not signed. */
  readonly problem?: string;
}

/** The usual name of an authentication type: `PGP`, `CMS`, else `type 7`. */
export function sapAuthenticationName({ type }: Pick<SapAuthentication, 'type'>): string {
  return type === SAP_AUTH_PGP ? 'PGP' : type === SAP_AUTH_CMS ? 'CMS' : `type ${type}`;
}

/** @param bytes whole 32-bit words, at least one */
export function readAuthentication(bytes: Uint8Array): SapAuthentication {
  const first = bytes[0] ?? 0;
  const head = { version: first >>> 5, type: first & 0x0f };
  const wrongVersion =
    head.version === 1 ? {} : { problem: `version ${head.version} of authentication data is not known` };
  if ((first & 0x10) === 0) return { ...head, padding: 0, data: bytes.slice(1), ...wrongVersion };
  const padding = bytes.at(-1) ?? 0;
  if (padding === 0 || padding > bytes.length - 1) {
    const problem = `padding of ${padding} bytes in ${bytes.length - 1} bytes of authentication data`;
    return { ...head, padding: 0, data: bytes.slice(1), problem };
  }
  return { ...head, padding, data: bytes.slice(1, bytes.length - padding), ...wrongVersion };
}

/** With as much padding as makes it whole 32-bit words. @throws {EncodeError} for numbers out of range */
export function writeAuthentication({ version, type, data }: SapAuthentication): Uint8Array {
  if (!Number.isInteger(version) || version < 0 || version > 7) {
    throw new EncodeError('SAP', 'authentication version', `${version} is not from 0 to 7`);
  }
  if (!Number.isInteger(type) || type < 0 || type > 15) {
    throw new EncodeError('SAP', 'authentication type', `${type} is not from 0 to 15`);
  }
  const padding = (4 - ((1 + data.length) % 4)) % 4;
  const w = new WireWriter(1 + data.length + padding);
  w.u8((version << 5) | (padding > 0 ? 0x10 : 0) | type).bytes(data);
  if (padding > 0) w.zeros(padding - 1).u8(padding);
  return w.finish();
}

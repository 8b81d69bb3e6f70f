import { DecodeError, EncodeError } from '../errors.ts';
import { WireReader, WireWriter } from '../wire/index.ts';

/** A security identifier in its canonical text, `S-1-5-32-544`; two are the same account when they are equal. */
export type Sid = string;

/** Most sub-authorities one SID has (MS-DTYP §2.4.2.2). */
export const MAX_SUB_AUTHORITIES = 15;

const TEXT = /^S-1-(0x[0-9a-f]{1,12}|\d{1,15})((?:-(?:0x[0-9a-f]{1,8}|\d{1,10}))*)$/i;
/** From here on an authority is written in hexadecimal. */
const HEX_AUTHORITY = 2 ** 32;
const MAX_AUTHORITY = 2 ** 48 - 1;

/** @returns the SID in canonical text, or undefined when `text` is none */
export function tryParseSid(text: string): Sid | undefined {
  const found = TEXT.exec(text);
  if (found === null) return undefined;
  const authority = Number(found[1]);
  const subs = (found[2] ?? '').split('-').slice(1).map(Number);
  if (authority > MAX_AUTHORITY || subs.length > MAX_SUB_AUTHORITIES) return undefined;
  if (subs.some((sub) => sub > 0xffff_ffff)) return undefined;
  return sidOf(authority, subs);
}

/**
 * Reads `S-1-…`.
 *
 * @throws {DecodeError} saying what a SID looks like
 * @see MS-DTYP §2.4.2.1
 */
export function parseSid(text: string): Sid {
  const sid = tryParseSid(text);
  if (sid !== undefined) return sid;
  throw new DecodeError('SID', `"${text.slice(0, 80)}" is none: it is written like S-1-5-32-544`, {
    rule: 'MS-DTYP §2.4.2.1',
  });
}

/**
 * The SID of parts.
 *
 * @param authority      0..2^48-1
 * @param subAuthorities up to 15 numbers of 32 bits
 */
export function sidOf(authority: number, subAuthorities: readonly number[]): Sid {
  const top =
    authority >= HEX_AUTHORITY ? `0x${authority.toString(16).padStart(12, '0')}` : String(authority);
  return ['S-1', top, ...subAuthorities].join('-');
}

/** Reads the packet form of MS-DTYP §2.4.2.2. @throws {DecodeError} */
export function readSid(r: WireReader): Sid {
  if (r.u8() !== 1) throw r.fail('a SID is not of revision 1', 'MS-DTYP §2.4.2.2');
  const count = r.u8();
  if (count > MAX_SUB_AUTHORITIES) {
    throw r.fail(`a SID has ${count} sub-authorities, at most 15 are allowed`, 'MS-DTYP §2.4.2.2');
  }
  const authority = r.u16() * 2 ** 32 + r.u32(); // the one field with the high byte first
  return sidOf(
    authority,
    Array.from({ length: count }, () => r.u32le()),
  );
}

/** @throws {EncodeError} when `sid` is none */
export function writeSid(w: WireWriter, sid: Sid): void {
  const found = tryParseSid(sid) === undefined ? null : TEXT.exec(sid);
  if (found === null) throw new EncodeError('SID', 'sid', `"${sid}" is not one`);
  const authority = Number(found[1]);
  const subs = (found[2] ?? '').split('-').slice(1).map(Number);
  w.u8(1).u8(subs.length);
  w.u16(Math.floor(authority / 2 ** 32)).u32(authority % 2 ** 32);
  for (const sub of subs) w.u32le(sub);
}

/** The packet form of a SID, as `objectSid` has it. @throws {EncodeError} when `sid` is none */
export function encodeSid(sid: Sid): Uint8Array {
  const w = new WireWriter(68);
  writeSid(w, sid);
  return w.finish();
}

/** Undoes {@link encodeSid}. @throws {DecodeError} */
export const decodeSid = (bytes: Uint8Array): Sid => readSid(new WireReader('SID', bytes));

/** SIDs with a meaning of their own that this program asks for (MS-DTYP §2.4.2.4). */
export const WELL_KNOWN = {
  everyone: 'S-1-1-0',
  /** Stands in a descriptor for whoever makes an object from it. */
  creatorOwner: 'S-1-3-0',
  /** Matches whoever owns the object. */
  ownerRights: 'S-1-3-4',
  anonymous: 'S-1-5-7',
  self: 'S-1-5-10',
  authenticated: 'S-1-5-11',
  system: 'S-1-5-18',
  administrators: 'S-1-5-32-544',
} as const satisfies Record<string, Sid>;

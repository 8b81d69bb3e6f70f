import { EncodeError } from '../errors.ts';
import { WireReader, WireWriter } from '../wire/index.ts';
import { type Ace, ACE_FLAG, isObjectAce, readAce, writeAce } from './ace.ts';
import { readSid, type Sid, writeSid } from './sid.ts';

/** An access control list (MS-DTYP §2.4.5). */
export interface Acl {
  /** 2, or 4 when it may hold object ACEs. */
  readonly revision: number;
  readonly aces: readonly Ace[];
}

/** A security descriptor (MS-DTYP §2.4.6). */
export interface SecurityDescriptor {
  /** Control bits but those that say what is present; see {@link CONTROL}. */
  readonly control: number;
  /** Meant for the resource manager; its bit in `control` says whether it is. */
  readonly resourceManager?: number;
  readonly owner?: Sid;
  readonly group?: Sid;
  /** What is audited; null is a list that is present and missing. */
  readonly sacl?: Acl | null;
  /** Who may do what; null allows everyone everything, an empty one nobody anything, and no list is like null. */
  readonly dacl?: Acl | null;
}

/** Control bits (MS-DTYP §2.4.6). */
export const CONTROL = {
  ownerDefaulted: 0x0001,
  groupDefaulted: 0x0002,
  daclPresent: 0x0004,
  daclDefaulted: 0x0008,
  saclPresent: 0x0010,
  saclDefaulted: 0x0020,
  daclTrusted: 0x0040,
  serverSecurity: 0x0080,
  daclAutoInheritRequest: 0x0100,
  saclAutoInheritRequest: 0x0200,
  daclAutoInherited: 0x0400,
  saclAutoInherited: 0x0800,
  daclProtected: 0x1000,
  saclProtected: 0x2000,
  resourceManagerValid: 0x4000,
  selfRelative: 0x8000,
} as const;

/** Bits that follow from what the descriptor holds. */
const DERIVED = CONTROL.daclPresent | CONTROL.saclPresent | CONTROL.selfRelative;
const HEADER = 20;

/**
 * Reads a self-relative security descriptor.
 *
 * @throws {DecodeError} when a part is cut off, out of bounds or not of the known revision
 * @see MS-DTYP §2.4.6
 */
export function parseSecurityDescriptor(bytes: Uint8Array): SecurityDescriptor {
  const r = new WireReader('security descriptor', bytes);
  if (r.u8() !== 1) throw r.fail('is not of revision 1', 'MS-DTYP §2.4.6');
  const resourceManager = r.u8();
  const control = r.u16le();
  if ((control & CONTROL.selfRelative) === 0) throw r.fail('is not self-relative', 'MS-DTYP §2.4.6');
  const [owner, group, sacl, dacl] = [r.u32le(), r.u32le(), r.u32le(), r.u32le()];
  const at = (offset: number): WireReader => {
    if (offset < HEADER || offset > bytes.length) {
      throw r.fail(`points to byte ${offset}`, 'MS-DTYP §2.4.6');
    }
    return new WireReader('security descriptor', bytes, offset);
  };
  return {
    control: control & ~DERIVED,
    ...(resourceManager === 0 ? {} : { resourceManager }),
    ...(owner === 0 ? {} : { owner: readSid(at(owner)) }),
    ...(group === 0 ? {} : { group: readSid(at(group)) }),
    ...((control & CONTROL.saclPresent) === 0 ? {} : { sacl: sacl === 0 ? null : readAcl(at(sacl)) }),
    ...((control & CONTROL.daclPresent) === 0 ? {} : { dacl: dacl === 0 ? null : readAcl(at(dacl)) }),
  };
}

/**
 * Writes a self-relative security descriptor: owner, group, SACL, DACL.
 *
 * @throws {EncodeError} when a list is longer than 65535 bytes or a SID is none
 */
export function serializeSecurityDescriptor(sd: SecurityDescriptor): Uint8Array {
  const parts = new WireWriter(256);
  const part = (write: (() => void) | undefined): number => {
    if (write === undefined) return 0;
    const offset = HEADER + parts.length;
    write();
    return offset;
  };
  const { owner, group, sacl, dacl } = sd;
  const offsets = [
    part(owner === undefined ? undefined : () => writeSid(parts, owner)),
    part(group === undefined ? undefined : () => writeSid(parts, group)),
    part(sacl === undefined || sacl === null ? undefined : () => writeAcl(parts, sacl)),
    part(dacl === undefined || dacl === null ? undefined : () => writeAcl(parts, dacl)),
  ];
  const control =
    (sd.control & ~DERIVED) |
    CONTROL.selfRelative |
    (sacl === undefined ? 0 : CONTROL.saclPresent) |
    (dacl === undefined ? 0 : CONTROL.daclPresent);
  const w = new WireWriter(HEADER + parts.length)
    .u8(1)
    .u8(sd.resourceManager ?? 0)
    .u16le(control);
  for (const offset of offsets) w.u32le(offset);
  return w.bytes(parts.finish()).finish();
}

function readAcl(r: WireReader): Acl {
  const revision = r.u8();
  if (revision < 2 || revision > 4) throw r.fail(`an ACL is of revision ${revision}`, 'MS-DTYP §2.4.5');
  r.skip(1);
  const size = r.u16le();
  const count = r.u16le();
  r.skip(2);
  if (size < 8) throw r.fail(`an ACL is ${size} bytes long`, 'MS-DTYP §2.4.5');
  const inner = r.sub(size - 8); // room after the last ACE means nothing
  return { revision, aces: Array.from({ length: count }, () => readAce(inner)) };
}

function writeAcl(w: WireWriter, { revision, aces }: Acl): void {
  const list = new WireWriter(256);
  for (const ace of aces) writeAce(list, ace);
  const size = 8 + list.length;
  if (size > 0xffff) throw new EncodeError('ACL', 'aces', `take ${size} bytes, at most 65535 fit`);
  w.u8(revision).u8(0).u16le(size).u16le(aces.length).u16le(0).bytes(list.finish());
}

/** The list without what the objects above hand down (MS-DTYP §2.4.4.1, INHERITED_ACE). */
export const withoutInherited = (acl: Acl): Acl => ({
  ...acl,
  aces: acl.aces.filter(({ flags }) => (flags & ACE_FLAG.inherited) === 0),
});

/** The list of these ACEs, of the lowest revision that may hold them. */
export function aclOf(aces: readonly Ace[]): Acl {
  return { revision: aces.some(({ type }) => isObjectAce(type)) ? 4 : 2, aces };
}

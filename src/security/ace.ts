import { EncodeError } from '../errors.ts';
import { WireReader, type WireWriter } from '../wire/index.ts';
import { formatGuid, parseGuidBytes } from './guid.ts';
import { readSid, type Sid, writeSid } from './sid.ts';

/** ACE types by the names of MS-DTYP §2.4.4.1. */
export const ACE_TYPE = {
  accessAllowed: 0x00,
  accessDenied: 0x01,
  systemAudit: 0x02,
  systemAlarm: 0x03,
  accessAllowedObject: 0x05,
  accessDeniedObject: 0x06,
  systemAuditObject: 0x07,
  systemAlarmObject: 0x08,
  accessAllowedCallback: 0x09,
  accessDeniedCallback: 0x0a,
  accessAllowedCallbackObject: 0x0b,
  accessDeniedCallbackObject: 0x0c,
  systemAuditCallback: 0x0d,
  systemAlarmCallback: 0x0e,
  systemAuditCallbackObject: 0x0f,
  systemAlarmCallbackObject: 0x10,
  systemMandatoryLabel: 0x11,
  systemResourceAttribute: 0x12,
  systemScopedPolicyId: 0x13,
  systemProcessTrustLabel: 0x14,
  systemAccessFilter: 0x15,
} as const;

/** Flags of an ACE (MS-DTYP §2.4.4.1). */
export const ACE_FLAG = {
  objectInherit: 0x01,
  containerInherit: 0x02,
  noPropagateInherit: 0x04,
  /** The ACE says nothing about the object it is on. */
  inheritOnly: 0x08,
  inherited: 0x10,
  successfulAccess: 0x40,
  failedAccess: 0x80,
} as const;

/** An ACE of a kind that names an access mask and an account. */
export interface AccountAce {
  readonly kind: 'account';
  readonly type: number;
  readonly flags: number;
  readonly mask: number;
  /** GUID of the property, property set, extended right or child class meant; only object types have one. */
  readonly objectType?: string;
  /** GUID of the class that inherits it; only object types have one. */
  readonly inheritedObjectType?: string;
  readonly sid: Sid;
  /** What follows the SID: a condition, a resource attribute, or nothing. */
  readonly data: Uint8Array;
}

/** An ACE of a kind that is not known; kept as it is. */
export interface OpaqueAce {
  readonly kind: 'opaque';
  readonly type: number;
  readonly flags: number;
  /** Everything after the header. */
  readonly body: Uint8Array;
}

export type Ace = AccountAce | OpaqueAce;

const OBJECT_TYPES: ReadonlySet<number> = new Set([0x05, 0x06, 0x07, 0x08, 0x0b, 0x0c, 0x0f, 0x10]);
const ACCOUNT_TYPES: ReadonlySet<number> = new Set(Object.values(ACE_TYPE));

const OBJECT_TYPE_PRESENT = 0x1;
const INHERITED_OBJECT_TYPE_PRESENT = 0x2;

/** Whether an ACE of this type may name GUIDs. */
export const isObjectAce = (type: number): boolean => OBJECT_TYPES.has(type);
/** Whether ACEs of this type have a mask and a SID. */
export const isAccountAce = (type: number): boolean => ACCOUNT_TYPES.has(type);

/** Reads one ACE, header included. @throws {DecodeError} */
export function readAce(r: WireReader): Ace {
  const type = r.u8();
  const flags = r.u8();
  const size = r.u16le();
  if (size < 4 || size % 4 !== 0) throw r.fail(`an ACE is ${size} bytes long`, 'MS-DTYP §2.4.4.1');
  const body = r.view(size - 4);
  const objectFlags = isObjectAce(type) && body.length >= 8 ? body[4]! : 0;
  const isKnown = isAccountAce(type) && objectFlags <= 3;
  if (!isKnown) return { kind: 'opaque', type, flags, body: new Uint8Array(body) };
  const inner = new WireReader('ACE', body);
  const mask = inner.u32le();
  const guids = isObjectAce(type) ? readGuids(inner) : {};
  return { kind: 'account', type, flags, mask, ...guids, sid: readSid(inner), data: inner.rest() };
}

function readGuids(r: WireReader): { objectType?: string; inheritedObjectType?: string } {
  const present = r.u32le();
  if (present > 3) throw r.fail(`object ACE flags are 0x${present.toString(16)}`, 'MS-DTYP §2.4.4.3');
  return {
    ...((present & OBJECT_TYPE_PRESENT) === 0 ? {} : { objectType: formatGuid(r.view(16)) }),
    ...((present & INHERITED_OBJECT_TYPE_PRESENT) === 0
      ? {}
      : { inheritedObjectType: formatGuid(r.view(16)) }),
  };
}

/** @throws {EncodeError} when it does not fit or has GUIDs where its type has no place for them */
export function writeAce(w: WireWriter, ace: Ace): void {
  const start = w.length;
  w.u8(ace.type).u8(ace.flags).u16le(0);
  if (ace.kind === 'opaque') w.bytes(ace.body);
  else writeAccount(w, ace);
  const size = w.length - start;
  if (size > 0xffff || size % 4 !== 0) {
    throw new EncodeError('ACE', 'size', `of ${size} bytes is not a multiple of 4 up to 65532`);
  }
  w.setU16(start + 2, ((size & 0xff) << 8) | (size >> 8));
}

function writeAccount(w: WireWriter, ace: AccountAce): void {
  const { type, mask, objectType, inheritedObjectType } = ace;
  w.u32le(mask);
  if (isObjectAce(type)) {
    w.u32le(
      (objectType === undefined ? 0 : OBJECT_TYPE_PRESENT) |
        (inheritedObjectType === undefined ? 0 : INHERITED_OBJECT_TYPE_PRESENT),
    );
    if (objectType !== undefined) w.bytes(parseGuidBytes(objectType));
    if (inheritedObjectType !== undefined) w.bytes(parseGuidBytes(inheritedObjectType));
  } else if (objectType !== undefined || inheritedObjectType !== undefined) {
    throw new EncodeError('ACE', 'objectType', `cannot be on an ACE of type ${type}`);
  }
  writeSid(w, ace.sid);
  w.bytes(ace.data);
}

/**
 * Bits of an access mask (MS-DTYP §2.4.3) with the directory's meaning of the low ones (MS-ADTS §5.1.3.2).
 */
export const RIGHT = {
  createChild: 0x1,
  deleteChild: 0x2,
  listChildren: 0x4,
  /** Validated write; here: start the time to live anew without changing anything. */
  self: 0x8,
  readProperty: 0x10,
  writeProperty: 0x20,
  deleteTree: 0x40,
  listObject: 0x80,
  controlAccess: 0x100,
  delete: 0x1_0000,
  readControl: 0x2_0000,
  writeDac: 0x4_0000,
  writeOwner: 0x8_0000,
  synchronize: 0x10_0000,
  accessSystemSecurity: 0x100_0000,
  maximumAllowed: 0x200_0000,
  genericAll: 0x1000_0000,
  genericExecute: 0x2000_0000,
  genericWrite: 0x4000_0000,
  genericRead: 0x8000_0000,
} as const;

/** What the generic rights stand for on a directory object (MS-ADTS §5.1.3.2.1). */
export const GENERIC_MAPPING = {
  read: RIGHT.readControl | RIGHT.listChildren | RIGHT.readProperty | RIGHT.listObject,
  write: RIGHT.readControl | RIGHT.self | RIGHT.writeProperty,
  execute: RIGHT.readControl | RIGHT.listChildren,
  all: 0xf_01ff,
} as const;

/** `mask` with its generic rights replaced by what they stand for. */
export function mapGeneric(mask: number): number {
  let mapped = mask & 0x0fff_ffff;
  if ((mask & RIGHT.genericAll) !== 0) mapped |= GENERIC_MAPPING.all;
  if ((mask & RIGHT.genericRead) !== 0) mapped |= GENERIC_MAPPING.read;
  if ((mask & RIGHT.genericWrite) !== 0) mapped |= GENERIC_MAPPING.write;
  if ((mask & RIGHT.genericExecute) !== 0) mapped |= GENERIC_MAPPING.execute;
  return mapped >>> 0;
}

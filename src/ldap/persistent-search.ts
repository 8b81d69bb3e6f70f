import { BerReader, BerWriter, MAX_INT, TAG } from './ber.ts';
import type { Control } from './control.ts';

/** draft-ietf-ldapext-psearch-03 §4. */
export const PERSISTENT_SEARCH = '2.16.840.1.113730.3.4.3';
/** draft-ietf-ldapext-psearch-03 §5. */
export const ENTRY_CHANGE = '2.16.840.1.113730.3.4.7';

/** draft-ietf-ldapext-psearch-03 §4: the bit of each kind of change. */
export const CHANGE_TYPES = { add: 1, delete: 2, modify: 4, modDN: 8 } as const;
export type ChangeType = keyof typeof CHANGE_TYPES;

/** draft-ietf-ldapext-psearch-03 §4. */
export interface PersistentSearchValue {
  /** Kinds of change that are to be told. */
  readonly changeTypes: ReadonlySet<ChangeType>;
  /** Whether the entries that match at the beginning are left out. */
  readonly changesOnly: boolean;
  /** Whether each changed entry comes with an {@link EntryChangeValue}. */
  readonly returnChanges: boolean;
}

/** draft-ietf-ldapext-psearch-03 §5. */
export interface EntryChangeValue {
  readonly changeType: ChangeType;
  /** The entry's name before; only with `modDN`. */
  readonly previousDn?: string;
  /** Its number in the server's change log, if that has numbers. */
  readonly changeNumber?: number;
}

const TYPES: readonly ChangeType[] = ['add', 'delete', 'modify', 'modDN'];

/** @throws {DecodeError} when the control has no value or a wrong one, or asks for no kind of change */
export function decodePersistentSearch(control: Control): PersistentSearchValue {
  const r = new BerReader(control.controlValue ?? new Uint8Array(0));
  const seq = r.constructed();
  const bits = seq.integer(0, MAX_INT);
  const changeTypes = new Set(TYPES.filter((type) => bits & CHANGE_TYPES[type]));
  // §4: other bits are an error of the request
  if (changeTypes.size === 0 || bits > 15) {
    throw seq.fail(`changeTypes is ${bits}, not a sum of 1, 2, 4 and 8`, 'psearch-03 §4');
  }
  const changesOnly = seq.boolean();
  const returnChanges = seq.boolean();
  seq.expectEnd('the persistent search value');
  r.expectEnd('the persistent search value');
  return { changeTypes, changesOnly, returnChanges };
}

export function persistentSearchControl(value: PersistentSearchValue, criticality = true): Control {
  let bits = 0;
  for (const type of value.changeTypes) bits |= CHANGE_TYPES[type];
  const w = new BerWriter(16).begin().integer(bits).boolean(value.changesOnly).boolean(value.returnChanges);
  return { controlType: PERSISTENT_SEARCH, criticality, controlValue: w.end().finish() };
}

/** @throws {DecodeError} when the control has no value or a wrong one */
export function decodeEntryChange(control: Control): EntryChangeValue {
  const r = new BerReader(control.controlValue ?? new Uint8Array(0));
  const seq = r.constructed();
  const bit = seq.enumerated(1, 8);
  const changeType = TYPES.find((type) => CHANGE_TYPES[type] === bit);
  if (changeType === undefined) throw seq.fail(`changeType is ${bit}, not 1, 2, 4 or 8`, 'psearch-03 §5');
  const previousDn = seq.nextTag === TAG.octetString ? seq.text() : undefined;
  const changeNumber = seq.nextTag === TAG.integer ? seq.integer(0, Number.MAX_SAFE_INTEGER) : undefined;
  seq.expectEnd('the entry change value');
  r.expectEnd('the entry change value');
  return {
    changeType,
    ...(previousDn === undefined ? {} : { previousDn }),
    ...(changeNumber === undefined ? {} : { changeNumber }),
  };
}

export function entryChangeControl({ changeType, previousDn, changeNumber }: EntryChangeValue): Control {
  const w = new BerWriter().begin().enumerated(CHANGE_TYPES[changeType]);
  if (previousDn !== undefined) w.text(previousDn);
  if (changeNumber !== undefined) w.integer(changeNumber);
  return { controlType: ENTRY_CHANGE, criticality: false, controlValue: w.end().finish() };
}

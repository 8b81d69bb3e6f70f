import { BerReader, BerWriter, TAG } from './ber.ts';
import type { Control } from './control.ts';
import { readSearchResultEntry, type SearchResultEntry, writeSearchResultEntry } from './search.ts';

/** Controls that return the entry as it was before, or is after, a change (RFC 4527 §3.1, §3.2). */
export const READ_ENTRY = { before: '1.3.6.1.1.13.1', after: '1.3.6.1.1.13.2' } as const;
export type ReadEntryOid = (typeof READ_ENTRY)[keyof typeof READ_ENTRY];

/** Tag of a SearchResultEntry (RFC 4511 §4.5.2). */
const SEARCH_RESULT_ENTRY = 0x64;

/** @returns the attributes wanted, as in a search. @throws {DecodeError} when the control has no value or a wrong one */
export function decodeReadEntryRequest({ controlValue }: Control): readonly string[] {
  const r = new BerReader(controlValue ?? new Uint8Array(0));
  const list = r.constructed();
  const names: string[] = [];
  while (!list.done) names.push(list.text(TAG.octetString));
  r.expectEnd('the attribute selection');
  return names;
}

export function readEntryRequestControl(
  controlType: ReadEntryOid,
  attributes: readonly string[],
  criticality = false,
): Control {
  const w = new BerWriter(64).begin();
  for (const name of attributes) w.text(name);
  return { controlType, criticality, controlValue: w.end().finish() };
}

/**
 * The entry in the response control. OpenLDAP writes it as a plain SEQUENCE, which is read too.
 *
 * @throws {DecodeError} when the control has no value or a wrong one
 */
export function decodeReadEntryResponse({ controlValue }: Control): SearchResultEntry {
  const r = new BerReader(controlValue ?? new Uint8Array(0));
  const entry = readSearchResultEntry(
    r.constructed(r.nextTag === TAG.sequence ? TAG.sequence : SEARCH_RESULT_ENTRY),
  );
  r.expectEnd('the entry');
  return entry;
}

export function readEntryResponseControl(controlType: ReadEntryOid, entry: SearchResultEntry): Control {
  const w = new BerWriter(256).begin(SEARCH_RESULT_ENTRY);
  writeSearchResultEntry(w, entry);
  return { controlType, criticality: false, controlValue: w.end().finish() };
}

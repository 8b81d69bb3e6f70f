import { BerReader, BerWriter, MAX_INT } from './ber.ts';
import type { Control } from './control.ts';

/** RFC 2696 §2. */
export const PAGED_RESULTS = '1.2.840.113556.1.4.319';

/** RFC 2696 §2. In a request `size` is the page wanted, in a response an estimate of all entries, 0 for unknown. */
export interface PagedResultsValue {
  readonly size: number;
  /** Empty in the first request and in the last response. */
  readonly cookie: Uint8Array;
}

/** @throws {DecodeError} when the control has no value or a wrong one */
export function decodePagedResults(control: Control): PagedResultsValue {
  const r = new BerReader(control.controlValue ?? new Uint8Array(0));
  const seq = r.constructed();
  const size = seq.integer(0, MAX_INT);
  const cookie = seq.octets();
  seq.expectEnd('the paged results value');
  r.expectEnd('the paged results value');
  return { size, cookie };
}

export function pagedResultsControl({ size, cookie }: PagedResultsValue, criticality = false): Control {
  const controlValue = new BerWriter(16 + cookie.length).begin().integer(size).octets(cookie).end().finish();
  return { controlType: PAGED_RESULTS, criticality, controlValue };
}

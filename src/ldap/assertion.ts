import { BerReader, BerWriter } from './ber.ts';
import type { Control } from './control.ts';
import { type Filter, readFilter, writeFilter } from './filter.ts';

/** Control that makes an operation depend on the entry fitting a filter (RFC 4528). */
export const ASSERTION = '1.3.6.1.1.12';

/** @returns a critical control: whoever does not know it must not do the operation unguarded */
export function assertionControl(filter: Filter): Control {
  const writer = new BerWriter();
  writeFilter(writer, filter);
  return { controlType: ASSERTION, criticality: true, controlValue: writer.finish() };
}

/** @throws {DecodeError} when the value is no filter (RFC 4528 §3) */
export function decodeAssertion({ controlValue }: Control): Filter {
  const reader = new BerReader(controlValue ?? new Uint8Array(0));
  const filter = readFilter(reader);
  reader.expectEnd('an assertion control');
  return filter;
}

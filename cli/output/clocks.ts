import { printable } from './printable.ts';

/** `ptp=IEEE1588-2008:…:0, samples direct=0`: the clocks that a description states (RFC 7273); '' when it states none. */
export function clocksText(references: readonly string[], media: string | null | undefined): string {
  const parts = [references.join(' or '), media == null ? '' : `samples ${media}`];
  return printable(parts.filter((part) => part !== '').join(', '));
}

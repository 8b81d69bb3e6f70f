import { EncodeError } from '../errors.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';

/** Feature List (RFC 2730 §2.13, §3.13): codes of {@link MADCAP_FEATURE}. */
export interface FeatureList {
  readonly supported: readonly number[];
  readonly requested: readonly number[];
  /** Whoever does not support one of these must not act on the message. */
  readonly required: readonly number[];
}

export function readFeatureList(r: WireReader): FeatureList {
  const list = (): number[] => Array.from({ length: boundedCount(r) }, () => r.u16());
  const supported = list();
  const requested = list();
  return { supported, requested, required: list() };
}

/** A count that the rest of the option can hold: nothing is made for what is not there. */
function boundedCount(r: WireReader): number {
  const count = r.u16();
  if (count * 2 > r.remaining) throw r.fail(`${count} features are not there`, 'RFC 2730 §3.13');
  return count;
}

export function writeFeatureList(w: WireWriter, { supported, requested, required }: FeatureList): void {
  for (const list of [supported, requested, required]) {
    w.u16(list.length);
    writeCodes(w, list, 'featureList');
  }
}

/** Codes of 16 bits, as long as there are any: the Option Request List (RFC 2730 §3.6), an error's features. */
export function readCodes(r: WireReader): number[] {
  if (r.remaining % 2 !== 0) throw r.fail('the last code is cut short', 'RFC 2730 §3.6');
  return Array.from({ length: r.remaining / 2 }, () => r.u16());
}

export function writeCodes(w: WireWriter, codes: readonly number[], field: string): void {
  for (const code of codes) {
    if (!Number.isInteger(code) || code < 0 || code > 0xffff) {
      throw new EncodeError('MADCAP', field, `has the code ${code}, not 0 to 65535`);
    }
    w.u16(code);
  }
}

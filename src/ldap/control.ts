import type { BerReader, BerWriter } from './ber.ts';
import { contextConstructed, TAG } from './ber.ts';

/** RFC 4511 §4.1.11. */
export interface Control {
  readonly controlType: string;
  readonly criticality: boolean;
  readonly controlValue?: Uint8Array;
}

/** RFC 3296 §3: referral objects are to be shown as they are. It changes nothing where there are none. */
export const MANAGE_DSA_IT = '2.16.840.1.113730.3.4.2';

/** Tag of the optional controls at the end of every message. */
export const CONTROLS = contextConstructed(0);

export function readControls(r: BerReader): readonly Control[] {
  const list = r.constructed(CONTROLS);
  const controls: Control[] = [];
  while (!list.done) {
    const seq = list.constructed();
    const controlType = seq.text();
    const criticality = seq.nextTag === TAG.boolean ? seq.boolean() : false;
    const controlValue = seq.nextTag === TAG.octetString ? seq.octets() : undefined;
    seq.expectEnd('a control');
    controls.push({ controlType, criticality, ...(controlValue === undefined ? {} : { controlValue }) });
  }
  return controls;
}

export function writeControls(w: BerWriter, controls: readonly Control[]): void {
  w.begin(CONTROLS);
  for (const { controlType, criticality, controlValue } of controls) {
    w.begin().text(controlType);
    if (criticality) w.boolean(true); // DEFAULT FALSE is left out (RFC 4511 §5.1)
    if (controlValue !== undefined) w.octets(controlValue);
    w.end();
  }
  w.end();
}

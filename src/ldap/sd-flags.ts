import { BerWriter } from './ber.ts';
import type { Control } from './control.ts';

/** LDAP_SERVER_SD_FLAGS_OID ([MS-ADTS] 3.1.1.3.4.1.11). */
export const SD_FLAGS = '1.2.840.113556.1.4.801';

/** Parts of a security descriptor that a request is about. */
export const SD_PART = { owner: 1, group: 2, dacl: 4, sacl: 8 } as const;

/**
 * `SDFlagsRequestValue ::= SEQUENCE { Flags INTEGER }`, not critical: servers without it do as they do.
 *
 * @param flags the sum of some {@link SD_PART}
 */
export function sdFlagsControl(flags: number): Control {
  const controlValue = new BerWriter(16).begin().integer(flags).end().finish();
  return { controlType: SD_FLAGS, criticality: false, controlValue };
}

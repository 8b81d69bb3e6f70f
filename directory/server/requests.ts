import { type Control, type LdapMessage, type LdapRequest, RESULT } from '../../src/ldap/index.ts';
import { OperationError } from './errors.ts';
import { SUPPORTED_CONTROLS } from './root-dse.ts';

/** The type of the answer to each request that has one. */
export const RESPONSES = {
  bindRequest: 'bindResponse',
  searchRequest: 'searchResultDone',
  modifyRequest: 'modifyResponse',
  addRequest: 'addResponse',
  delRequest: 'delResponse',
  modDNRequest: 'modDNResponse',
  compareRequest: 'compareResponse',
  extendedRequest: 'extendedResponse',
} as const;
export type AnsweredRequest = Extract<LdapRequest, { type: keyof typeof RESPONSES }>;
export type PendingRequest = LdapMessage<AnsweredRequest>;

/** What every successful answer says. */
export const ok = { resultCode: RESULT.success, matchedDN: '', diagnosticMessage: '' };

export const isAnswered = (op: LdapMessage['op']): op is AnsweredRequest => op.type in RESPONSES;

/** @throws {OperationError} for a critical control that is not known (RFC 4511 §4.1.11) */
export function requireKnownControls(controls: readonly Control[]): void {
  const unknown = controls.find(
    ({ criticality, controlType }) => criticality && !SUPPORTED_CONTROLS.includes(controlType),
  );
  if (unknown !== undefined) {
    throw new OperationError(
      'unavailableCriticalExtension',
      `control ${unknown.controlType} is not known here; supportedControl of the root DSE lists those that are`,
    );
  }
}

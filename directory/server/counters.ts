import { type LdapRequest, RESULT, type ResultName } from '../../src/ldap/index.ts';
import { OperationError } from './errors.ts';

/** Why binds fail, by the name of the result; `other` is what is not the client's fault, such as a store that fails. */
export const BIND_FAILURES = [
  'invalidCredentials',
  'busy',
  'confidentialityRequired',
  'authMethodNotSupported',
  'inappropriateAuthentication',
  'authorizationDenied',
  'unwillingToPerform',
  'invalidDNSyntax',
  'protocolError',
  'other',
] as const satisfies readonly ResultName[];
export type BindFailure = (typeof BIND_FAILURES)[number];

/** What a service has done since it was made. They only grow. */
export interface ServiceCounters {
  connections: number;
  /** Connections ended because of bytes that are not LDAP. */
  malformed: number;
  /** Connections turned away because there were too many. */
  refused: number;
  /** Requests begun, by kind. */
  readonly operations: Record<LdapRequest['type'], number>;
  /** Requests of which no more is to come, by kind. */
  readonly completed: Record<LdapRequest['type'], number>;
  /** Requests answered with a result other than success, compareTrue and compareFalse. */
  failed: number;
  /** Of those the binds, by reason. A step of a SASL exchange that asks for the next is no failure. */
  readonly bindsFailed: Record<BindFailure, number>;
  /** Entries removed because their time was over. */
  expired: number;
  /** Removals put off because the store could not be written. */
  sweepsFailed: number;
  bytesIn: number;
  bytesOut: number;
}

export function newCounters(): ServiceCounters {
  return {
    connections: 0,
    malformed: 0,
    refused: 0,
    operations: noRequests(),
    completed: noRequests(),
    failed: 0,
    bindsFailed: noFailures(),
    expired: 0,
    sweepsFailed: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
}

const noRequests = (): Record<LdapRequest['type'], number> => ({
  bindRequest: 0,
  unbindRequest: 0,
  searchRequest: 0,
  modifyRequest: 0,
  addRequest: 0,
  delRequest: 0,
  modDNRequest: 0,
  compareRequest: 0,
  abandonRequest: 0,
  extendedRequest: 0,
});

const noFailures = (): Record<BindFailure, number> => ({
  invalidCredentials: 0,
  busy: 0,
  confidentialityRequired: 0,
  authMethodNotSupported: 0,
  inappropriateAuthentication: 0,
  authorizationDenied: 0,
  unwillingToPerform: 0,
  invalidDNSyntax: 0,
  protocolError: 0,
  other: 0,
});

/** A request that is answered with `error`. */
export function countFailure(counters: ServiceCounters, type: LdapRequest['type'], error: unknown): void {
  counters.failed++;
  if (type !== 'bindRequest') return;
  const code = error instanceof OperationError ? error.resultCode : RESULT.other;
  counters.bindsFailed[BIND_FAILURES.find((name) => RESULT[name] === code) ?? 'other']++;
}

/** A request that is over as soon as it has come. */
export function countAtOnce({ operations, completed }: ServiceCounters, type: LdapRequest['type']): void {
  operations[type]++;
  completed[type]++;
}

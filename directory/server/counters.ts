import type { LdapRequest } from '../../src/ldap/index.ts';

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

/** A request that is over as soon as it has come. */
export function countAtOnce({ operations, completed }: ServiceCounters, type: LdapRequest['type']): void {
  operations[type]++;
  completed[type]++;
}

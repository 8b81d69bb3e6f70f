import { RendezvousError } from '../../src/errors.ts';
import { RESULT, type ResultName } from '../../src/ldap/index.ts';

/** The store's file cannot be opened or used. The message names the file and what to do. */
export class StoreError extends RendezvousError {
  readonly code = 'ERR_STORE';
}

/** An LDAP operation that was refused; it becomes the response. Never leaves the server. */
export class OperationError extends RendezvousError {
  readonly code = 'ERR_OPERATION';
  readonly resultCode: number;
  /** The deepest entry on the way to the one named that exists; only for noSuchObject. */
  readonly matchedDN: string;
  constructor(result: ResultName, message: string, matchedDN = '') {
    super(message);
    this.resultCode = RESULT[result];
    this.matchedDN = matchedDN;
  }
}

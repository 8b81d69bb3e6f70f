import {
  type Control,
  type LdapMessage,
  type LdapRequest,
  type LdapResponse,
  RESULT,
} from '../../src/ldap/index.ts';
import { OperationError } from './errors.ts';
import { extendedFailure } from './extended.ts';
import { storeTrouble } from './store-trouble.ts';
import type { EntryStore } from './store.ts';

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
/** A request that waits for its turn. */
export interface PendingRequest {
  readonly messageId: number;
  readonly op: AnsweredRequest;
  readonly controls: readonly Control[];
  /** Of its message. */
  readonly bytes: number;
  /** StartTLS that came while others were under way (RFC 4511 §4.14.1). */
  readonly isTooLate: boolean;
}

/** Requests in the order they came. */
export class RequestQueue {
  readonly #requests: PendingRequest[] = [];
  #bytes = 0;
  /** How many at the front are to be done each by itself. */
  #alone = 0;

  get length(): number {
    return this.#requests.length;
  }
  /** Of their messages together. */
  get bytes(): number {
    return this.#bytes;
  }
  has(id: number): boolean {
    return this.#requests.some(({ messageId }) => messageId === id);
  }
  push(request: PendingRequest): void {
    this.#requests.push(request);
    this.#bytes += request.bytes;
  }
  /** Whether the next request shares no transaction with those before it. */
  get isNextAlone(): boolean {
    return this.#alone > 0;
  }
  /** Requests that were taken and not done: they come first again, each by itself. */
  putBack(requests: readonly PendingRequest[]): void {
    this.#requests.unshift(...requests);
    this.#alone += requests.length;
    for (const { bytes } of requests) this.#bytes += bytes;
  }
  shift(): PendingRequest | undefined {
    const request = this.#requests.shift();
    if (this.#alone > 0) this.#alone--;
    this.#bytes -= request?.bytes ?? 0;
    return request;
  }
  /** Takes a request out, unless it is a bind: that one cannot be dropped. */
  remove(id: number): PendingRequest | undefined {
    const at = this.#requests.findIndex(({ messageId, op }) => messageId === id && op.type !== 'bindRequest');
    const [request] = at < 0 ? [] : this.#requests.splice(at, 1);
    if (at >= 0 && at < this.#alone) this.#alone--;
    this.#bytes -= request?.bytes ?? 0;
    return request;
  }
  clear(): void {
    this.#requests.length = 0;
    this.#alone = 0;
    this.#bytes = 0;
  }
}

/** What every successful answer says. */
export const ok = { resultCode: RESULT.success, matchedDN: '', diagnosticMessage: '' };

const REQUESTS = new Map<string, AnsweredRequest['type']>(
  Object.entries(RESPONSES).flatMap(([request, response]) =>
    isRequest(request) ? [[response, request]] : [],
  ),
);
function isRequest(type: string): type is AnsweredRequest['type'] {
  return type in RESPONSES;
}
/** The request that a response of this type answers. */
export const requestOf = (response: LdapResponse['type']): AnsweredRequest['type'] | undefined =>
  REQUESTS.get(response);

export const isAnswered = (op: LdapMessage['op']): op is AnsweredRequest => op.type in RESPONSES;

/** The answer to a request that failed; an error nobody foresaw becomes `other`. */
export function failureOf(
  op: { readonly type: AnsweredRequest['type']; readonly requestName?: string },
  error: unknown,
): LdapResponse {
  const known = error instanceof OperationError ? error : new OperationError('other', String(error));
  const { resultCode, matchedDN, message } = known;
  const failed = { resultCode, matchedDN, diagnosticMessage: message };
  // RFC 2589 §4.2: a refused refresh still carries a response, with responseTtl 0.
  return op.type === 'extendedRequest'
    ? extendedFailure(op.requestName ?? '', failed)
    : { ...failed, type: RESPONSES[op.type] };
}

/**
 * Opens the transaction that the changes of one turn share, unless it is open.
 *
 * @throws {OperationError} busy when another process holds the store
 */
export function beginWrite(store: EntryStore): void {
  if (store.inTransaction) return;
  try {
    store.begin();
  } catch (error) {
    // Another process holds it, most likely; a disk that fails is told by the turn.
    const trouble = storeTrouble(error);
    throw trouble !== undefined && trouble.resultCode === RESULT.busy ? trouble : error;
  }
}

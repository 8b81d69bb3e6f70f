import { DecodeError } from '../../src/errors.ts';
import {
  BerWriter,
  type Control,
  decodeMessage,
  EXTENDED,
  LdapFramer,
  type LdapMessage,
  type LdapRequest,
  type LdapResponse,
  RESULT,
  type ResultName,
  type SearchRequest,
  writeMessage,
} from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import { add } from './add.ts';
import { bind } from './bind.ts';
import { compare, deleteEntry } from './delete-compare.ts';
import { OperationError } from './errors.ts';
import { extended, extendedFailure } from './extended.ts';
import { modify } from './modify.ts';
import { identityOf, type Peer } from './peer.ts';
import { SUPPORTED_CONTROLS } from './root-dse.ts';
import { SearchRun } from './search.ts';
import type { LocatorService } from './service.ts';

/** Milliseconds one connection works before others have their turn. */
const SLICE_MS = 10;

const RESPONSES = {
  bindRequest: 'bindResponse',
  searchRequest: 'searchResultDone',
  modifyRequest: 'modifyResponse',
  addRequest: 'addResponse',
  delRequest: 'delResponse',
  modDNRequest: 'modDNResponse',
  compareRequest: 'compareResponse',
  extendedRequest: 'extendedResponse',
} as const;
type AnsweredRequest = Extract<LdapRequest, { type: keyof typeof RESPONSES }>;
type PendingRequest = LdapMessage<AnsweredRequest>;

const ok = { resultCode: RESULT.success, matchedDN: '', diagnosticMessage: '' };

const isAnswered = (op: LdapMessage['op']): op is AnsweredRequest => op.type in RESPONSES;

/**
 * One client's session: bytes in, bytes out. Requests are answered in order; those that arrive together are done in
 * one transaction of the store, and no answer leaves before it is committed.
 */
export class LdapConnection {
  readonly #service: LocatorService;
  readonly #framer: LdapFramer;
  readonly #wake: () => void;
  readonly #peer: Peer;
  readonly #pending: PendingRequest[] = [];
  #search: { readonly id: number; readonly run: SearchRun } | undefined;
  #binding: number | undefined;
  #who: Identity;
  #last: Uint8Array | undefined;
  #isEnding = false;

  /** @param wake called when an answer that had to wait can be polled */
  constructor(service: LocatorService, peer: Peer, wake: () => void) {
    this.#service = service;
    this.#framer = new LdapFramer(service.context.limits.maxMessageBytes);
    this.#wake = wake;
    this.#peer = peer;
    this.#who = identityOf(peer);
  }

  /** Whether the client or the server has ended the session; what {@link pollTransmit} still gives is to be sent. */
  get isEnding(): boolean {
    return this.#isEnding;
  }
  /** False while as many requests wait as are allowed: stop reading until it is true again. */
  get wantsInput(): boolean {
    // At the end everything is read and dropped, so that the peer's close is seen.
    return this.#isEnding || this.#pending.length < this.#service.context.limits.maxPendingOperations;
  }
  /** Whether {@link pollTransmit} has more to do, although it may have returned nothing. */
  get hasWork(): boolean {
    if (this.#last !== undefined) return true;
    return (
      !this.#isEnding &&
      this.#binding === undefined &&
      (this.#search !== undefined || this.#pending.length > 0)
    );
  }

  /** Whether every request has been answered. */
  get isIdle(): boolean {
    return !this.hasWork && this.#binding === undefined;
  }

  handleBytes(bytes: Uint8Array): void {
    if (this.#isEnding) return;
    this.#service.counters.bytesIn += bytes.length;
    try {
      this.#framer.handleBytes(bytes);
      for (let frame; !this.#isEnding && (frame = this.#framer.pollFrame()) !== undefined; ) {
        this.#handleMessage(decodeMessage(frame, this.#service.context.limits.maxDepth));
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#service.counters.malformed++;
      this.#disconnect('protocolError', error.message);
    }
  }

  /** The next bytes to send, at most about `outputChunkBytes`; undefined when there are none now. */
  pollTransmit(): Uint8Array | undefined {
    const bytes = this.#transmit();
    if (bytes !== undefined) this.#service.counters.bytesOut += bytes.length;
    return bytes;
  }

  #transmit(): Uint8Array | undefined {
    const { store, limits, clock } = this.#service.context;
    if (this.#last === undefined && this.hasWork) {
      const w = new BerWriter(4096);
      const until = clock.now() + SLICE_MS;
      try {
        do this.#work(w, limits.outputChunkBytes, until);
        while (this.hasWork && w.length < limits.outputChunkBytes && clock.now() <= until);
        if (store.inTransaction) store.commit();
        if (w.length > 0) return w.finish();
      } catch (error) {
        if (store.inTransaction) store.rollback();
        // Some of what was answered may not be true any more, so nothing of it is sent.
        const words = error instanceof Error ? error.message : String(error);
        this.#disconnect(
          'unavailable',
          `the store failed: ${words}. Look whether your last changes are there`,
        );
      }
    }
    const last = this.#last;
    this.#last = undefined;
    return last;
  }

  #handleMessage(message: LdapMessage): void {
    const { op, messageId } = message;
    if (op.type === 'unbindRequest') {
      this.#service.counters.operations.unbindRequest++;
      this.#isEnding = true;
      this.#search = undefined;
      this.#pending.length = 0;
    } else if (op.type === 'abandonRequest') {
      this.#service.counters.operations.abandonRequest++;
      this.#abandon(op.abandonId);
    } else if (!isAnswered(op)) {
      throw new DecodeError('LDAP', `${op.type} is not a request`, { rule: 'RFC 4511 §4.1.1' });
    } else if (messageId === 0) {
      throw new DecodeError('LDAP', 'a request has message id 0', { rule: 'RFC 4511 §4.1.1.1' });
    } else {
      const { controls } = message;
      this.#pending.push({ messageId, op, ...(controls === undefined ? {} : { controls }) });
    }
  }

  /** RFC 4511 §4.11: only what has not been done yet can be dropped; a bind cannot. */
  #abandon(id: number): void {
    if (this.#search?.id === id) this.#search = undefined;
    const at = this.#pending.findIndex(({ messageId, op }) => messageId === id && op.type !== 'bindRequest');
    if (at >= 0) this.#pending.splice(at, 1);
  }

  /** Does the next piece of work. */
  #work(w: BerWriter, maxBytes: number, until: number): void {
    if (this.#search !== undefined) {
      if (this.#search.run.step(w, maxBytes, until)) this.#search = undefined;
      return;
    }
    const request = this.#pending.shift();
    if (request === undefined) return;
    const { messageId } = request;
    const op = this.#service.context.legacy?.translate(request.op) ?? request.op;
    this.#service.counters.operations[op.type]++;
    try {
      requireKnownControls(request.controls ?? []);
      this.#perform(w, messageId, op, request.controls ?? []);
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      this.#answer(w, messageId, this.#failure(op, error));
    }
  }

  #perform(w: BerWriter, messageId: number, op: AnsweredRequest, controls: readonly Control[]): void {
    const { context } = this.#service;
    switch (op.type) {
      case 'searchRequest': {
        const search = this.#refreshed(op);
        this.#search = { id: messageId, run: new SearchRun(context, this.#who, messageId, search, controls) };
        return;
      }
      case 'bindRequest':
        this.#startBind(messageId, op);
        return;
      case 'extendedRequest':
        this.#write(op);
        this.#answer(w, messageId, extended(context, this.#who, op));
        return;
      case 'compareRequest':
        this.#answer(w, messageId, {
          ...ok,
          type: 'compareResponse',
          resultCode: compare(context, this.#who, op),
        });
        return;
      case 'modDNRequest':
        throw new OperationError(
          'unwillingToPerform',
          'this service does not rename entries: delete the entry and add it under its new name',
        );
      case 'addRequest':
        this.#write(op);
        add(context, this.#who, op);
        break;
      case 'modifyRequest':
        this.#write(op);
        (context.legacy?.modify ?? modify)(context, this.#who, op);
        break;
      case 'delRequest':
        this.#write(op);
        (context.legacy?.deleteEntry ?? deleteEntry)(context, this.#who, op);
        break;
    }
    this.#answer(w, messageId, { ...ok, type: RESPONSES[op.type] });
  }

  /** Does what a search that is a refresh asks for. @returns the search that remains */
  #refreshed(op: SearchRequest): SearchRequest {
    const { context } = this.#service;
    if (context.legacy?.isRefresh(op) !== true) return op;
    this.#write(op);
    return context.legacy.refreshBySearch(context, this.#who, op);
  }

  /** Opens the transaction that the changes of this turn share. */
  #write(op: AnsweredRequest): void {
    if (op.type === 'extendedRequest' && op.requestName !== EXTENDED.refresh) return;
    const { store } = this.#service.context;
    if (store.inTransaction) return;
    try {
      store.begin();
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      throw new OperationError('busy', `the store cannot be written now (${words}): try again`);
    }
  }

  /** While a bind is under way nothing else is done (RFC 4511 §4.2.1). */
  #startBind(messageId: number, op: Extract<AnsweredRequest, { type: 'bindRequest' }>): void {
    this.#binding = messageId;
    this.#who = identityOf(this.#peer);
    const answer = async (): Promise<void> => {
      let response: LdapResponse = { ...ok, type: 'bindResponse' };
      try {
        const dn = await bind(this.#service, op);
        if (dn !== '') this.#who = identityOf(this.#peer, dn, 'simple', this.#service.isAdmin(dn));
      } catch (error) {
        response = this.#failure(
          op,
          error instanceof OperationError ? error : new OperationError('other', String(error)),
        );
      }
      this.#binding = undefined;
      if (this.#isEnding) return;
      const w = new BerWriter(64);
      this.#answer(w, messageId, response);
      this.#last = w.finish();
      this.#wake();
    };
    void answer();
  }

  #failure(op: AnsweredRequest, error: OperationError): LdapResponse {
    this.#service.counters.failed++;
    const type = RESPONSES[op.type];
    const { resultCode, matchedDN, message } = error;
    const failed = { type, resultCode, matchedDN, diagnosticMessage: message };
    // RFC 2589 §4.2: a refused refresh still carries a response, with responseTtl 0; see `extended`.
    return op.type === 'extendedRequest' ? extendedFailure(op.requestName, failed) : failed;
  }

  #answer(w: BerWriter, messageId: number, op: LdapResponse): void {
    writeMessage(w, { messageId, op });
  }

  /** RFC 4511 §4.4.1: says why, and ends the session. */
  #disconnect(result: ResultName, diagnosticMessage: string): void {
    const w = new BerWriter(128);
    writeMessage(w, {
      messageId: 0,
      op: {
        type: 'extendedResponse',
        resultCode: RESULT[result],
        matchedDN: '',
        diagnosticMessage,
        responseName: EXTENDED.noticeOfDisconnection,
      },
    });
    this.#last = w.finish();
    this.#isEnding = true;
    this.#search = undefined;
    this.#pending.length = 0;
  }
}

/** RFC 4511 §4.1.11. */
function requireKnownControls(controls: readonly Control[]): void {
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

import { DecodeError } from '../../src/errors.ts';
import {
  BerWriter,
  type Control,
  decodeMessage,
  EXTENDED,
  LdapFramer,
  type LdapMessage,
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
import { cancelTarget } from './cancel.ts';
import { extended, extendedFailure } from './extended.ts';
import { startFollowing } from './follow.ts';
import { Followings } from './followings.ts';
import { modify } from './modify.ts';
import { identityOf, type Peer } from './peer.ts';
import {
  type AnsweredRequest,
  isAnswered,
  ok,
  type PendingRequest,
  requireKnownControls,
  RESPONSES,
} from './requests.ts';
import { SearchRun } from './search.ts';
import type { LocatorService } from './service.ts';

/** Milliseconds one connection works before others have their turn. */
const SLICE_MS = 10;

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
  /** Searches that go on, beside everything else. */
  readonly #followings = new Followings();
  #unfollow: (() => void) | undefined;
  /** Whether news of those have their turn before the next request. */
  #isNewsTurn = false;
  /** Answers that overtake what waits. */
  readonly #urgent: LdapMessage<LdapResponse>[] = [];
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
    const waiting = this.#pending.length + this.#urgent.length;
    return this.#isEnding || waiting < this.#service.context.limits.maxPendingOperations;
  }
  /** Whether {@link pollTransmit} has more to do, although it may have returned nothing. */
  get hasWork(): boolean {
    if (this.#last !== undefined) return true;
    if (this.#isEnding || this.#binding !== undefined) return false;
    return (
      this.#search !== undefined ||
      this.#pending.length > 0 ||
      this.#urgent.length > 0 ||
      this.#followings.hasNews
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

  /** The transport is gone. */
  close(): void {
    this.#isEnding = true;
    this.#drop();
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
      this.#drop();
    } else if (op.type === 'abandonRequest') {
      this.#service.counters.operations.abandonRequest++;
      this.#abandon(op.abandonId);
    } else if (!isAnswered(op)) {
      throw new DecodeError('LDAP', `${op.type} is not a request`, { rule: 'RFC 4511 §4.1.1' });
    } else if (messageId === 0) {
      throw new DecodeError('LDAP', 'a request has message id 0', { rule: 'RFC 4511 §4.1.1.1' });
    } else if (op.type === 'extendedRequest' && op.requestName === EXTENDED.cancel) {
      this.#service.counters.operations.extendedRequest++;
      this.#cancel(messageId, op.requestValue);
    } else {
      const { controls } = message;
      this.#pending.push({ messageId, op, ...(controls === undefined ? {} : { controls }) });
    }
  }

  /** RFC 4511 §4.11: only what has not been done yet can be dropped; a bind cannot. */
  #abandon(id: number): AnsweredRequest['type'] | undefined {
    if (this.#followings.remove(id)) {
      if (this.#followings.size === 0) this.#dropFollowings();
      return 'searchRequest';
    }
    if (this.#search?.id === id) {
      this.#search = undefined;
      return 'searchRequest';
    }
    const at = this.#pending.findIndex(({ messageId, op }) => messageId === id && op.type !== 'bindRequest');
    return at < 0 ? undefined : this.#pending.splice(at, 1)[0]?.op.type;
  }

  /** RFC 3909 §2: as {@link #abandon}, and both get an answer. It does not wait behind what it is to cancel. */
  #cancel(messageId: number, value: Uint8Array | undefined): void {
    const op = { type: 'extendedRequest', requestName: EXTENDED.cancel } as const;
    try {
      const id = cancelTarget(value);
      const canceled = this.#abandon(id);
      if (canceled === undefined) {
        const isBind = this.#binding === id || this.#pending.some((request) => request.messageId === id);
        throw isBind
          ? new OperationError('cannotCancel', 'a bind cannot be canceled (RFC 3909 §2.3)')
          : new OperationError('noSuchOperation', `no operation with message id ${id} is under way`);
      }
      this.#urgent.push({
        messageId: id,
        op: { ...ok, type: RESPONSES[canceled], resultCode: RESULT.canceled },
      });
      this.#urgent.push({ messageId, op: { ...ok, type: 'extendedResponse' } });
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      this.#urgent.push({ messageId, op: this.#failure(op, error) });
    }
  }

  /** Does the next piece of work. */
  #work(w: BerWriter, maxBytes: number, until: number): void {
    for (const message of this.#urgent.splice(0)) writeMessage(w, message);
    if (this.#search !== undefined) {
      if (this.#search.run.step(w, maxBytes, until)) this.#search = undefined;
      return;
    }
    if (this.#followings.hasNews && (this.#isNewsTurn || this.#pending.length === 0)) {
      this.#isNewsTurn = false;
      this.#followings.step(w, maxBytes, until);
      if (this.#followings.size === 0) this.#dropFollowings();
      return;
    }
    this.#isNewsTurn = true;
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
        this.#startSearch(messageId, search, controls);
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

  #startSearch(messageId: number, op: SearchRequest, controls: readonly Control[]): void {
    const { context, feed } = this.#service;
    if (this.#followings.has(messageId)) {
      throw new OperationError('protocolError', `message id ${messageId} is that of a search that goes on`);
    }
    if (controls.length > 0) this.#service.expire(); // what follows begins with what is there
    const following = startFollowing(context, this.#who, messageId, op, controls);
    if (following === undefined) {
      this.#search = { id: messageId, run: new SearchRun(context, this.#who, messageId, op, controls) };
      return;
    }
    const { maxFollowings } = context.limits;
    if (this.#followings.size >= maxFollowings) {
      throw new OperationError('adminLimitExceeded', `at most ${maxFollowings} searches can go on at a time`);
    }
    this.#followings.add(messageId, following);
    this.#unfollow ??= feed.follow(() => {
      this.#followings.wake();
      this.#wake();
    });
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
    this.#dropFollowings();
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
    this.#drop();
  }

  /** Gives up everything that was not answered yet. */
  #drop(): void {
    this.#search = undefined;
    this.#pending.length = 0;
    this.#urgent.length = 0;
    this.#dropFollowings();
  }
  #dropFollowings(): void {
    this.#followings.clear();
    this.#unfollow?.();
    this.#unfollow = undefined;
  }
}

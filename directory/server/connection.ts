import { DecodeError } from '../../src/errors.ts';
import {
  BerWriter,
  type Control,
  decodeMessage,
  EXTENDED,
  LdapFramer,
  type LdapMessage,
  type LdapResponse,
  type ResultName,
  type SearchRequest,
  writeMessage,
} from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import { Authentication } from './authentication.ts';
import { bind } from './bind.ts';
import { OperationError } from './errors.ts';
import { cancelAnswers } from './cancel.ts';
import { countAtOnce, countFailure } from './counters.ts';
import { startFollowing } from './follow.ts';
import { Followings } from './followings.ts';
import { encodeNotice } from './notice.ts';
import { modifyPassword } from './password-modify.ts';
import { perform, requireAssertion } from './perform.ts';
import { controlsFor, proxiedIdentity } from './request-controls.ts';
import type { Peer } from './peer.ts';
import {
  type AnsweredRequest,
  beginWrite,
  failureOf,
  isAnswered,
  requestOf,
  RequestQueue,
} from './requests.ts';
import { SearchRun } from './search.ts';
import { SortedAnswers } from './sort.ts';
import type { LocatorService } from './service.ts';
import { startTls, startTlsTooLate } from './start-tls.ts';
import { storeTrouble } from './store-trouble.ts';
import { type Begun, Turn } from './turn.ts';

/** Milliseconds one connection works before others have their turn. */
const SLICE_MS = 10;

/**
 * One client's session: bytes in, bytes out. Requests are answered in order; those that arrive together are done in
 * one transaction of the store, and no answer leaves before it is committed.
 */
export class LdapConnection {
  readonly #service: LocatorService;
  #framer: LdapFramer;
  readonly #wake: () => void;
  readonly #auth: Authentication;
  readonly #pending = new RequestQueue();
  #search: (Begun & { readonly run: SearchRun }) | undefined;
  /** What was begun since the store was last committed. */
  #turn = new Turn(0, 0, undefined);
  readonly #answers = new SortedAnswers();
  /** Searches that go on, beside everything else. */
  readonly #followings = new Followings();
  #unfollow: (() => void) | undefined;
  /** Whether news of those have their turn before the next request. */
  #isNewsTurn = false;
  /** Answers that overtake what waits. */
  readonly #urgent: LdapMessage<LdapResponse>[] = [];
  /** Message id of a request whose answer takes time; until then nothing else is done. */
  #slow: number | undefined;
  #received = 0;
  /** StartTLS is under way: asked for, then answered. */
  #tls: 'asked' | 'answered' | undefined;
  #last: Uint8Array | undefined;
  #isEnding = false;

  /** @param wake called when an answer that had to wait can be polled */
  constructor(service: LocatorService, peer: Peer, wake: () => void) {
    this.#service = service;
    this.#framer = new LdapFramer(service.context.limits.maxMessageBytes);
    this.#wake = wake;
    this.#auth = new Authentication(service, peer);
  }

  /** Whether the client or the server has ended the session; what {@link pollTransmit} still gives is to be sent. */
  get isEnding(): boolean {
    return this.#isEnding;
  }
  /** False while as many requests wait as are allowed: stop reading until it is true again. */
  get wantsInput(): boolean {
    // At the end everything is read and dropped, so that the peer's close is seen.
    if (this.#isEnding) return true;
    const { maxPendingOperations, maxMessageBytes } = this.#service.context.limits;
    const waiting = this.#pending.length + this.#urgent.length;
    return waiting < maxPendingOperations && this.#pending.bytes <= maxMessageBytes;
  }
  /** Whether {@link pollTransmit} has more to do, although it may have returned nothing. */
  get hasWork(): boolean {
    if (this.#last !== undefined) return true;
    if (this.#isEnding || this.#slow !== undefined) return false;
    return (
      this.#search !== undefined ||
      this.#pending.length > 0 ||
      this.#urgent.length > 0 ||
      this.#followings.hasNews
    );
  }

  /** Whether every request has been answered. */
  get isIdle(): boolean {
    return !this.hasWork && this.#slow === undefined;
  }

  /** Whether searches go on that only wait for changes. */
  get isFollowing(): boolean {
    return this.#followings.size > 0;
  }
  /** Whole messages received. */
  get received(): number {
    return this.#received;
  }
  /** Whether a message has begun and not ended. */
  get hasPartialMessage(): boolean {
    return this.#framer.buffered > 0;
  }
  /** Bytes of requests that are held until they can be done. */
  get heldBytes(): number {
    return this.#framer.buffered + this.#pending.bytes;
  }
  /** Whether what {@link pollTransmit} gave last is the answer to StartTLS, and TLS is to follow. */
  get wantsTls(): boolean {
    return this.#tls === 'answered';
  }
  get #who(): Identity {
    return this.#auth.who;
  }

  handleBytes(bytes: Uint8Array): void {
    // Behind StartTLS nothing is listened to until TLS stands: it could be anybody's.
    if (this.#isEnding || this.#tls !== undefined) return;
    this.#service.counters.bytesIn += bytes.length;
    try {
      this.#framer.handleBytes(bytes);
      while (!this.#isEnding && this.#tls === undefined) {
        const frame = this.#framer.pollFrame();
        if (frame === undefined) break;
        this.#received++;
        this.#handleMessage(decodeMessage(frame, this.#service.context.limits.maxDepth), frame.length);
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#service.counters.malformed++;
      this.disconnect('protocolError', error.message);
    }
  }

  /** TLS stands: from now on the other end is `peer`. */
  tlsStarted(peer: Peer): void {
    this.#framer = new LdapFramer(this.#service.context.limits.maxMessageBytes);
    this.#tls = undefined;
    this.#auth.tlsStarted(peer);
  }

  /** The transport is gone, or nothing more is to be done for the client. */
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
      const turn = new Turn(until, limits.outputChunkBytes, this.#search);
      this.#turn = turn;
      try {
        do this.#work(w, limits.outputChunkBytes, until);
        while (this.hasWork && turn.hasRoom(w.length, clock.now(), this.#pending));
        if (store.inTransaction) {
          store.commit();
          this.#service.trouble.wrote();
        }
        if (w.length > 0) return w.finish();
      } catch (error) {
        if (store.inTransaction) store.rollback();
        const trouble = storeTrouble(error);
        if (trouble !== undefined && turn.isRepeatable) return this.#refuse(trouble);
        // Some of what was answered may not be true any more, so nothing of it is sent.
        const words = `the store failed: ${String(error)}. Look whether your last changes are there`;
        this.disconnect('unavailable', words);
      }
    }
    const last = this.#last;
    this.#last = undefined;
    return last;
  }

  /** After the store failed. */
  #refuse(trouble: OperationError): Uint8Array | undefined {
    this.#service.trouble.failed(trouble);
    this.#search = undefined;
    const guilty = this.#turn.undo(this.#pending);
    if (guilty === undefined) return undefined;
    const w = new BerWriter(256);
    this.#answer(w, guilty.messageId, this.#failed(guilty.op, trouble));
    return w.finish();
  }

  #handleMessage(message: LdapMessage, bytes: number): void {
    const { op, messageId } = message;
    if (op.type === 'unbindRequest') {
      countAtOnce(this.#service.counters, 'unbindRequest');
      this.close();
    } else if (op.type === 'abandonRequest') {
      countAtOnce(this.#service.counters, 'abandonRequest');
      this.#abandon(op.abandonId);
    } else if (!isAnswered(op)) {
      throw new DecodeError('LDAP', `${op.type} is not a request`, { rule: 'RFC 4511 §4.1.1' });
    } else if (messageId === 0) {
      throw new DecodeError('LDAP', 'a request has message id 0', { rule: 'RFC 4511 §4.1.1.1' });
    } else if (op.type === 'extendedRequest' && op.requestName === EXTENDED.cancel) {
      countAtOnce(this.#service.counters, 'extendedRequest');
      this.#cancel(messageId, op.requestValue);
    } else {
      const isStartTls = op.type === 'extendedRequest' && op.requestName === EXTENDED.startTls;
      const isTooLate = isStartTls && (!this.isIdle || this.isFollowing || this.#auth.isUnderWay);
      if (isStartTls && !isTooLate && this.#auth.peer.startTls !== undefined) this.#tls = 'asked';
      this.#pending.push({ messageId, op, controls: message.controls ?? [], bytes, isTooLate });
    }
  }

  /** RFC 4511 §4.11: only what has not been done yet can be dropped; a bind cannot. */
  #abandon(id: number): AnsweredRequest['type'] | undefined {
    if (this.#followings.remove(id)) {
      if (this.#followings.size === 0) this.#dropFollowings();
      return 'searchRequest';
    }
    if (this.#search?.messageId === id) {
      this.#search = undefined;
      return 'searchRequest';
    }
    return this.#pending.remove(id)?.op.type;
  }

  /** RFC 3909 §2: as {@link #abandon}, and both get an answer. It does not wait behind what it is to cancel. */
  #cancel(messageId: number, value: Uint8Array | undefined): void {
    try {
      const isBind = (id: number): boolean => this.#slow === id || this.#pending.has(id);
      this.#urgent.push(...cancelAnswers(messageId, value, (id) => this.#abandon(id), isBind));
    } catch (error) {
      const cancel = { type: 'extendedRequest', requestName: EXTENDED.cancel } as const;
      this.#urgent.push({ messageId, op: this.#failed(cancel, error) });
    }
  }

  /** Does the next piece of work. */
  #work(w: BerWriter, maxBytes: number, until: number): void {
    if (this.#urgent.length > 0) this.#turn.isRepeatable = false;
    for (const message of this.#urgent.splice(0)) writeMessage(w, message);
    if (this.#search !== undefined) {
      if (!this.#search.run.step(w, maxBytes, until)) return;
      this.#service.counters.completed.searchRequest++;
      this.#turn.searchEnded(this.#search);
      this.#search = undefined;
      return;
    }
    if (this.#followings.hasNews && (this.#isNewsTurn || this.#pending.length === 0)) {
      this.#isNewsTurn = false;
      this.#turn.isRepeatable = false;
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
    this.#turn.begin(request);
    try {
      if (request.isTooLate) throw startTlsTooLate();
      this.#perform(w, messageId, op, controlsFor(op, request.controls));
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      this.#answer(w, messageId, this.#failed(op, error));
    }
  }

  #perform(w: BerWriter, messageId: number, op: AnsweredRequest, controls: readonly Control[]): void {
    const { context, principals } = this.#service;
    const who = proxiedIdentity(this.#who, controls, (dn) => principals.isAdmin(dn));
    if (op.type === 'searchRequest') {
      this.#startSearch(messageId, who, this.#refreshed(who, op), controls);
    } else if (op.type === 'bindRequest') {
      this.#dropFollowings();
      this.#startSlow(messageId, op, () => bind(context, this.#auth, op));
    } else if (op.type === 'extendedRequest' && op.requestName === EXTENDED.startTls) {
      this.#turn.isRepeatable = false;
      this.#answer(w, messageId, startTls(this.#auth.peer));
      this.#tls = 'answered';
    } else if (op.type === 'extendedRequest' && op.requestName === EXTENDED.passwordModify) {
      const { requestValue } = op;
      this.#startSlow(messageId, op, () => modifyPassword(context, this.#service, this.#auth, requestValue));
    } else {
      const { op: answer, controls: more } = perform(context, who, op, controls);
      this.#answer(w, messageId, answer, more);
    }
  }

  /** Does what a search that is a refresh asks for. @returns the search that remains */
  #refreshed(who: Identity, op: SearchRequest): SearchRequest {
    const { context } = this.#service;
    if (context.legacy?.isRefresh(op) !== true) return op;
    beginWrite(context.store);
    return context.legacy.refreshBySearch(context, who, op);
  }

  #startSearch(messageId: number, who: Identity, op: SearchRequest, controls: readonly Control[]): void {
    const { context, feed } = this.#service;
    if (this.#followings.has(messageId)) {
      throw new OperationError('protocolError', `message id ${messageId} is that of a search that goes on`);
    }
    requireAssertion(context, who, op.baseObject, controls);
    if (controls.length > 0) this.#service.expire(); // what follows begins with what is there
    const following = startFollowing(context, who, messageId, op, controls);
    if (following === undefined) {
      this.#search = {
        messageId,
        op,
        run: new SearchRun(context, who, messageId, op, controls, this.#answers),
      };
      return;
    }
    const { maxFollowings } = context.limits;
    if (this.#followings.size >= maxFollowings) {
      throw new OperationError('adminLimitExceeded', `at most ${maxFollowings} searches can go on at a time`);
    }
    this.#turn.isRepeatable = false;
    this.#followings.add(messageId, following);
    this.#unfollow ??= feed.follow(() => {
      this.#followings.wake();
      this.#wake();
    });
  }

  /** Begins what takes time. While it is under way nothing else is done (for a bind: RFC 4511 §4.2.1). */
  #startSlow(messageId: number, op: AnsweredRequest, work: () => Promise<LdapResponse>): void {
    this.#slow = messageId;
    this.#turn.isRepeatable = false;
    const answer = async (): Promise<void> => {
      const response = await work().catch((error: unknown) => this.#failed(op, error));
      this.#slow = undefined;
      if (this.#isEnding) return;
      const w = new BerWriter(64);
      this.#answer(w, messageId, response);
      this.#last = w.finish();
      this.#wake();
    };
    void answer();
  }

  #failed(op: Parameters<typeof failureOf>[0], error: unknown): LdapResponse {
    countFailure(this.#service.counters, op.type, error);
    return failureOf(op, error);
  }

  #answer(w: BerWriter, messageId: number, op: LdapResponse, controls: readonly Control[] = []): void {
    const type = requestOf(op.type);
    if (type !== undefined) this.#service.counters.completed[type]++;
    writeMessage(w, { messageId, op, ...(controls.length === 0 ? {} : { controls }) });
  }

  /** RFC 4511 §4.4.1: says why, and ends the session. */
  disconnect(result: ResultName, diagnosticMessage: string): void {
    if (this.#isEnding) return;
    this.#last = encodeNotice(result, diagnosticMessage);
    this.close();
  }

  /** Gives up everything that was not answered yet. */
  #drop(): void {
    this.#search = undefined;
    this.#pending.clear();
    this.#framer = new LdapFramer(0);
    this.#urgent.length = 0;
    this.#dropFollowings();
  }
  #dropFollowings(): void {
    this.#followings.clear();
    this.#unfollow?.();
    this.#unfollow = undefined;
  }
}

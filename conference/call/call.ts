import { InvalidValueError, TimeoutError } from '../../src/errors.ts';
import { type QosResult, systemClock } from '../../src/net/index.ts';
import { SessionDescription } from '../../src/sdp/index.ts';
import { Emitter, type EventStream } from '../emitter.ts';
import { CallStateError } from '../errors.ts';
import type {
  ConferenceEvent,
  FlowSpec,
  JoinRequest,
  LoopbackMode,
  MediaSession,
  MediaStream,
  MediaStreamProvider,
  MediaType,
  Participant,
  CallQuality,
  ReceptionMatrix,
  ParticipantInfo,
  QosLevel,
  TalkControl,
  TransportInfo,
} from '../types/index.ts';
import { type JoinVerdict, joinVerdict } from '../verdict/index.ts';
import { type CallState, mayMove } from './states.ts';

/** Why a call ended (CAL-04). */
export type DisconnectCode = 'normal' | 'noAnswer' | 'rejected' | 'failed';

export type CallEvent =
  | ConferenceEvent
  | {
      readonly type: 'state';
      readonly from: CallState;
      readonly to: CallState;
      /** Why it ended; only with `to: 'disconnected'`. */
      readonly code?: DisconnectCode;
      readonly error?: unknown;
    };

export interface CallOptions extends Omit<JoinRequest, 'description' | 'signal'> {
  readonly provider: MediaStreamProvider;
}

export interface CallConnectOptions {
  /** Milliseconds before giving up; default two minutes, 0 for never. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const CONNECT_TIMEOUT_MS = 120_000; // DEF-11

/**
 * Makes a call to the conference that `description` describes (CAL-02): the description is the destination. The call
 * is idle, has its streams, and terminals can be attached to them.
 *
 * @throws {DecodeError} when the text is not SDP
 * @throws {UnsupportedSessionError} when the provider can join nothing of it
 */
export function createCall(description: SessionDescription | string, options: CallOptions): Call {
  const parsed = typeof description === 'string' ? SessionDescription.parse(description) : description;
  return new Call(parsed, options);
}

/** Taking part in one conference, from idle to disconnected. */
export class Call implements EventStream<CallEvent>, AsyncDisposable {
  readonly description: SessionDescription;
  readonly session: MediaSession;
  readonly #options: CallOptions;
  readonly #emitter = new Emitter<CallEvent>();
  #state: CallState = 'idle';
  #connecting: AbortController | undefined;
  #leaving: Promise<void> | undefined;

  constructor(description: SessionDescription, options: CallOptions) {
    const { provider, ...request } = options;
    this.description = description;
    this.#options = options;
    this.session = provider.prepare({ ...request, description });
    this.session.onAny((event) => this.#emitter.emit(event));
  }

  get state(): CallState {
    return this.#state;
  }
  /** STR-01: there from the beginning. */
  get streams(): readonly MediaStream[] {
    return this.session.streams;
  }
  get participants(): readonly Participant[] {
    return this.session.participants;
  }
  get local(): Participant {
    return this.session.local;
  }
  /** Push-to-talk. */
  get talk(): TalkControl {
    return this.session.talk;
  }
  get transports(): readonly TransportInfo[] {
    return this.session.transports;
  }

  /** Bit rates and processor load (QUA-01, QUA-02). */
  get quality(): CallQuality {
    return this.session.quality;
  }
  /** Who hears whom how well, by medium. */
  get reception(): readonly ReceptionMatrix[] {
    return this.session.reception;
  }

  /** What the join has come to; see {@link joinVerdict}. */
  verdict(): JoinVerdict {
    return joinVerdict(this.session);
  }

  on<T extends CallEvent['type']>(
    type: T,
    listener: (event: Extract<CallEvent, { readonly type: T }>) => void,
  ): () => void {
    return this.#emitter.on(type, listener);
  }
  onAny(listener: (event: CallEvent) => void): () => void {
    return this.#emitter.onAny(listener);
  }

  /**
   * Joins (CAL-03). Only from idle; ends connected, or disconnected with the error thrown.
   *
   * @throws {CallStateError} when the call is not idle
   * @throws {TimeoutError} when it takes longer than `timeoutMs`
   * @throws what the signal was aborted with, or what the provider throws
   */
  async connect({ timeoutMs = CONNECT_TIMEOUT_MS, signal }: CallConnectOptions = {}): Promise<void> {
    if (this.#state !== 'idle') {
      throw new CallStateError(
        `A call can be connected once, when it is idle; this one is ${this.#state}. Create another call.`,
      );
    }
    if (!(timeoutMs >= 0)) throw new InvalidValueError(`time-out ${timeoutMs} ms is not 0 or more`);
    this.#move('inProgress');
    const clock = this.#options.clock ?? systemClock;
    const connecting = new AbortController();
    this.#connecting = connecting;
    const onAbort = (): void => connecting.abort(signal?.reason);
    const timer = clock.timer(() =>
      connecting.abort(new TimeoutError(`Joining took longer than ${timeoutMs / 1000} s`)),
    );
    if (timeoutMs > 0) timer.set(clock.now() + timeoutMs);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    try {
      await orAborted(this.session.join(connecting.signal), connecting.signal);
      this.#move('connected');
    } catch (error) {
      const code = error instanceof TimeoutError ? 'noAnswer' : 'failed';
      if (mayMove(this.state, 'disconnected')) this.#move('disconnected', code, error);
      await this.session.leave();
      throw error;
    } finally {
      this.#connecting = undefined;
      timer.set(undefined);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Leaves (CAL-04): BYE to everyone, memberships dropped, terminals closed, within two seconds. From any state; a
   * connect under way is given up. May be called again.
   *
   * @param reason told to the others in the BYE
   */
  disconnect(reason?: string, code: DisconnectCode = 'normal'): Promise<void> {
    this.#leaving ??= this.#disconnect(reason, code);
    return this.#leaving;
  }

  async #disconnect(reason: string | undefined, code: DisconnectCode): Promise<void> {
    this.#connecting?.abort(new CallStateError('The call was disconnected while it was being connected'));
    await this.session.leave(reason);
    if (this.#state !== 'disconnected') this.#move('disconnected', code);
  }

  /** Stops the media and stays in the conference: RTCP goes on (CAL-06). @throws {CallStateError} unless connected */
  hold(): void {
    if (this.#state !== 'connected') throw new CallStateError(`Cannot hold a call that is ${this.#state}`);
    this.session.hold();
    this.#move('hold');
  }

  /** @throws {CallStateError} unless on hold */
  resume(): void {
    if (this.#state !== 'hold') throw new CallStateError(`Cannot resume a call that is ${this.#state}`);
    this.session.resume();
    this.#move('connected');
  }

  /** Changes the marking of what is sent (CAL-07, QOS-01). @throws {QosError} when needed and refused */
  setQos(level: QosLevel, mediaType?: MediaType): readonly QosResult[] {
    return this.session.setQos(level, mediaType);
  }
  /** QOS-04; see {@link MediaSession.reserve}. @throws {QosError} when it cannot be had, with the reason */
  reserve(flow: FlowSpec, mediaType?: MediaType): readonly QosResult[] {
    return this.session.reserve(flow, mediaType);
  }
  /** Presses keys for all to hear about; see {@link MediaSession.sendDigits}. */
  sendDigits(digits: string): Promise<void> {
    return this.session.sendDigits(digits);
  }
  setLoopback(mode: LoopbackMode): void {
    this.session.setLoopback(mode);
  }
  setParticipantInfo(info: Omit<ParticipantInfo, 'cname'>): void {
    this.session.setParticipantInfo(info);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }

  #move(to: CallState, code?: DisconnectCode, error?: unknown): void {
    const from = this.#state;
    if (!mayMove(from, to)) throw new CallStateError(`A call cannot go from ${from} to ${to}`);
    this.#state = to;
    this.#emitter.emit({
      type: 'state',
      from,
      to,
      ...(code === undefined ? {} : { code }),
      ...(error === undefined ? {} : { error }),
    });
  }
}

/** A provider that ignores its signal must not hold up the caller. */
async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort);
    work.catch(() => {}); // it lost the race; its own failure has nobody left to tell
  }
}

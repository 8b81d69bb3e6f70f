import type { Ms, TransportAddress } from '../machine.ts';
import {
  formatProbeMessage,
  LIMITS,
  parseProbeMessage,
  type ProbeMessage,
  type ProbeRequest,
  type ReceiverSigns,
} from './packet.ts';
import { type Arrival, type Tally, Tallier } from './tally.ts';

/** Where a datagram goes: to the other host, or to the group. */
export interface ProbeTransmit {
  readonly to: 'group' | TransportAddress;
  readonly bytes: Uint8Array;
}

export type ProberEvent =
  /** The other side has joined, and sends back as `request` says. */
  | { readonly type: 'ready'; readonly signs: ReceiverSigns; readonly request: ProbeRequest }
  /** What arrived there of what was sent here. */
  | { readonly type: 'there'; readonly tally: Tally }
  /** What arrived here of what was sent there. */
  | { readonly type: 'back'; readonly sent: number; readonly tally: Tally }
  | { readonly type: 'failed'; readonly why: 'unreachable' | 'lost' | 'refused'; readonly text: string };

type State = 'hello' | 'begin' | 'settle' | 'sending' | 'result' | 'back' | 'linger' | 'over';

/** How often something is asked again, and how long it takes: 500 ms six times. */
const [RETRY_MS, TRIES] = [500, 6];
/** A join takes a moment to reach the switches; the last packets take one to arrive. */
const [SETTLE_MS, LINGER_MS] = [400, 300];

export interface ProberOptions {
  readonly session: bigint;
  readonly peer: TransportAddress;
  readonly request: ProbeRequest;
}

/** Asks a listener, sends probes to the group, asks what arrived, and counts what comes back. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #outbox: ProbeTransmit[] = [];
  readonly #events: ProberEvent[] = [];
  readonly #tallier: Tallier;
  #state: State = 'hello';
  #due: Ms | undefined;
  #tries = 0;
  #cookie: Uint8Array = new Uint8Array(16);
  #number = 0;
  #began: Ms = 0;
  #agreed: ProbeRequest;
  #sentBack = 0;

  constructor(options: ProberOptions, now: Ms) {
    this.#options = options;
    this.#agreed = options.request;
    this.#tallier = new Tallier(options.request.count);
    this.#enter('hello', now);
  }

  handleDatagram(bytes: Uint8Array, now: Ms): void {
    const message = parseProbeMessage(bytes);
    if (message.session !== this.#options.session) return;
    switch (message.type) {
      case 'challenge':
        if (this.#state !== 'hello') return;
        this.#cookie = message.cookie;
        return this.#enter('begin', now);
      case 'ready':
        if (this.#state !== 'begin') return;
        this.#agreed = message.request;
        this.#events.push({ type: 'ready', signs: message.signs, request: message.request });
        return this.#enter('settle', now);
      case 'result':
        if (this.#state !== 'result') return;
        this.#events.push({ type: 'there', tally: message.tally });
        return this.#enter('back', now);
      case 'sent':
        if (this.#state !== 'back') return;
        this.#sentBack = message.count;
        return this.#enter('linger', now);
      case 'refused':
        if (this.#state !== 'hello' && this.#state !== 'begin') return;
        return this.#fail('refused', message.text);
      case 'hello':
      case 'begin':
      case 'probe':
      case 'ask':
        return; // what a listener does not send
    }
  }

  /** A datagram that came to the group. */
  handleProbe(bytes: Uint8Array, arrival: Arrival): void {
    const message = parseProbeMessage(bytes);
    if (message.type !== 'probe' || message.session !== this.#options.session) return;
    if (message.direction === 'back') this.#tallier.add(message.number, arrival);
  }

  handleTimeout(now: Ms): void {
    if (this.#due === undefined || now < this.#due) return;
    switch (this.#state) {
      case 'hello':
      case 'begin':
      case 'result':
      case 'back':
        if (this.#tries < TRIES) return this.#ask(now);
        return this.#state === 'hello'
          ? this.#fail('unreachable', 'nothing answered')
          : this.#fail('lost', `no answer any more (${this.#state})`);
      case 'settle':
        this.#began = now;
        this.#state = 'sending';
        return this.#sendProbe(now);
      case 'sending':
        if (this.#number < this.#options.request.count) return this.#sendProbe(now);
        return this.#enter('result', now);
      case 'linger':
        this.#events.push({ type: 'back', sent: this.#sentBack, tally: this.#tallier.result() });
        return this.#enter('over', now);
      case 'over':
        this.#due = undefined;
    }
  }

  pollTransmit(): ProbeTransmit | undefined {
    return this.#outbox.shift();
  }
  pollEvent(): ProberEvent | undefined {
    return this.#events.shift();
  }
  pollTimeout(): Ms | undefined {
    return this.#due;
  }

  #enter(state: State, now: Ms): void {
    this.#state = state;
    this.#tries = 0;
    if (state === 'settle') this.#due = now + SETTLE_MS;
    else if (state === 'linger') this.#due = now + LINGER_MS;
    else if (state === 'over') this.#due = undefined;
    else this.#ask(now);
  }

  /** Asks once more. While the other side sends back, it is busy for as long as that takes. */
  #ask(now: Ms): void {
    const { session, request } = this.#options;
    this.#tries++;
    const question: ProbeMessage | undefined =
      this.#state === 'hello'
        ? { type: 'hello', session }
        : this.#state === 'begin'
          ? { type: 'begin', session, cookie: this.#cookie, request }
          : this.#state === 'result'
            ? { type: 'ask', session, what: 'result' }
            : { type: 'ask', session, what: 'back' };
    this.#outbox.push({ to: this.#options.peer, bytes: formatProbeMessage(question) });
    const { count, spacingMs } = this.#agreed;
    // no listener is at it for longer, whatever this one says
    const busy = this.#state === 'back' ? Math.min(count * spacingMs, LIMITS.sessionMs) : 0;
    this.#due = now + RETRY_MS + (this.#tries === 1 ? busy : 0);
  }

  #sendProbe(now: Ms): void {
    const { session, request } = this.#options;
    const number = this.#number++;
    this.#outbox.push({
      to: 'group',
      bytes: formatProbeMessage({ type: 'probe', session, direction: 'there', number }),
    });
    const last = this.#number === request.count;
    this.#due = last ? now + LINGER_MS : this.#began + this.#number * request.spacingMs;
  }

  #fail(why: 'unreachable' | 'lost' | 'refused', text: string): void {
    this.#events.push({ type: 'failed', why, text });
    this.#state = 'over';
    this.#due = undefined;
  }
}

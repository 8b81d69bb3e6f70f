import { formatEndpoint, parseIp } from '../ip/index.ts';
import type { Ms, TransportAddress } from '../machine.ts';
import {
  formatProbeMessage,
  LIMITS,
  parseProbeMessage,
  type ProbeMessage,
  type ProbeRequest,
  type ReceiverSigns,
} from './packet.ts';
import type { ProbeTransmit } from './prober.ts';
import { type Arrival, type Tally, Tallier } from './tally.ts';

export type ListenerEvent =
  /** Join the group of the request, then say {@link ProbeListener.opened} or {@link ProbeListener.failed}. */
  | { readonly type: 'open'; readonly from: TransportAddress; readonly request: ProbeRequest }
  /** It is over: leave the group. */
  | {
      readonly type: 'ended';
      readonly from: TransportAddress;
      readonly request: ProbeRequest;
      readonly there: Tally;
      readonly sentBack: number;
    };

export interface ListenerOptions {
  /** Keyed: 16 bytes that nobody else can make of those given. */
  readonly mac: (bytes: Uint8Array) => Uint8Array;
  /** Highest TTL that is sent with, whatever is asked; default 15. */
  readonly maxTtl?: number;
}

interface Session {
  readonly id: bigint;
  readonly from: TransportAddress;
  readonly request: ProbeRequest;
  readonly tallier: Tallier;
  readonly endsAt: Ms;
  signs: ReceiverSigns | undefined;
  /** Undefined before the way back was asked for: it is sent once. */
  sent: number | undefined;
  began: Ms;
}

/** A cookie is good for one to two of these. */
const COOKIE_MS = 10_000;
/** After the way back there may be a question again whose answer was lost. */
const REST_MS = 3000;

/**
 * Answers probers: one at a time, and only those that have shown, by sending back a cookie, that they are where their
 * packets say. What it sends to the group is bounded in number, rate and TTL ({@link LIMITS}), to administratively scoped
 * groups only (RFC 2365 §6, RFC 4291 §2.7), so that it cannot be made to flood anybody.
 */
export class ProbeListener {
  readonly #options: ListenerOptions;
  readonly #outbox: ProbeTransmit[] = [];
  readonly #events: ListenerEvent[] = [];
  #session: Session | undefined;
  #due: Ms | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  handleDatagram(bytes: Uint8Array, from: TransportAddress, now: Ms): void {
    const message = parseProbeMessage(bytes);
    const { session } = message;
    switch (message.type) {
      case 'hello':
        return this.#answer(from, { type: 'challenge', session, cookie: this.#cookie(from, session, now) });
      case 'begin':
        if (this.#knows(from, session, message.cookie, now)) this.#begin(message.request, session, from, now);
        return;
      case 'ask': {
        const current = this.#of(session, from);
        if (current === undefined) return;
        if (message.what === 'result')
          return this.#answer(from, { type: 'result', session, tally: current.tallier.result() });
        if (current.sent === undefined) return this.#sendBack(current, now);
        if (current.sent === current.request.count)
          this.#answer(from, { type: 'sent', session, count: current.sent });
        return;
      }
      case 'challenge':
      case 'ready':
      case 'probe':
      case 'result':
      case 'sent':
      case 'refused':
        return; // what a prober does not send here
    }
  }

  /** A datagram that came to the group. */
  handleProbe(bytes: Uint8Array, arrival: Arrival): void {
    const message = parseProbeMessage(bytes);
    if (message.type !== 'probe' || message.session !== this.#session?.id) return;
    if (message.direction === 'there') this.#session.tallier.add(message.number, arrival);
  }

  /** The group is joined. */
  opened(signs: ReceiverSigns): void {
    if (this.#session === undefined) return;
    this.#session.signs = signs;
    this.#ready(this.#session);
  }

  /** The group could not be joined. */
  failed(text: string): void {
    const current = this.#session;
    if (current === undefined) return;
    this.#answer(current.from, {
      type: 'refused',
      session: current.id,
      reason: 'failed',
      text: text.slice(0, 60),
    });
    this.#end(current);
  }

  handleTimeout(now: Ms): void {
    const current = this.#session;
    if (current === undefined || this.#due === undefined || now < this.#due) return;
    const { sent, request } = current;
    if (now >= current.endsAt || sent === request.count) return this.#end(current);
    if (sent === undefined) return;
    this.#outbox.push({
      to: 'group',
      bytes: formatProbeMessage({ type: 'probe', session: current.id, direction: 'back', number: sent }),
    });
    current.sent = sent + 1;
    if (current.sent < request.count)
      this.#due = Math.min(current.endsAt, current.began + current.sent * request.spacingMs);
    else {
      this.#answer(current.from, { type: 'sent', session: current.id, count: current.sent });
      this.#tellEnd(current);
      this.#due = now + REST_MS; // it may ask again
    }
  }

  pollTransmit(): ProbeTransmit | undefined {
    return this.#outbox.shift();
  }
  pollEvent(): ListenerEvent | undefined {
    return this.#events.shift();
  }
  pollTimeout(): Ms | undefined {
    return this.#due;
  }

  #begin(asked: ProbeRequest, id: bigint, from: TransportAddress, now: Ms): void {
    const same = this.#of(id, from);
    if (same !== undefined) {
      if (same.signs !== undefined) this.#ready(same); // the answer was lost
      return;
    }
    const refuse = (reason: 'busy' | 'group', text: string): void =>
      this.#answer(from, { type: 'refused', session: id, reason, text });
    // One that has had everything makes room for the next.
    if (this.#session !== undefined && this.#session.sent === this.#session.request.count)
      this.#end(this.#session);
    if (this.#session !== undefined) return refuse('busy', 'it is busy with another prober');
    if (!isScoped(asked.group)) return refuse('group', `${asked.group} is not a group of a bounded scope`);
    const request = {
      ...asked,
      count: Math.min(asked.count, LIMITS.count),
      spacingMs: Math.max(asked.spacingMs, LIMITS.spacingMs),
      ttl: Math.min(asked.ttl, this.#options.maxTtl ?? 15),
    };
    const tallier = new Tallier(asked.count);
    const endsAt = now + LIMITS.sessionMs;
    this.#session = { id, from, request, tallier, endsAt, signs: undefined, sent: undefined, began: now };
    this.#due = endsAt;
    this.#events.push({ type: 'open', from, request });
  }

  #sendBack(current: Session, now: Ms): void {
    current.sent = 0;
    current.began = now;
    this.#due = now;
    this.handleTimeout(now);
  }

  #ready({ id, from, signs, request }: Session): void {
    if (signs !== undefined) this.#answer(from, { type: 'ready', session: id, signs, request });
  }

  #end(current: Session): void {
    if (current.sent !== current.request.count) this.#tellEnd(current);
    this.#session = undefined;
    this.#due = undefined;
  }

  #tellEnd({ from, request, tallier, sent }: Session): void {
    this.#events.push({ type: 'ended', from, request, there: tallier.result(), sentBack: sent ?? 0 });
  }

  #of(id: bigint, from: TransportAddress): Session | undefined {
    const current = this.#session;
    if (current?.id !== id || current.from.address !== from.address || current.from.port !== from.port)
      return undefined;
    return current;
  }

  #answer(to: TransportAddress, message: ProbeMessage): void {
    this.#outbox.push({ to, bytes: formatProbeMessage(message) });
  }

  #cookie(from: TransportAddress, session: bigint, now: Ms, slotsAgo = 0): Uint8Array {
    const slot = Math.floor(now / COOKIE_MS) - slotsAgo;
    return this.#options.mac(
      new TextEncoder().encode(`${formatEndpoint(from.address, from.port)} ${session} ${slot}`),
    );
  }

  #knows(from: TransportAddress, session: bigint, cookie: Uint8Array, now: Ms): boolean {
    return [0, 1].some((slotsAgo) => sameBytes(this.#cookie(from, session, now, slotsAgo), cookie));
  }
}

/** In a time that does not depend on where they differ. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** 239.0.0.0/8, or an IPv6 scope below global. */
function isScoped(group: string): boolean {
  const { family, bytes } = parseIp(group);
  if (family === 4) return bytes[0] === 239;
  const scope = (bytes[1] ?? 0) & 0x0f;
  return scope >= 1 && scope < 0xe;
}

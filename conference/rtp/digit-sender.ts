import { InvalidValueError, StateError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import { type Clock, Ticker } from '../../src/net/index.ts';
import {
  type EventPacket,
  eventOfDigit,
  type RtpSession,
  TelephoneEventSender,
} from '../../src/rtp/index.ts';
import type { MediumPlan } from './medium-plan.ts';

/** How often a key that is down is reported: the usual packet interval of events (RFC 4733 §2.5.1.2). */
const REPORT_MS: Ms = 50;
/** How long a key is down, and the pause behind it: what every receiver of tones takes, too. */
const PRESSED_BEATS = 2;
const PAUSE_BEATS = 3;
/** A comma, as dialling strings have it. */
const COMMA_BEATS = 20;
const MOST_KEYS = 256;

export interface DigitSenderOptions {
  readonly clock: Clock;
  /** Of the RTP clock, which events share with the sound. */
  readonly clockRate: number;
  /** RTP time of the next packet of sound. */
  readonly timestamp: () => number;
  readonly send: (packet: EventPacket) => void;
  /** Moves RTP time on where no sound does it. */
  readonly skip: (ticks: number) => void;
}

interface Work {
  readonly keys: readonly string[];
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** Presses keys one after the other as telephone events (RFC 4733), beside the sound or without any. */
export class DigitSender {
  readonly #options: DigitSenderOptions;
  readonly #events = new TelephoneEventSender();
  readonly #ticker: Ticker;
  readonly #work: Work[] = [];
  #keys: string[] = [];
  /** RTP time and our time at the start; the two go on together. */
  #from = 0;
  #fromMs: Ms = 0;
  #beats = 0;
  #pressed = false;

  constructor(options: DigitSenderOptions) {
    this.#options = options;
    this.#ticker = new Ticker({
      clock: options.clock,
      intervalMs: REPORT_MS,
      onTick: ({ due }) => this.#onTick(due),
    });
  }

  /**
   * @param digits `0` to `9`, `*`, `#`, `A` to `D`; a comma is a second of pause, blanks and hyphens mean nothing
   * @returns when the last one is released
   * @throws {InvalidValueError} for other characters, or for too many
   */
  press(digits: string): Promise<void> {
    const keys = readKeys(digits);
    if (this.#work.reduce((sum, it) => sum + it.keys.length, keys.length) > MOST_KEYS) {
      throw new InvalidValueError(`more than ${MOST_KEYS} keys are waiting to be sent`);
    }
    if (keys.length === 0) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#work.push({ keys, resolve, reject });
    if (!this.#ticker.running) this.#begin();
    return promise;
  }

  /** Whoever waits for keys to be sent is told that they were not. */
  close(): void {
    this.#ticker.stop();
    for (const { reject } of this.#work.splice(0))
      reject(new StateError('the conference was left before all keys were sent'));
  }

  #begin(): void {
    const { clock, timestamp } = this.#options;
    this.#from = timestamp();
    this.#fromMs = clock.now();
    this.#keys = [...(this.#work[0]?.keys ?? [])];
    this.#beats = 0;
    this.#ticker.start();
  }

  #onTick(due: Ms): void {
    const { send, clockRate } = this.#options;
    const at = (this.#from + Math.round(((due - this.#fromMs) * clockRate) / 1000)) >>> 0;
    if (this.#pressed && this.#beats === 0) {
      for (const packet of this.#events.release(at)) send(packet);
      this.#pressed = false;
      this.#beats = PAUSE_BEATS;
    } else for (const packet of this.#events.report(at)) send(packet);
    if (this.#beats > 0) {
      this.#beats--;
      return;
    }
    const key = this.#keys.shift();
    if (key === undefined) return this.#done(due);
    if (key === ',') this.#beats = COMMA_BEATS;
    else {
      this.#events.press(eventOfDigit(key) ?? 0, at);
      this.#pressed = true;
      this.#beats = PRESSED_BEATS - 1;
    }
  }

  #done(due: Ms): void {
    const { clockRate, timestamp, skip } = this.#options;
    this.#work.shift()?.resolve();
    const passed = Math.round(((due - this.#fromMs) * clockRate) / 1000);
    // where no sound is running, somebody has to see to it that what comes next is later
    if (timestamp() === this.#from) skip(passed);
    this.#ticker.stop();
    if (this.#work.length > 0) this.#begin();
  }
}

/** For a medium; undefined when its description has no events with the clock of what is sent (RFC 4733 §2.1). */
export function digitSender(
  { formats, preferred }: MediumPlan,
  clock: Clock,
  session: RtpSession,
  send: (packet: Uint8Array, now: Ms) => void,
): DigitSender | undefined {
  const events = formats.find(
    ({ kind, clockRate }) => kind === 'telephoneEvent' && clockRate === preferred?.clockRate,
  );
  if (events === undefined) return undefined;
  return new DigitSender({
    clock,
    clockRate: events.clockRate,
    timestamp: () => session.own.timestamp,
    skip: (ticks) => session.skip(ticks),
    send({ payload, timestamp, marker }) {
      const now = clock.now();
      send(session.nextBeside(payload, timestamp, marker, events.payloadType, now), now);
    },
  });
}

/** The first medium that can send keys. @throws {StateError} that says why there is none, `InvalidValueError` as {@link readKeys} */
export function keysOf(
  media: readonly { readonly keys: DigitSender | undefined; readonly capture: object | undefined }[],
  digits: string,
): DigitSender {
  readKeys(digits);
  const keys = media.map((medium) => medium.keys).find((it) => it !== undefined);
  if (keys !== undefined) return keys;
  const why = media.some(({ capture }) => capture !== undefined)
    ? 'the description has no telephone-event with the clock rate of the sound, as in create --media audio:PCMU,telephone-event'
    : 'we only listen';
  throw new StateError(`no keys can be sent: ${why}`);
}

/** @throws {InvalidValueError} for a character that is on no key */
export function readKeys(digits: string): string[] {
  const keys = Array.from(digits).filter((it) => !/[\s.-]/.test(it));
  const wrong = keys.find((it) => it !== ',' && eventOfDigit(it) === undefined);
  if (wrong === undefined) return keys;
  throw new InvalidValueError(
    `"${wrong}" is on no key: digits are 0 to 9, *, #, A to D, and a comma for a second of pause`,
  );
}

import { InvalidValueError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import type { Clock, Timer } from '../../src/net/index.ts';
import type { ConferenceEvent, Participant, PushToTalk, TalkControl } from '../types/index.ts';

const MIN_TALK_MS: Ms = 250;
const TAIL_MS: Ms = 150;
const TIME_OUT_MS: Ms = 60_000;
/** Longest wait for the first repetition of a key that is held, and for each further one. */
const FIRST_REPEAT_MS: Ms = 700;
const NEXT_REPEAT_MS: Ms = 250;

export interface TalkOptions {
  /** Undefined: always open. */
  readonly pushToTalk: PushToTalk | undefined;
  readonly clock: Clock;
  readonly emit: (event: ConferenceEvent) => void;
  /** Others who talk now. */
  readonly talkers: () => readonly Participant[];
}

/** Push-to-talk: when what we say is sent. There is no protocol for the floor; courtesy is all there is. */
export class Talk implements TalkControl {
  readonly pushToTalk: boolean;
  /** Whether anything is sent; read for every packet. */
  open: boolean;
  #state: TalkControl['state'];
  readonly #options: TalkOptions;
  readonly #settings: Required<PushToTalk>;
  #pressed = false;
  #since: Ms = 0;
  #stroke: 'none' | 'first' | 'held' = 'none';
  #strokeReleases = false;
  readonly #limit: Timer;
  readonly #end: Timer;
  readonly #key: Timer;

  /** @throws {InvalidValueError} for times out of range */
  constructor(options: TalkOptions) {
    const { clock, pushToTalk } = options;
    this.#options = options;
    this.pushToTalk = pushToTalk !== undefined;
    this.open = !this.pushToTalk;
    this.#state = this.pushToTalk ? 'idle' : 'open';
    this.#settings = {
      minTalkMs: MIN_TALK_MS,
      tailMs: TAIL_MS,
      timeoutMs: TIME_OUT_MS,
      polite: false,
      ...pushToTalk,
    };
    for (const name of ['minTalkMs', 'tailMs', 'timeoutMs'] as const) {
      if (!(this.#settings[name] >= 0))
        throw new InvalidValueError(`${name} ${this.#settings[name]} is not 0 or more`);
    }
    this.#limit = clock.timer(() => this.#finish('timeout'));
    this.#end = clock.timer(() => this.#finish('released'));
    this.#key = clock.timer(() => this.#strokeOver());
  }

  get state(): TalkControl['state'] {
    return this.#state;
  }

  press(): void {
    if (!this.pushToTalk || this.#pressed) return;
    this.#pressed = true;
    this.#end.set(undefined);
    if (this.#state === 'tail') {
      this.#state = 'talking';
      return;
    }
    const talkers = this.#options.talkers();
    const { polite } = this.#settings;
    if (talkers.length > 0) this.#options.emit({ type: 'floorBusy', participants: talkers, waiting: polite });
    if (talkers.length > 0 && polite) this.#move('waiting', 'pressed');
    else this.#begin();
  }

  release(): void {
    if (!this.#pressed) return;
    this.#pressed = false;
    if (this.#state === 'waiting') this.#finish('released');
    if (this.#state !== 'talking') return; // the time was over before
    const { minTalkMs, tailMs } = this.#settings;
    const now = this.#options.clock.now();
    this.#state = 'tail';
    this.#end.set(Math.max(now + tailMs, this.#since + minTalkMs));
  }

  toggle(): void {
    if (this.#pressed && (this.#state === 'talking' || this.#state === 'waiting')) this.release();
    else {
      this.release();
      this.press();
    }
  }

  key(): void {
    const { clock } = this.#options;
    if (this.#stroke === 'none') {
      this.#stroke = 'first';
      this.#strokeReleases = this.#pressed && this.#state !== 'idle';
      this.toggle();
      this.#key.set(clock.now() + FIRST_REPEAT_MS);
    } else {
      this.#stroke = 'held';
      this.#key.set(clock.now() + NEXT_REPEAT_MS);
    }
  }

  #strokeOver(): void {
    const held = this.#stroke === 'held';
    this.#stroke = 'none';
    if (held && !this.#strokeReleases) this.release();
  }

  /** Some times per second: whoever waits politely begins when it is quiet. */
  upkeep(): void {
    if (this.#state === 'waiting' && this.#options.talkers().length === 0) this.#begin();
  }

  /** When the session is left. */
  close(): void {
    this.#key.set(undefined);
    this.#pressed = false;
    if (this.#state === 'talking' || this.#state === 'tail' || this.#state === 'waiting')
      this.#finish('left');
  }

  #begin(): void {
    const { clock } = this.#options;
    const { timeoutMs } = this.#settings;
    this.#since = clock.now();
    if (timeoutMs > 0) this.#limit.set(this.#since + timeoutMs);
    this.open = true;
    this.#move('talking', 'pressed');
  }

  #finish(cause: 'released' | 'timeout' | 'left'): void {
    this.open = false;
    this.#limit.set(undefined);
    this.#end.set(undefined);
    this.#move('idle', cause);
  }

  #move(state: 'talking' | 'waiting' | 'idle', cause: 'pressed' | 'released' | 'timeout' | 'left'): void {
    this.#state = state;
    this.#options.emit({ type: 'floor', state, cause });
  }
}

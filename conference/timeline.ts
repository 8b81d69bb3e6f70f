import { type Clock, systemClock } from '../src/net/index.ts';
import type { SessionDescription } from '../src/sdp/index.ts';

export type TimelineEvent =
  /** The session begins (at once when it is running already). `stop` undefined: no end. Wall-clock milliseconds. */
  | { readonly type: 'open'; readonly at: number; readonly stop: number | undefined }
  /** It ends in `inMs`. */
  | { readonly type: 'closing'; readonly at: number; readonly stop: number; readonly inMs: number }
  /** It has ended; `next` is when it begins again, undefined for never. */
  | { readonly type: 'close'; readonly at: number; readonly next: number | undefined };

export interface TimelineOptions {
  readonly clock?: Clock;
  /** How long before the end to warn, milliseconds; default 5 minutes and 1 minute. */
  readonly warnBeforeMs?: readonly number[];
  readonly onEvent: (event: TimelineEvent) => void;
}

const WARN_BEFORE_MS: readonly number[] = [300_000, 60_000];
/** The wall clock may be set while we wait, so nobody waits for longer than this without looking at it. */
const LOOK_AGAIN_MS = 60_000;

/**
 * When a session opens, is about to close and closes, from its `t=`, `r=` and `z=` lines (RFC 8866 §5.9 - §5.11). A
 * machine: the wall clock is an argument, in milliseconds since 1970.
 */
export class SessionTimeline {
  readonly #description: SessionDescription;
  readonly #warnBefore: readonly number[];
  readonly #events: TimelineEvent[] = [];
  #open = false;
  /** When the present state ends: the stop, or the next start. */
  #until: number | undefined;
  /** The next warning that is due, as an index; the list runs from the longest notice to the shortest. */
  #nextWarning = 0;
  #begun = false;

  constructor(description: SessionDescription, warnBeforeMs: readonly number[] = WARN_BEFORE_MS) {
    this.#description = description.clone();
    this.#warnBefore = [...warnBeforeMs].sort((a, b) => b - a);
  }

  get state(): 'before' | 'open' | 'over' {
    if (this.#open) return 'open';
    return this.#until === undefined && this.#begun ? 'over' : 'before';
  }
  /** While open: when it ends. */
  get stop(): number | undefined {
    return this.#open ? this.#until : undefined;
  }
  /** While not open: when it begins, undefined for never. */
  get nextStart(): number | undefined {
    return this.#open ? undefined : this.#until;
  }

  handleTimeout(wall: number): void {
    const active = this.#description.activeAt(wall);
    const until = this.#description.nextChange(wall)?.atUnixMs;
    const changed = active !== this.#open;
    const first = !this.#begun;
    this.#begun = true;
    this.#open = active;
    this.#until = until;
    if (changed && active) {
      this.#nextWarning = 0;
      this.#events.push({ type: 'open', at: wall, stop: until });
    } else if (changed && !first) this.#events.push({ type: 'close', at: wall, next: until });
    if (active && until !== undefined) this.#warn(wall, until);
  }

  /** Notices that are due; when several are at once, one says it all. */
  #warn(wall: number, stop: number): void {
    const before = this.#nextWarning;
    while (wall >= stop - (this.#warnBefore[this.#nextWarning] ?? Number.NEGATIVE_INFINITY))
      this.#nextWarning++;
    if (this.#nextWarning > before) this.#events.push({ type: 'closing', at: wall, stop, inMs: stop - wall });
  }

  pollEvent(): TimelineEvent | undefined {
    return this.#events.shift();
  }

  /** Wall-clock milliseconds, or undefined when nothing will ever change. */
  pollTimeout(): number | undefined {
    if (this.#until === undefined) return undefined;
    const notice = this.#open ? this.#warnBefore[this.#nextWarning] : undefined;
    return notice === undefined ? this.#until : this.#until - notice;
  }
}

/** Follows a description in real time. `stop()` ends it; a pending timer keeps the process alive. */
export function followTimeline(
  description: SessionDescription,
  { clock = systemClock, warnBeforeMs, onEvent }: TimelineOptions,
): { readonly state: 'before' | 'open' | 'over'; readonly nextStart: number | undefined; stop(): void } {
  const timeline = new SessionTimeline(description, warnBeforeMs);
  let stopped = false;
  const look = (): void => {
    timeline.handleTimeout(clock.wall());
    for (let event = timeline.pollEvent(); event !== undefined; event = timeline.pollEvent()) onEvent(event);
    const due = timeline.pollTimeout();
    if (stopped) return;
    timer.set(due === undefined ? undefined : clock.now() + Math.min(LOOK_AGAIN_MS, due - clock.wall()));
  };
  const timer = clock.timer(look);
  look();
  return {
    get state() {
      return timeline.state;
    },
    get nextStart() {
      return timeline.nextStart;
    },
    stop() {
      stopped = true;
      timer.set(undefined);
    },
  };
}

import type { Ms } from '../machine.ts';

/** How long a membership is believed without a report: the Group Membership Interval (RFC 3376 §8.4, RFC 3810 §9.4). */
export const GROUP_MEMBERSHIP_MS: Ms = 260_000;

/** Switches are set otherwise, and the join may have been reported again a little later: so much earlier or later. */
const SPREAD_MS: Ms = 40_000;
/** Shorter silence may be a pause. */
const SILENCE_MS: Ms = 10_000;

/** Signs that a switch has forgotten that somebody listens, because nobody asks. */
export interface SnoopingSuspicion {
  /** `likely`: the silence began when switches forget. `possible`: nothing but that it began, or was there from the start. */
  readonly level: 'likely' | 'possible';
  /** Since the join, or the last query. Undefined: nothing was ever heard. */
  readonly heardForMs: Ms | undefined;
  readonly silentForMs: Ms;
  /** It was announced all the same: the sender does not know that it is not heard. */
  readonly announced: boolean;
}

/**
 * Watches one membership for the commonest fault of switched networks: joined, heard, silent after 260 s, while the session
 * goes on. A machine: told what is heard when, asked what to make of it.
 */
export class SnoopingWatch {
  readonly #joinedAt: Ms;
  /** Join or last query: from here on switches count. */
  #refreshedAt: Ms;
  #heardAt: Ms | undefined;
  #announcedAt: Ms | undefined;
  #ended = false;

  constructor(joinedAt: Ms) {
    this.#joinedAt = joinedAt;
    this.#refreshedAt = joinedAt;
  }

  /** Media of others arrived for the group then, or later than was told so far. */
  handleMedia(at: Ms): void {
    this.#heardAt = Math.max(at, this.#heardAt ?? at);
    this.#ended = false;
  }
  /** The session was announced again: by SAP, or its entry in a directory was refreshed. */
  handleAnnouncement(now: Ms): void {
    this.#announcedAt = now;
  }
  /** A query came: whoever asks keeps the switches informed. */
  handleQuery(now: Ms): void {
    if (this.silentFor(now) < SILENCE_MS) this.#refreshedAt = now;
  }
  /** Those who were heard said goodbye, or the session was withdrawn. */
  handleEnd(): void {
    this.#ended = true;
  }

  /** What speaks for it now; undefined when nothing does. */
  suspicion(now: Ms): SnoopingSuspicion | undefined {
    const silentForMs = this.silentFor(now);
    if (this.#ended || silentForMs < SILENCE_MS) return undefined;
    const announced =
      this.#announcedAt !== undefined && this.#announcedAt >= (this.#heardAt ?? this.#joinedAt);
    if (this.#heardAt === undefined) {
      if (!announced || silentForMs < GROUP_MEMBERSHIP_MS) return undefined;
      return { level: 'possible', heardForMs: undefined, silentForMs, announced };
    }
    const heardForMs = this.#heardAt - this.#refreshedAt;
    const fits = Math.abs(heardForMs - GROUP_MEMBERSHIP_MS) <= SPREAD_MS;
    if (!fits && !announced) return undefined;
    return { level: fits ? 'likely' : 'possible', heardForMs, silentForMs, announced };
  }

  /** Since media were heard, or since the join. */
  silentFor(now: Ms): Ms {
    return now - (this.#heardAt ?? this.#joinedAt);
  }
}

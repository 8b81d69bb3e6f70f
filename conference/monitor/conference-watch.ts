import type { Ms, RandomSource } from '../../src/machine.ts';
import type { SessionDescription } from '../../src/sdp/index.ts';
import { expectMedia, type Unwatchable } from './expectation.ts';
import { type ConferenceFigures, type ConferenceState, mediumFigures } from './figures.ts';
import { FindingBook, type FindingEvent, type Suspicion } from './finding-book.ts';
import { worstSeverity } from './finding-kinds.ts';
import { checkMedium, type ConferenceTiming } from './medium-checks.ts';
import { MediumWatch, type SenderNews } from './medium-watch.ts';
import type { CheckSettings } from './sender-checks.ts';

/** What is to be watched. */
export interface WatchSubject {
  readonly name: string;
  readonly description: SessionDescription;
  /** Its entry or announcement is gone. */
  readonly withdrawn?: boolean;
}

export interface WatchSettings extends CheckSettings {
  readonly random: RandomSource;
  readonly cname: string;
}

/** One conference as it is watched: its media, its findings and how long it has been as it is. */
export class ConferenceWatch {
  readonly key: string;
  /** Name and announcement may change; another description is another watch. */
  subject: WatchSubject;
  readonly media: readonly MediumWatch[];
  readonly #settings: WatchSettings;
  readonly #unwatchable: readonly Unwatchable[];
  readonly #book = new FindingBook();
  #state: ConferenceState = 'waiting';
  #since: number;

  constructor(key: string, subject: WatchSubject, settings: WatchSettings, now: Ms, wall: number) {
    this.key = key;
    this.subject = subject;
    this.#settings = settings;
    this.#since = wall;
    const { media, unwatchable } = expectMedia(subject.description);
    this.#unwatchable = unwatchable;
    const { random, cname } = settings;
    this.media = media.map((expected) => new MediumWatch({ expected, random, cname, now }));
  }

  get state(): ConferenceState {
    return this.#state;
  }

  /**
   * Brings everything up to date.
   *
   * @param others what is suspected by who sees all conferences
   */
  tick(now: Ms, wall: number, others: readonly Suspicion[]): FindingEvent[] {
    for (const medium of this.media) medium.tick(now, wall);
    const timing = this.#timing(wall);
    const state = this.#judgeState(timing, now);
    if (state !== this.#state) {
      this.#state = state;
      this.#since = wall;
    }
    return this.#book.take([...this.#suspicions(timing, now), ...others], now, wall);
  }

  /** Who appeared and who is gone, by medium. */
  takeNews(): { readonly medium: MediumWatch; readonly news: SenderNews }[] {
    return this.media.flatMap((medium) => medium.takeNews().map((news) => ({ medium, news })));
  }

  figures(now: Ms, wall: number): ConferenceFigures {
    const media = this.media.map((it) => mediumFigures(it, now, wall - now));
    const senders = media.flatMap((it) => it.senders);
    const { findings } = this.#book;
    const sum = (numbers: readonly number[]): number => numbers.reduce((all, it) => all + it, 0);
    return {
      key: this.key,
      name: this.subject.name,
      state: this.#state,
      since: this.#since,
      severity: worstSeverity(findings.map(({ severity }) => severity)),
      media,
      findings,
      packetsPerSecond: sum(media.map((it) => it.packetsPerSecond)),
      bitsPerSecond: sum(media.map((it) => it.bitsPerSecond)),
      sending: senders.filter((it) => it.sending).length,
      talking: senders.filter((it) => it.talking).length,
      lossShare: senders.filter((it) => it.sending).reduce((most, it) => Math.max(most, it.lossShare), 0),
    };
  }

  #timing(wall: number): ConferenceTiming {
    const { description } = this.subject;
    const active = description.activeAt(wall);
    return { active, over: !active && description.nextChange(wall) === undefined };
  }

  #judgeState({ active, over }: ConferenceTiming, now: Ms): ConferenceState {
    const { media } = this;
    if (media.every((it) => it.failure !== undefined)) return 'failed';
    if (media.some((it) => it.senders(now).length > 0)) return 'alive';
    if (over) return 'over';
    if (media.some((it) => it.lastRtp !== undefined || it.lastRtcp !== undefined)) return 'silent';
    return active && media.some((it) => it.facts !== undefined) ? 'unheard' : 'waiting';
  }

  *#suspicions(timing: ConferenceTiming, now: Ms): Generator<Suspicion> {
    const { name, withdrawn = false } = this.subject;
    for (const { index, mediaType, reason } of this.#unwatchable) {
      yield {
        code: 'notWatched',
        severity: this.media.length > 0 ? 'info' : 'error',
        medium: index,
        message: `${mediaType} of "${name}" cannot be watched: ${reason}`,
        tryThis: 'correct the description: rendezvous lint says how',
      };
    }
    if (this.media.length === 0 && this.#unwatchable.length === 0) {
      yield {
        code: 'notWatched',
        message: `the description of "${name}" has no media`,
        tryThis: 'correct the description: rendezvous lint says how',
      };
    }
    if (withdrawn) {
      yield {
        code: 'announcementStale',
        message: `the entry or announcement of "${name}" is gone, and it is still sent`,
        tryThis:
          'switch the sender off, or publish it again: rendezvous create, or see whether its announcer runs',
      };
    }
    for (const medium of this.media) {
      // not opened yet: nothing can be said of it
      if (medium.facts === undefined && medium.failure === undefined) continue;
      yield* checkMedium(medium, timing, this.#settings, now);
    }
  }
}

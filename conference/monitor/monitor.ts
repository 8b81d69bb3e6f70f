import { formatEndpoint } from '../../src/ip/index.ts';
import type { Ms } from '../../src/machine.ts';
import { ConferenceWatch, type WatchSettings, type WatchSubject } from './conference-watch.ts';
import {
  type ConferenceFigures,
  type ConferenceState,
  type SenderFigures,
  senderFigures,
} from './figures.ts';
import type { Finding, Suspicion } from './finding-book.ts';

/** What a monitor tells. `conference` is the name, `key` what tells two of one name apart. */
export type MonitorEvent = { readonly conference: string; readonly key: string } & (
  | { readonly type: 'conferenceAdded' | 'conferenceRemoved' | 'conferenceChanged' }
  | {
      readonly type: 'stateChanged';
      readonly state: ConferenceState;
      readonly before: ConferenceState;
    }
  | { readonly type: 'findingRaised' | 'findingChanged' | 'findingCleared'; readonly finding: Finding }
  | {
      readonly type: 'senderAppeared' | 'senderGone';
      readonly medium: number;
      readonly sender: SenderFigures;
      /** Why it is gone. */
      readonly cause?: 'bye' | 'silent' | undefined;
      readonly reason?: string | undefined;
    }
);

/** Events that wait to be polled; the oldest go first. */
const MAX_EVENTS = 10_000;

/**
 * Watches many conferences at once. It owns no socket and no clock: packets go to the media of {@link watches}, and
 * {@link tick} is to be called about once a second.
 */
export class Monitor {
  readonly watches = new Map<string, ConferenceWatch>();
  readonly #settings: WatchSettings;
  readonly #events: MonitorEvent[] = [];

  constructor(settings: WatchSettings) {
    this.#settings = settings;
  }

  /** Begins to watch a conference, or goes on with another description. @returns what is watched from now on */
  set(key: string, subject: WatchSubject, now: Ms, wall: number): ConferenceWatch {
    const before = this.watches.get(key);
    const watch = new ConferenceWatch(key, subject, this.#settings, now, wall);
    this.watches.set(key, watch);
    const type = before === undefined ? 'conferenceAdded' : 'conferenceChanged';
    this.#tell({ type, conference: subject.name, key });
    return watch;
  }

  delete(key: string): ConferenceWatch | undefined {
    const watch = this.watches.get(key);
    if (watch === undefined) return undefined;
    this.watches.delete(key);
    this.#tell({ type: 'conferenceRemoved', conference: watch.subject.name, key });
    return watch;
  }

  tick(now: Ms, wall: number): void {
    const shared = this.#sharedGroups();
    for (const watch of this.watches.values()) {
      const { key } = watch;
      const conference = watch.subject.name;
      const before = watch.state;
      const found = watch.tick(now, wall, shared.get(key) ?? []);
      if (watch.state !== before) {
        this.#tell({ type: 'stateChanged', conference, key, state: watch.state, before });
      }
      for (const { medium, news } of watch.takeNews()) {
        const { type, cause, reason } = news;
        const sender = senderFigures(news.meter, now, wall - now);
        this.#tell({ type, conference, key, medium: medium.expected.index, sender, cause, reason });
      }
      for (const { type, finding } of found) this.#tell({ type, conference, key, finding });
    }
  }

  /** The next thing that happened, or undefined. */
  pollEvent(): MonitorEvent | undefined {
    return this.#events.shift();
  }

  figures(now: Ms, wall: number): ConferenceFigures[] {
    return [...this.watches.values()].map((it) => it.figures(now, wall));
  }

  /** Two conferences that would hear each other. */
  #sharedGroups(): Map<string, Suspicion[]> {
    const users = new Map<string, { watch: ConferenceWatch; medium: number }[]>();
    for (const watch of this.watches.values()) {
      for (const { expected } of watch.media) {
        const place = formatEndpoint(expected.group, expected.port);
        const known = users.get(place);
        if (known === undefined) users.set(place, [{ watch, medium: expected.index }]);
        else known.push({ watch, medium: expected.index });
      }
    }
    const suspicions = new Map<string, Suspicion[]>();
    for (const [place, all] of users) {
      if (all.length < 2) continue;
      for (const { watch, medium } of all) {
        const others = all.filter((it) => it.watch !== watch).map((it) => `"${it.watch.subject.name}"`);
        if (others.length === 0) continue;
        const list = suspicions.get(watch.key) ?? [];
        list.push({
          code: 'sharedGroup',
          medium,
          message: `${[...new Set(others)].slice(0, 3).join(', ')} uses ${place} too`,
          tryThis: 'give one of them another group: rendezvous edit --group; who joins one hears both',
        });
        suspicions.set(watch.key, list);
      }
    }
    return suspicions;
  }

  #tell(event: MonitorEvent): void {
    if (this.#events.length >= MAX_EVENTS) this.#events.shift();
    this.#events.push(event);
  }
}

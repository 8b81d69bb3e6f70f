import type { RandomSource } from '../../src/machine.ts';
import type { Clock } from '../../src/net/clock.ts';
import type { Conference } from '../conference.ts';
import { conferenceSearch } from '../conference-search.ts';
import type { Connected } from '../entries.ts';
import type { ConferenceQuery } from '../types.ts';
import type { Watch } from './types.ts';
import { DirectoryWatch } from './watch.ts';

/** The watches of one directory, which end with it. */
export class Watches {
  readonly #clock: Clock;
  readonly #random: RandomSource;
  readonly #open = new Set<DirectoryWatch<Conference>>();

  constructor({ clock, random }: { readonly clock: Clock; readonly random: RandomSource }) {
    this.#clock = clock;
    this.#random = random;
  }

  conferences(connected: Connected, query: ConferenceQuery): Watch<Conference> {
    const clock = this.#clock;
    const watch: DirectoryWatch<Conference> = new DirectoryWatch({
      connected,
      search: conferenceSearch(connected.dialect, query, () => new Date(clock.wall())),
      clock,
      random: this.#random,
      signal: query.signal,
      onEnd: () => void this.#open.delete(watch),
    });
    this.#open.add(watch);
    return watch;
  }

  close(): void {
    for (const watch of this.#open) watch.close();
  }
}

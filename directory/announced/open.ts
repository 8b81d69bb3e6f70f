import type { Clock } from '../../src/net/clock.ts';
import { AnnouncedDirectory, DEFAULT_WAIT_MS } from './announced-directory.ts';
import { deafEars, socketEars } from './ears.ts';
import { Listening } from './listening.ts';
import { type AnnouncedOptions, checkGroup, parseAnnouncedTarget } from './target.ts';

export interface OpenAnnouncedOptions extends AnnouncedOptions {
  /** Folder of the cache. */
  readonly dataDir: string;
  readonly clock: Clock;
}

/**
 * A directory of announced sessions; it listens once it is connected.
 *
 * @param target `sap:` with its parameters, which come before the options
 * @throws {InvalidValueError} when the target says what cannot be
 */
export function openAnnounced(target: string, options: OpenAnnouncedOptions): AnnouncedDirectory {
  const { url, interfaces, groups, waitMs: said } = parseAnnouncedTarget(target);
  const { waitMs = DEFAULT_WAIT_MS } = options;
  const listen = {
    ...options,
    ...(interfaces.length === 0 ? {} : { interfaces }),
    ...(groups.length === 0 ? {} : { groups }),
  };
  return new AnnouncedDirectory({
    url,
    waitMs: options.fromCacheOnly === true ? 0 : (said ?? waitMs),
    lookMs: options.lookMs ?? said ?? waitMs,
    listen: () => openListening(listen),
  });
}

/** Begins to listen to announcements, knowing what earlier runs heard. @throws {NetworkError} when it cannot */
export function openListening(options: OpenAnnouncedOptions): Promise<Listening> {
  const { dataDir, clock, interfaces = [], groups = [], fromCacheOnly, onNotice = () => {} } = options;
  const places = { interfaces, groups: groups.map(checkGroup) };
  return Listening.begin({
    dataDir,
    clock,
    onNotice,
    listen: (recalled, onEvent) =>
      fromCacheOnly === true
        ? deafEars(recalled, clock)
        : socketEars({ ...places, recalled, clock, onEvent, onNotice }),
  });
}

import type { Clock } from '../../src/net/clock.ts';
import { SapListener, type SapListenerEvent } from '../../src/sap/index.ts';
import type { CachedAnnouncement } from './cache-file.ts';
import type { Ears } from './listening.ts';
import { recallAnnouncements } from './recall.ts';

export interface SocketEarsOptions {
  /** Names or addresses; none for all that are up. */
  readonly interfaces: readonly string[];
  /** SAP groups; none for all that are known. */
  readonly groups: readonly string[];
  readonly clock: Clock;
  readonly recalled: readonly CachedAnnouncement[];
  readonly onEvent: (event: SapListenerEvent) => void;
  /** Is told what cannot be listened to, while the rest works. */
  readonly onNotice: (text: string) => void;
}

/** Hears what comes to the sockets of SAP. @throws {NetworkError} when not a single group can be listened to */
export async function socketEars(options: SocketEarsOptions): Promise<Ears> {
  const { interfaces, groups, clock, recalled, onEvent, onNotice } = options;
  const { openSapSockets } = await import('../../src/net/index.ts');
  const sockets = await openSapSockets({ clock, interfaces, ...(groups.length === 0 ? {} : { groups }) });
  const { listener } = sockets;
  const ahead = clock.wall() - clock.now();
  const missing = recalled.filter(({ key }) => listener.get(key) === undefined);
  recallAnnouncements(listener, missing, (unixMs) => unixMs - ahead);
  for (const session of listener.sessions()) {
    if (!missing.some(({ key }) => key === session.key)) onEvent({ type: 'appeared', session });
  }
  sockets.onEvent(onEvent);
  for (const warning of sockets.warnings) onNotice(warning);
  sockets.onInterfaceNews(({ message }) => onNotice(message));
  const distinct = (pick: 'interface' | 'group'): string[] => [
    ...new Set(sockets.channels.map((channel) => channel[pick])),
  ];
  return {
    get interfaces() {
      return distinct('interface');
    },
    get groups() {
      return distinct('group');
    },
    stats: listener.stats,
    get unreadSenders() {
      return listener.unreadSenders;
    },
    sessions: () => listener.sessions(),
    close: () => sockets.close(),
  };
}

/** Hears nothing, and knows what earlier runs heard. */
export async function deafEars(recalled: readonly CachedAnnouncement[], clock: Clock): Promise<Ears> {
  const ahead = clock.wall() - clock.now();
  const listener = new SapListener({ unixMs: (moment) => moment + ahead });
  recallAnnouncements(listener, recalled, (unixMs) => unixMs - ahead);
  listener.handleTimeout(clock.now());
  return {
    interfaces: [],
    groups: [],
    stats: listener.stats,
    get unreadSenders() {
      return listener.unreadSenders;
    },
    sessions: () => listener.sessions(),
    close: () => {},
  };
}

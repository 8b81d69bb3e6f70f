import type { RandomSource } from '../../src/machine.ts';
import type { Clock } from '../../src/net/clock.ts';
import type { OwnAnnouncement } from '../../src/sap/index.ts';

export interface VoiceOptions {
  /** SAP groups that will be announced to. */
  readonly groups: readonly string[];
  /** Names or addresses of interfaces; default all that are up, loopback only where there is no other. */
  readonly interfaces?: readonly string[];
  /** TTL of announcements, 1 to 255; default 255. */
  readonly ttl?: number;
  /** A fixed mean interval, milliseconds, instead of that of RFC 2974 §3.1. */
  readonly intervalMs?: number;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Called after each announcement, with the group that it went to. */
  readonly onSent?: (group: string) => void;
  /** Is told what cannot be announced on, while the rest works. */
  readonly onNotice?: (text: string) => void;
}

/** Announces sessions until it is closed. */
export interface Voice {
  /** Interfaces that are announced on, by name. */
  readonly interfaces: readonly string[];
  /** Announces a session, or what has become of it. */
  announce(description: Uint8Array, groups: readonly string[]): Promise<OwnAnnouncement>;
  withdraw(key: string): void;
  get(key: string): OwnAnnouncement | undefined;
  /** Withdraws what is announced. */
  close(): Promise<void>;
}

/** Time that a datagram has to be on its way by, before it is told of. */
const AFTER_MS = 20;

/**
 * Opens the sockets to announce on. They listen too: how often may be announced depends on how much is announced.
 *
 * @throws {InterfaceError} for an interface that does not exist
 * @throws {NetworkError} when none of the groups can be used
 */
export async function openVoice(options: VoiceOptions): Promise<Voice> {
  const { groups, interfaces, ttl, intervalMs, clock, random, onSent, onNotice } = options;
  const { openSapSockets } = await import('../../src/net/index.ts');
  const sockets = await openSapSockets({
    groups,
    clock,
    random,
    ...(interfaces === undefined ? {} : { interfaces }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(intervalMs === undefined ? {} : { announcer: { intervalMs } }),
  });
  const { announcer } = sockets;
  for (const warning of sockets.warnings) onNotice?.(warning);
  sockets.onSendProblem((problem) => onNotice?.(problem));
  sockets.onInterfaceNews(({ message }) => onNotice?.(message));
  const told = new Map<string, number>();
  const look = (): void => {
    let next: number | undefined;
    for (const { key, schedules } of announcer.announcements()) {
      for (const { group, count, next: due } of schedules) {
        if (count > (told.get(`${key} ${group}`) ?? 0)) onSent?.(group);
        told.set(`${key} ${group}`, count);
        if (due !== undefined) next = Math.min(next ?? due, due);
      }
    }
    timer.set(next === undefined ? undefined : Math.max(next, clock.now()) + AFTER_MS);
  };
  const timer = clock.timer(look);
  return {
    get interfaces() {
      return [...new Set(sockets.channels.map((channel) => channel.interface))];
    },
    async announce(description, wanted) {
      const own = await sockets.announce(description, { groups: wanted });
      timer.set(clock.now() + AFTER_MS);
      return own;
    },
    withdraw(key) {
      sockets.withdraw(key);
    },
    get: (key) => announcer.get(key),
    async close() {
      timer.set(undefined);
      await sockets.close();
    },
  };
}

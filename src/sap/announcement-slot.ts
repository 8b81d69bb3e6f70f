import type { Ms } from '../machine.ts';
import type { SapAnnouncement } from './announcement.ts';

/** One session in one group. */
export interface Slot {
  readonly session: Session;
  readonly group: string;
  count: number;
  lastSent: Ms | undefined;
  intervalMs: Ms | undefined;
  /** To be sent when due, whatever the group's size. */
  atOnce: boolean;
  /** Deletions sent; undefined before the end. */
  deletions: number | undefined;
  deletedAt: Ms;
  expiresAt: Ms;
  scheduled: Ms | undefined;
  gone: boolean;
}

export interface Session {
  readonly key: string;
  announcement: SapAnnouncement;
  slots: Slot[];
}

/** Not sent yet, and not due. */
export function newSlot(session: Session, group: string): Slot {
  return {
    session,
    group,
    count: 0,
    lastSent: undefined,
    intervalMs: undefined,
    atOnce: true,
    deletions: undefined,
    deletedAt: 0,
    expiresAt: Infinity,
    scheduled: undefined,
    gone: false,
  };
}

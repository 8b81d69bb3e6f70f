import type { Ms } from '../machine.ts';
import type { Origin } from '../sdp/index.ts';
import type { SapAuthentication } from './authentication.ts';

/** Where a datagram was received. */
export interface SapChannel {
  /** The group it was sent to. */
  readonly group: string;
  /** The interface it came in by, where that is known. */
  readonly interface?: string | undefined;
}

/** One way in which a session is heard: from one host in one group by one interface. */
export interface SapHearing extends SapChannel {
  /** Address that the datagrams come from, with the zone of a link-local one. */
  readonly sender: string;
  readonly firstHeard: Ms;
  readonly lastHeard: Ms;
  /** Datagrams heard. */
  readonly count: number;
  /** Mean time between two, once there were two. */
  readonly period: Ms | undefined;
}

/** A session as the listener knows it, at the moment it was asked. Times are on the listener's monotonic clock. */
export interface AnnouncedSession {
  /**
   * What identifies it: the origin without version, as `user id IN IP4 host`; longer for sessions whose origin says
   * nothing, or is another host's already.
   */
  readonly key: string;
  /** Of the `o=` line; undefined when that cannot be read. */
  readonly origin: Origin | undefined;
  /** The description as bytes, decompressed, without NULs at its end. */
  readonly description: Uint8Array;
  /** The description as text: UTF-8, or Latin-1 where it is not that. */
  readonly text: string;
  /** Message identifier hash; 0 for none. */
  readonly hash: number;
  /** Originating source as the packet says, which may be nonsense. */
  readonly source: string;
  /** Host whose announcement this is, as the network says; others may repeat it, see {@link heard}. */
  readonly sender: string;
  /** Authentication data, which nobody has verified. */
  readonly authentication: SapAuthentication | undefined;
  readonly compressed: boolean;
  readonly firstHeard: Ms;
  readonly lastHeard: Ms;
  /** When its description came or last changed. */
  readonly changed: Ms;
  /** Times that it was announced, in all groups. */
  readonly count: number;
  /** Shortest of the periods heard; undefined until it was heard twice in one way. */
  readonly period: Ms | undefined;
  /** When it should be heard again, going by its period; announcers vary it by a third. */
  readonly nextExpected: Ms | undefined;
  /** When it will be forgotten unless it is heard again (RFC 2974 §4), or its time is over. */
  readonly expiresAt: Ms;
  /** End of the session by its `t=` lines, Unix seconds; undefined for none. */
  readonly stopUnixSeconds: number | undefined;
  /** Everywhere that it is heard, the longest known first; at most 8. */
  readonly heard: readonly SapHearing[];
}

/** Why a session is gone. */
export type SapExpiryReason =
  /** Not heard for ten periods, or an hour (RFC 2974 §4). */
  | 'silent'
  /** Its `t=` lines say that it is over. */
  | 'over'
  /** The cache is full and its host has more than its share. */
  | 'room';

export type SapListenerEvent =
  | { readonly type: 'appeared'; readonly session: AnnouncedSession }
  /** `previous` is the description before. */
  | { readonly type: 'changed'; readonly session: AnnouncedSession; readonly previous: Uint8Array }
  /** Deleted by its announcer, or found to be another session's copy. */
  | { readonly type: 'withdrawn'; readonly session: AnnouncedSession; readonly reason: 'deleted' | 'merged' }
  | { readonly type: 'expired'; readonly session: AnnouncedSession; readonly reason: SapExpiryReason };

/** What a listener counts. Each datagram counts in `received` and in one of the others up to `overQuota`. */
export interface SapListenerStats {
  received: number;
  /** New sessions. */
  appeared: number;
  changed: number;
  /** Announcements of what is known already. */
  refreshed: number;
  /** Deletions obeyed. */
  deleted: number;
  /** Deletions of sessions that are not known. */
  unknownDeletes: number;
  /** Deletions by a host that does not announce the session: ignored (RFC 2974 §5). */
  foreignDeletes: number;
  /** Older versions of a session from another host than its own, or overtaken on the way: ignored. */
  stale: number;
  /** Sessions that were over when they were announced. */
  over: number;
  /** Our own announcements, coming back. */
  own: number;
  /** Not readable as SAP, or not as a description. */
  malformed: number;
  /** SAP version 0, the predecessor. */
  version0: number;
  /** Encrypted payloads: nobody here has the key. */
  encrypted: number;
  /** Payloads that are no session descriptions by their type. */
  otherPayloads: number;
  /** Refused since the cache is full and the host has its share. */
  overQuota: number;
  /** Announcements that came compressed. */
  compressed: number;
  /** Announcements with authentication data. */
  authenticated: number;
  /** Sessions pushed out by hosts with less than their share. */
  evicted: number;
}

export function newSapListenerStats(): SapListenerStats {
  return {
    received: 0,
    appeared: 0,
    changed: 0,
    refreshed: 0,
    deleted: 0,
    unknownDeletes: 0,
    foreignDeletes: 0,
    stale: 0,
    over: 0,
    own: 0,
    malformed: 0,
    version0: 0,
    encrypted: 0,
    otherPayloads: 0,
    overQuota: 0,
    compressed: 0,
    authenticated: 0,
    evicted: 0,
  };
}

import type { Ms } from '../../src/machine.ts';
import type { ConferenceOrigin } from '../origin.ts';

/** What the gateway needs to know of an announced session, as long as its description stays the same. */
export interface HeardSession {
  /** What the listener calls it. */
  readonly id: string;
  /** Names the session whatever its version and whoever announces it; see `sessionKey`. */
  readonly key: string;
  /** Version in the `o=` line, decimal text. */
  readonly version: string;
  /** The description, byte for byte. */
  readonly payload: Uint8Array;
  /** Name in the description as it is, which may be none. */
  readonly name: string | undefined;
  /** Address of the host that announces it. */
  readonly source: string;
  /** SAP group that it was heard on; of several the first. */
  readonly group: string;
  /** Message identifier hash. */
  readonly hash: number;
}

/** When a session was heard, on the monotonic clock. */
export interface HeardTimes {
  readonly lastHeard: Ms;
  /** When it counts as gone unless it is heard again. */
  readonly expiresAt: Ms;
}

/** What the listener knows at the moment; undefined when it knows the session no more. */
export type TimesOf = (id: string) => HeardTimes | undefined;

/** What the gateway needs to know of a conference in the directory. */
export interface EntryView {
  /** As `dnKey` spells it. */
  readonly dn: string;
  readonly name: string;
  /** Undefined when its description names no session. */
  readonly key: string | undefined;
  readonly version: string;
  readonly origin: ConferenceOrigin | undefined;
  readonly payload: Uint8Array;
  /** When the directory lets it go, as far as is known here: others may have refreshed it since. */
  readonly expiresAt: Ms | undefined;
}

/** What is to be done to the directory, one at a time for each session. */
export type ImportAction =
  | {
      readonly kind: 'add';
      readonly key: string;
      readonly name: string;
      readonly session: HeardSession;
      readonly ttlSeconds: number;
    }
  | {
      /** Gives the entry the description heard, this gateway as its keeper, and that time to live. */
      readonly kind: 'replace';
      readonly key: string;
      readonly entry: EntryView;
      readonly session: HeardSession;
      readonly ttlSeconds: number;
    }
  | {
      readonly kind: 'refresh';
      readonly key: string;
      readonly entry: EntryView;
      readonly ttlSeconds: number;
    }
  | { readonly kind: 'delete'; readonly key: string; readonly entry: EntryView }
  /** Reads the entry anew: it may have been refreshed by its keeper. */
  | { readonly kind: 'look'; readonly key: string; readonly entry: EntryView };

/** How an action went. */
export type ImportOutcome =
  /** The entry as it is now; undefined when it is gone. */
  | { readonly kind: 'done'; readonly entry: EntryView | undefined }
  /** The name is somebody else's: the entry, if it may be read. */
  | { readonly kind: 'taken'; readonly entry: EntryView | undefined }
  /** The directory does not take this one. */
  | { readonly kind: 'refused'; readonly problem: string }
  /** The directory cannot be reached. */
  | { readonly kind: 'failed'; readonly problem: string };

/** Why a conference of the directory is not announced. */
export type NotAnnounced =
  /** It was announced itself. */
  | 'copy'
  /** No session description, or one without `o=`. */
  | 'noDescription'
  /** No medium on a multicast group. */
  | 'noGroup'
  /** For this link only, which no SAP group of IPv4 keeps to. */
  | 'local'
  /** Its scope is not among those to announce. */
  | 'scope'
  /** Keys or secure transport: what is announced is read by everybody. */
  | 'encrypted'
  /** There are too many others. */
  | 'room'
  | 'over';

/** How many there may be of what, and how fast. */
export interface GatewayLimits {
  /** Sessions copied into the directory at once. */
  readonly maxImported: number;
  /** Of one announcing host. */
  readonly maxImportedPerSource: number;
  /** Writes to the directory per second; a tenth of a minute's worth may come at once. */
  readonly writesPerSecond: number;
  /** Conferences announced at once. */
  readonly maxAnnounced: number;
}

export const DEFAULT_GATEWAY_LIMITS: GatewayLimits = {
  maxImported: 1000,
  maxImportedPerSource: 200,
  writesPerSecond: 20,
  maxAnnounced: 1000,
};

/** Longest description that is copied: RFC 2974 §6 recommends less than 1000 bytes for all of an announcement. */
export const MAX_DESCRIPTION_BYTES = 8192;

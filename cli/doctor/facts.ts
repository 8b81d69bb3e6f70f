import type { DirectoryType } from '../../directory/index.ts';
import type { BufferGrant, ChosenInterface, DscpReport, HostReport, QosResult } from '../../src/net/index.ts';

/** Something that was tried: what came of it, or why it failed. */
export type Tried<T> =
  | { readonly value: T; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: string };

/** Packets sent to a group by one socket of ours and heard by another. */
export interface MulticastTrial {
  readonly sent: number;
  readonly received: number;
  readonly receiveBuffer: BufferGrant;
  readonly qos: QosResult;
  /** Whether the kernel lists the membership; undefined where it does not tell. */
  readonly membership: boolean | undefined;
  readonly warnings: readonly string[];
  /** The marks as they arrived. */
  readonly arrival: DscpReport;
}

export interface DirectoryTrial {
  readonly displayName: string;
  readonly type: DirectoryType;
  readonly isDynamic: boolean;
  readonly conferences: number;
  /** Milliseconds to connect and to search. */
  readonly tookMs: number;
  /** Whether a probe entry could be made, found and removed (APP-07); an error when not. */
  readonly probe: Tried<true>;
}

export interface StoreTrial {
  readonly path: string;
  readonly bytes: number;
  /** What SQLite's own check says: `ok` when all is well. */
  readonly verdict: string;
}

/** Everything that the checks go by. */
export interface DoctorFacts {
  readonly node: string;
  readonly platform: NodeJS.Platform;
  readonly host: HostReport;
  readonly group: string;
  readonly port: number;
  readonly chosen: Tried<ChosenInterface>;
  readonly multicast: Tried<MulticastTrial>;
  readonly directoryTarget: string;
  readonly directory: Tried<DirectoryTrial>;
  /** Undefined with a directory on another computer. */
  readonly store: Tried<StoreTrial> | undefined;
  /** Programs that can reach the sound card, those that were found. */
  readonly soundPrograms: readonly string[];
  readonly soundHere: boolean;
}

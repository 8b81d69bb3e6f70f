import type {
  DirectoryInspection,
  DirectoryType,
  Inspected,
  ServerInspection,
} from '../../directory/index.ts';
import type { IpFamily } from '../../src/ip/index.ts';
import type {
  BufferGrant,
  ChosenInterface,
  DscpReport,
  FirewallRules,
  HostReport,
  QosResult,
  QuerierReport,
} from '../../src/net/index.ts';
import type { Occupied } from './clashes.ts';

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

/** A directory that was opened. */
export interface DirectoryTrial {
  readonly displayName: string;
  readonly type: DirectoryType;
  readonly isDynamic: boolean;
  /** Milliseconds to connect and bind. */
  readonly tookMs: number;
}

/** Everything that was tried with one directory. */
export interface DirectoryFacts {
  /** What it is called here. */
  readonly label: string;
  readonly target: string;
  /** Whom we said to be; undefined for nobody. */
  readonly account: string | undefined;
  /** Whether its password is sent as it is: SCRAM only proves it. */
  readonly sendsPassword: boolean;
  /** Undefined for the one on this computer. */
  readonly servers: Inspected<readonly ServerInspection[]> | undefined;
  readonly opened: Inspected<DirectoryTrial>;
  /** Undefined when it could not be opened. */
  readonly used: Inspected<DirectoryInspection> | undefined;
  /** Groups that its conferences use; undefined when they could not be read. */
  readonly occupied: readonly Occupied[] | undefined;
  /** Undefined with a directory on another computer. */
  readonly store: Tried<StoreTrial> | undefined;
}

export interface StoreTrial {
  readonly path: string;
  readonly bytes: number;
  /** What SQLite's own check says: `ok` when all is well. */
  readonly verdict: string;
}

/** A zone of groups, and the interface that it uses unless one is named. */
export interface ScopeRoute {
  /** `239.255.0.0/16` */
  readonly range: string;
  readonly family: IpFamily;
  /** Undefined: there is no route at all. */
  readonly interfaceName: string | undefined;
  /** It does not leave this computer. */
  readonly internal: boolean;
}

/** Conferences on one group and port. */
export interface Clash {
  /** `239.255.1.2:5004` */
  readonly endpoint: string;
  readonly names: readonly string[];
}

/** Everything that the checks go by. */
export interface DoctorFacts {
  /** When it was looked. */
  readonly now: Date;
  readonly node: string;
  readonly platform: NodeJS.Platform;
  readonly host: HostReport;
  readonly group: string;
  readonly port: number;
  readonly chosen: Tried<ChosenInterface>;
  readonly multicast: Tried<MulticastTrial>;
  readonly scopes: readonly ScopeRoute[];
  /** Other interfaces of this computer, and whether a member there hears what is sent. Undefined: not tried. */
  readonly reach: readonly { readonly name: string; readonly heard: boolean }[] | undefined;
  readonly queriers: readonly QuerierReport[];
  /** Undefined where they cannot be read. */
  readonly firewallRules: FirewallRules | undefined;
  /** Of what the directories hold. Undefined: none could be asked. */
  readonly clashes: readonly Clash[] | undefined;
  readonly directories: readonly DirectoryFacts[];
  /** Programs that can reach the sound card, those that were found. */
  readonly soundPrograms: readonly string[];
  readonly soundHere: boolean;
}

import type { SoundControls } from '../strip/index.ts';
import type { MediaType, ParticipantInfo } from './common.ts';
import type { SubstreamQualityJson } from './quality-json.ts';
import type { MediaStream, Substream } from './stream.ts';

/** A person (or device) in the conference: everything that shares one CNAME (PAR rows). */
export interface Participant {
  /** Stable within the session, also before a CNAME is known. */
  readonly id: string;
  readonly cname: string | undefined;
  readonly local: boolean;
  readonly info: ParticipantInfo;
  /** `name`, else the part of the CNAME that tells most, else the SSRC. */
  readonly displayName: string;
  readonly media: ReadonlySet<MediaType>;
  readonly streams: readonly MediaStream[];
  readonly substreams: readonly Substream[];
  /** Where its packets come from. */
  readonly address: string | undefined;
  /** Sends RTP on some medium. */
  readonly active: boolean;
  /** Its level is over the threshold. */
  readonly talking: boolean;
  readonly levelDbfs: number;
  /** Not heard here; on the local participant: nothing is sent (PAR-05). */
  muted: boolean;
  /** Mutes on one stream only. */
  setMuted(muted: boolean, stream?: MediaStream): void;
  isMuted(stream: MediaStream): boolean;
  /** Gain, balance and tone here of everything it sends, now and later; undefined for ourselves (QUA-03). */
  readonly sound: SoundControls | undefined;
  /** When it was first heard, wall clock. */
  readonly since: Date;
  /** Left or timed out. */
  readonly gone: boolean;
  toJSON(): ParticipantJson;
}

/** Fields are added to, never renamed. */
export interface ParticipantJson {
  readonly id: string;
  readonly cname: string | null;
  readonly local: boolean;
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly location: string | null;
  readonly tool: string | null;
  readonly note: string | null;
  readonly private: readonly { readonly prefix: string; readonly value: string }[];
  readonly address: string | null;
  readonly media: readonly MediaType[];
  readonly active: boolean;
  readonly talking: boolean;
  readonly muted: boolean;
  /** null for silence. */
  readonly levelDbfs: number | null;
  readonly since: string;
  readonly substreams: readonly {
    readonly ssrc: number;
    readonly media: MediaType;
    readonly format: string | null;
    readonly packetsReceived: number;
    readonly packetsLost: number;
    readonly lossPercent: number;
    readonly jitterMs: number;
    readonly duplicates: number;
    readonly reordered: number;
    readonly late: number;
    readonly undecodable: number;
    readonly concealedMs: number;
    readonly playoutDelayMs: number;
    readonly playoutTargetMs: number;
    /** null until measured. */
    readonly clockDriftPpm: number | null;
    readonly roundTripMs: number | null;
    readonly quality: SubstreamQualityJson;
  }[];
}

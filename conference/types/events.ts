import type { QosResult } from '../../src/net/index.ts';
import type { SdesItemName } from '../../src/rtcp/index.ts';
import type { AudioSink, AudioSource } from '../terminal/index.ts';
import type { MediaType, QosCause, QosKind } from './common.ts';
import type { EncryptionInfo, EncryptionNews } from './encryption.ts';
import type { MatrixFinding } from './matrix.ts';
import type { Participant } from './participant.ts';
import type { MediaStream, Substream } from './stream.ts';

export type StreamCause =
  | 'localRequest'
  | 'remoteRequest'
  | 'badDevice'
  | 'connectFailed'
  | 'qualityOfService'
  | 'unknown';

export type ConferenceEvent =
  /** PEV-01. Without a CNAME yet when RTP came before RTCP; `participantInfo` follows. */
  | { readonly type: 'participantJoined'; readonly participant: Participant }
  /** PEV-02 */
  | {
      readonly type: 'participantInfo';
      readonly participant: Participant;
      readonly items: readonly SdesItemName[];
    }
  /** Two that were taken for different are one: the CNAME became known. `merged` is gone. */
  | { readonly type: 'participantMerged'; readonly participant: Participant; readonly merged: Participant }
  /** PEV-03 */
  | {
      readonly type: 'participantLeft';
      readonly participant: Participant;
      readonly reason: string | undefined;
    }
  /** PEV-08..11 */
  | {
      readonly type:
        | 'participantTimedOut'
        | 'participantRecovered'
        | 'participantActive'
        | 'participantInactive';
      readonly participant: Participant;
    }
  /** By level; the local participant's are PEV-12 and PEV-13. */
  | { readonly type: 'talking' | 'silent'; readonly participant: Participant }
  /** Somebody else has the floor; nobody when undefined. */
  | { readonly type: 'activeTalker'; readonly participant: Participant | undefined }
  /** A key that a participant pressed has been let go (RFC 4733). */
  | {
      readonly type: 'digit';
      readonly participant: Participant;
      /** `0` to `9`, `*`, `#`, `A` to `D`. */
      readonly digit: string;
      /** How long it was down, in milliseconds. */
      readonly durationMs: number;
    }
  /** Whoever receives our pictures wants a key picture: the encoder behind what is sent should make one. */
  | {
      readonly type: 'keyPictureRequested';
      readonly participant: Participant;
      /** Place of the `m=` line, from 0. */
      readonly medium: number;
      readonly mediaType: MediaType;
      /** `pli`: pictures were lost. `fir`: it is needed at once. */
      readonly kind: 'pli' | 'fir';
    }
  /** PEV-04, PEV-05 */
  | {
      readonly type: 'substreamAdded' | 'substreamRemoved';
      readonly participant: Participant;
      readonly substream: Substream;
    }
  /** PEV-06, PEV-07: a terminal has been put on a participant, or taken off. */
  | {
      readonly type: 'participantMapped' | 'participantUnmapped';
      readonly participant: Participant;
      readonly substream: Substream;
      readonly terminal: AudioSink;
    }
  /** What is heard of one source has been bad for seconds, or is good again; by its listening quality. */
  | {
      readonly type: 'qualityPoor' | 'qualityRestored';
      readonly participant: Participant;
      readonly substream: Substream;
      /** 1 to 4.5. */
      readonly mosLq: number;
    }
  /** Something is wrong with somebody's reception, by everybody's reports. */
  | { readonly type: 'reception'; readonly mediaType: MediaType; readonly finding: MatrixFinding }
  /** TRM-04 */
  | {
      readonly type: 'streamActive' | 'streamInactive' | 'streamFailed';
      readonly stream: MediaStream;
      readonly cause: StreamCause;
    }
  /** The source has given everything. */
  | { readonly type: 'sourceEnded'; readonly stream: MediaStream; readonly terminal: AudioSource }
  | {
      readonly type: 'terminalFailed';
      readonly stream: MediaStream;
      readonly terminal: AudioSource | AudioSink;
      readonly message: string;
    }
  /** Push-to-talk: the key, or what became of pressing it. */
  | {
      readonly type: 'floor';
      readonly state: 'talking' | 'waiting' | 'idle';
      /** `timeout`: pressed for too long, a key that is stuck. */
      readonly cause: 'pressed' | 'released' | 'timeout' | 'left';
    }
  /** Pressed while others talk; `waiting` for their end, or talking into it. */
  | {
      readonly type: 'floorBusy';
      readonly participants: readonly Participant[];
      readonly waiting: boolean;
    }
  /** What we send is cut off at full scale: so many times since it was told last. At most every five seconds. */
  | { readonly type: 'clipping'; readonly stream: MediaStream; readonly overs: number }
  /** QOS-02 */
  | {
      readonly type: 'qos';
      readonly mediaType: MediaType;
      readonly kind: QosKind;
      readonly cause: QosCause;
      readonly message: string;
      readonly result: QosResult;
    }
  /** An interface in use has gone; it, or another in its place, is used again. */
  | {
      readonly type: 'interfaceLost' | 'interfaceBack';
      readonly name: string;
      readonly message: string;
    }
  /** Keys of an encrypted medium, and packets that they do not open. */
  | ({
      readonly type: 'encryption';
      readonly mediaType: MediaType;
      readonly encryption: EncryptionInfo;
    } & EncryptionNews)
  /** Something the user should know. `code` is stable. */
  | { readonly type: 'warning'; readonly code: string; readonly message: string };

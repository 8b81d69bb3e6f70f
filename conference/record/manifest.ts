import type { ParticipantInfo } from '../types/index.ts';

/** A stretch of a track that holds silence in place of what was sent. */
export interface RecordedGap {
  /** Where it begins and how long it is, in seconds and in frames (RTP ticks where there are no frames). */
  readonly from: number;
  readonly seconds: number;
  readonly frame: number;
  readonly frames: number;
  /** Packets that are missing. */
  readonly packets: number;
  /** `lost`: did not come in time. `clock`: the sender's clock was brought together with ours. */
  readonly reason: 'lost' | 'clock';
}

/** Who sent from when on: a new entry for each SSRC and each format. */
export interface RecordedSource {
  readonly ssrc: number;
  /** `L24/48000/2` */
  readonly payloadFormat: string;
  readonly from: number;
  readonly address: string | null;
}

export interface RecordedTrack {
  file: string;
  readonly kind: 'audio' | 'video' | 'mix';
  /** Place of the `m=` line, from 0; null for the mix. */
  readonly medium: number | null;
  /** What the participant said about himself, as it is known now. */
  participant: ParticipantInfo;
  readonly local: boolean;
  /** Of the file: `s24le`, `opus`, `h264`. */
  encoding: string;
  sampleRate: number | null;
  channels: number | null;
  /** Pictures; null for sound, and where they are not counted. */
  pictures: number | null;
  /** Length so far. */
  seconds: number;
  packets: number;
  packetsLost: number;
  /** Packets that came after their place had been written. */
  packetsLate: number;
  readonly sources: RecordedSource[];
  readonly gaps: RecordedGap[];
  /** Beyond the {@link MAX_GAPS} that are listed. */
  gapsOmitted: number;
  /** Why the file ends early, or is not complete. */
  failed: string | null;
}

export interface RecordedCapture {
  readonly file: string;
  readonly encoding: 'pcapng' | 'rtpdump';
  packets: number;
  failed: string | null;
}

/** What is written beside a recording. Fields are added to, never renamed. */
export interface RecordingManifest {
  readonly version: 1;
  readonly program: string;
  readonly conference: string;
  /** Wall clock of the first frame of every file, and of the end: null while it goes on, or after a crash. */
  readonly start: string;
  end: string | null;
  seconds: number;
  readonly cname: string | null;
  /** The session description, as it was joined. */
  readonly sdp: string;
  tracks: RecordedTrack[];
  captures: RecordedCapture[];
}

/** Gaps listed for each track; memory and the file stay bounded however bad the network is. */
const MAX_GAPS = 10_000;

/** Lists a gap, as one with the gap before when they touch. */
export function noteGap(track: RecordedTrack, gap: RecordedGap): void {
  track.packetsLost += gap.packets;
  const last = track.gaps.at(-1);
  if (last !== undefined && last.reason === gap.reason && last.frame + last.frames === gap.frame) {
    track.gaps[track.gaps.length - 1] = {
      ...last,
      frames: last.frames + gap.frames,
      seconds: last.seconds + gap.seconds,
      packets: last.packets + gap.packets,
    };
  } else if (track.gaps.length < MAX_GAPS) track.gaps.push(gap);
  else track.gapsOmitted++;
}

/** Sources listed for each track. */
const MAX_SOURCES = 1000;

export function noteSource(track: RecordedTrack, source: RecordedSource): void {
  const last = track.sources.at(-1);
  if (last?.ssrc === source.ssrc && last.payloadFormat === source.payloadFormat) return;
  if (track.sources.length < MAX_SOURCES) track.sources.push(source);
}

export function newTrack(kind: RecordedTrack['kind'], medium: number | null, local: boolean): RecordedTrack {
  return {
    file: '',
    kind,
    medium,
    participant: {},
    local,
    encoding: '',
    sampleRate: null,
    channels: null,
    pictures: null,
    seconds: 0,
    packets: 0,
    packetsLost: 0,
    packetsLate: 0,
    sources: [],
    gaps: [],
    gapsOmitted: 0,
    failed: null,
  };
}

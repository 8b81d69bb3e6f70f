import { participantJson } from '../participant-json.ts';
import type {
  MediaStream,
  MediaType,
  Participant,
  ParticipantInfo,
  ParticipantJson,
  Substream,
} from '../types/index.ts';
import type { CaptureStream } from './capture-stream.ts';

/** Ourselves (PAR-06). */
export class LocalParticipant implements Participant {
  readonly id = 'local';
  readonly local = true;
  readonly gone = false;
  readonly substreams: readonly Substream[] = [];
  readonly since: Date;
  #info: ParticipantInfo;
  #muted = false;
  readonly #captures: () => readonly CaptureStream[];
  readonly #address: () => string | undefined;

  constructor(
    info: ParticipantInfo,
    wall: number,
    captures: () => readonly CaptureStream[],
    address: () => string | undefined,
  ) {
    this.#info = info;
    this.since = new Date(wall);
    this.#captures = captures;
    this.#address = address;
  }

  get cname(): string | undefined {
    return this.#info.cname;
  }
  get info(): ParticipantInfo {
    return this.#info;
  }
  setInfo(info: ParticipantInfo): void {
    this.#info = info;
  }
  get displayName(): string {
    const { name, cname } = this.#info;
    return name !== undefined && name !== '' ? name : (cname ?? 'me');
  }
  get media(): ReadonlySet<MediaType> {
    return new Set(this.#captures().map((it) => it.mediaType));
  }
  get streams(): readonly MediaStream[] {
    return this.#captures();
  }
  get address(): string | undefined {
    return this.#address();
  }
  get active(): boolean {
    return this.#captures().some((it) => it.state === 'active');
  }
  get talking(): boolean {
    return this.#captures().some((it) => it.voice.talking);
  }
  get levelDbfs(): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...this.#captures().map((it) => it.levelDbfs));
  }
  get muted(): boolean {
    return this.#muted;
  }
  set muted(muted: boolean) {
    this.setMuted(muted);
  }
  setMuted(muted: boolean, stream?: MediaStream): void {
    if (stream === undefined) this.#muted = muted;
    for (const it of this.#captures()) if (stream === undefined || it === stream) it.muted = muted;
  }
  get sound(): undefined {
    return undefined;
  }
  isMuted(stream: MediaStream): boolean {
    return this.#captures().some((it) => it === stream && it.muted);
  }
  toJSON(): ParticipantJson {
    return participantJson(this);
  }
}

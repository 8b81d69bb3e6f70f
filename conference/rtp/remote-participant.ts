import type { RtpSession, RtpSource } from '../../src/rtp/index.ts';
import type { SdesItemName, SdesItems } from '../../src/rtcp/index.ts';
import { participantJson } from '../participant-json.ts';
import { Fader, type SoundControls } from '../strip/index.ts';
import type {
  MediaStream,
  MediaType,
  Participant,
  ParticipantInfo,
  ParticipantJson,
} from '../types/index.ts';
import type { MediumPlan } from './medium-plan.ts';
import type { RenderStream } from './render-stream.ts';
import type { SsrcSubstream } from './substream.ts';

/** What the list must know of one medium. */
export interface ParticipantMedium {
  readonly index: number;
  readonly mediaType: MediaType;
  readonly plan: MediumPlan;
  readonly session: RtpSession;
  readonly render: RenderStream | undefined;
}

/** One SSRC on one medium, and whose it is. */
export interface Member {
  readonly medium: ParticipantMedium;
  readonly source: RtpSource;
  participant: RemoteParticipant;
  /** There once RTP was heard. */
  substream: SsrcSubstream | undefined;
}

let nextId = 1;

/** Somebody else: all sources that share a CNAME. */
export class RemoteParticipant implements Participant {
  readonly id = `p${nextId++}`;
  readonly local = false;
  readonly since: Date;
  gone = false;
  #info: SdesItems = {};
  readonly #members = new Set<Member>();
  #mutedAll = false;
  readonly #mutedOn = new Map<number, boolean>();
  #sound: Fader | undefined;
  #active = false;
  #talking = false;
  #address: string | undefined;

  constructor(wall: number) {
    this.since = new Date(wall);
  }

  get cname(): string | undefined {
    return this.#info.cname;
  }
  get info(): ParticipantInfo {
    return this.#info;
  }
  get displayName(): string {
    const { name, cname } = this.#info;
    if (name !== undefined && name !== '') return name;
    const [member] = this.#members;
    return cname ?? member?.source.ssrc.toString(16).padStart(8, '0') ?? this.id;
  }
  get memberCount(): number {
    return this.#members.size;
  }
  get media(): ReadonlySet<MediaType> {
    return new Set([...this.#members].map(({ medium }) => medium.mediaType));
  }
  get streams(): readonly MediaStream[] {
    return [...new Set([...this.#members].map(({ medium }) => medium.render))].filter(
      (it) => it !== undefined,
    );
  }
  get substreams(): readonly SsrcSubstream[] {
    return [...this.#members].map(({ substream }) => substream).filter((it) => it !== undefined);
  }
  get address(): string | undefined {
    for (const { source } of this.#members) {
      this.#address = (source.rtpAddress ?? source.rtcpAddress)?.address ?? this.#address;
    }
    return this.#address;
  }
  get active(): boolean {
    return this.#active;
  }
  get talking(): boolean {
    return this.#talking;
  }
  get levelDbfs(): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...this.substreams.map((it) => it.stats.levelDbfs));
  }
  get muted(): boolean {
    return this.#mutedAll;
  }
  set muted(muted: boolean) {
    this.setMuted(muted);
  }
  setMuted(muted: boolean, stream?: MediaStream): void {
    if (stream === undefined) {
      this.#mutedAll = muted;
      this.#mutedOn.clear();
    } else this.#mutedOn.set(stream.medium, muted);
    for (const substream of this.substreams) this.#applyMute(substream);
  }
  get sound(): SoundControls {
    this.#sound ??= new Fader(() => {
      for (const substream of this.substreams) this.#applySound(substream);
    });
    return this.#sound;
  }
  isMuted(stream: MediaStream): boolean {
    return this.#mutedOn.get(stream.medium) ?? this.#mutedAll;
  }
  /** What was set for this participant holds for what it sends from now on, too. */
  apply(substream: SsrcSubstream): void {
    this.#applyMute(substream);
    this.#applySound(substream);
  }
  #applyMute(substream: SsrcSubstream): void {
    const { stream } = substream;
    if (substream.render === undefined || stream?.unsupportedReason !== undefined) return;
    substream.muted = this.#mutedOn.get(substream.medium) ?? this.#mutedAll;
  }
  #applySound(substream: SsrcSubstream): void {
    if (this.#sound === undefined || substream.render === undefined) return;
    if (substream.stream?.unsupportedReason !== undefined) return;
    const { gainDb, pan, bassDb, trebleDb } = this.#sound;
    Object.assign(substream.sound, { gainDb, pan, bassDb, trebleDb });
  }

  addMember(member: Member): void {
    this.#members.add(member);
    this.#info = { ...this.#info, ...member.source.sdes };
    if (member.substream !== undefined) this.apply(member.substream);
  }
  removeMember(member: Member): void {
    this.#address = (member.source.rtpAddress ?? member.source.rtcpAddress)?.address ?? this.#address;
    this.#members.delete(member);
  }

  /** Takes over the items that differ, and says which. The same news comes once per medium. */
  learn(sdes: SdesItems, items: readonly SdesItemName[]): SdesItemName[] {
    const changed = items.filter((item) => JSON.stringify(sdes[item]) !== JSON.stringify(this.#info[item]));
    const info: Record<string, unknown> = { ...this.#info };
    for (const item of changed) {
      if (sdes[item] === undefined) delete info[item];
      else info[item] = sdes[item];
    }
    this.#info = info;
    return changed;
  }

  /** @returns whether {@link active} has changed */
  noteActive(): boolean {
    const active = [...this.#members].some(({ source }) => source.isSender);
    if (active === this.#active) return false;
    this.#active = active;
    return true;
  }

  pollVoice(now: number): 'talking' | 'silent' | undefined {
    let talking = false;
    for (const { substream } of this.#members) {
      const voice = substream?.render?.voice;
      voice?.poll(now);
      talking ||= voice?.talking ?? false;
    }
    if (talking === this.#talking) return undefined;
    this.#talking = talking;
    return talking ? 'talking' : 'silent';
  }

  toJSON(): ParticipantJson {
    return participantJson(this);
  }
}

import type { Ms } from '../../src/machine.ts';
import type { Clock } from '../../src/net/index.ts';
import type { RtpSessionEvent, RtpSource, VoiceMetrics } from '../../src/rtp/index.ts';
import type { SdesItemName } from '../../src/rtcp/index.ts';
import type { PlayoutPolicy } from '../audio/index.ts';
import type { MatrixView } from '../quality/index.ts';
import type { ConferenceEvent, Participant, Substream } from '../types/index.ts';
import { type Member, type ParticipantMedium, RemoteParticipant } from './remote-participant.ts';
import { SsrcSubstream } from './substream.ts';

/** How often reception is taken down. */
const SAMPLE_MS: Ms = 1000;
/** Participants that timed out and may come back. */
const MAX_LOST = 256;

/**
 * Who is in the conference: the sources of all media put together by CNAME (PAR rows, PEV rows). A source whose CNAME
 * is not known yet is a participant of its own until it is.
 */
export class ParticipantList {
  readonly #emit: (event: ConferenceEvent) => void;
  readonly #playout: PlayoutPolicy;
  readonly #clock: Pick<Clock, 'now' | 'wall'>;
  readonly #members = new Map<ParticipantMedium, Map<number, Member>>();
  readonly #participants = new Set<RemoteParticipant>();
  #nextSample: Ms = 0;
  readonly #lost = new Map<string, RemoteParticipant>();

  constructor(
    emit: (event: ConferenceEvent) => void,
    clock: Pick<Clock, 'now' | 'wall'>,
    playout: PlayoutPolicy,
  ) {
    this.#playout = playout;
    this.#emit = emit;
    this.#clock = clock;
  }

  get all(): readonly Participant[] {
    return [...this.#participants];
  }

  substreamsOf(mediumIndex: number): readonly Substream[] {
    const out: Substream[] = [];
    for (const [medium, members] of this.#members) {
      if (medium.index !== mediumIndex) continue;
      for (const { substream } of members.values()) if (substream !== undefined) out.push(substream);
    }
    return out;
  }

  /** Whose SSRC it is. */
  find(medium: ParticipantMedium, ssrc: number): Participant | undefined {
    return this.#members.get(medium)?.get(ssrc)?.participant;
  }

  handle(medium: ParticipantMedium, event: RtpSessionEvent): void {
    switch (event.type) {
      case 'sourceAdded':
        this.#add(medium, event.source, false);
        return;
      case 'sourceRecovered':
        if (event.source.validated) this.#add(medium, event.source, true);
        return;
      case 'sourceUpdated':
        this.#update(medium, event.source, event.items);
        return;
      case 'sourceActive':
        this.#activity(medium, event.source, true);
        return;
      case 'sourceInactive':
        this.#activity(medium, event.source, false);
        return;
      case 'sourceBye':
        this.#remove(medium, event.source, 'left', event.reason);
        return;
      case 'sourceTimeout':
        this.#remove(medium, event.source, 'timedOut', undefined);
        return;
      case 'sourceRestarted':
      case 'collision':
      case 'ownSsrcChanged':
      case 'loop':
      case 'reportReceived':
      case 'appReceived':
      case 'keyPictureRequested':
      case 'left':
        return;
    }
  }

  /** Looks at levels; call it ten times a second. */
  pollVoices(now: number): void {
    for (const participant of this.#participants) {
      const change = participant.pollVoice(now);
      if (change !== undefined) this.#emit({ type: change, participant });
    }
  }

  /** How a source is played, for extended reports; undefined when it is not. */
  voiceMetrics(medium: ParticipantMedium, ssrc: number): VoiceMetrics | undefined {
    return this.#members.get(medium)?.get(ssrc)?.substream?.meter.voiceMetrics();
  }

  /** Names and our own reception, for the matrix. */
  matrixView(medium: ParticipantMedium): Pick<MatrixView, 'nameOf' | 'recentOf'> {
    const members = this.#membersOf(medium);
    return {
      nameOf: ({ ssrc, cname }) => members.get(ssrc)?.participant.displayName ?? cname ?? ssrc.toString(16),
      recentOf: ({ ssrc }) => members.get(ssrc)?.substream?.meter.recent(),
    };
  }

  /** Takes down what has been received, once a second however often it is called. */
  sampleQuality(now: Ms): void {
    if (now < this.#nextSample) return;
    this.#nextSample = now + SAMPLE_MS;
    for (const members of this.#members.values()) {
      for (const { substream, participant } of members.values()) {
        const news = substream?.meter.sample(now);
        if (news === undefined || substream === undefined) continue;
        const mosLq = substream.meter.rating()?.mosLq ?? 1;
        const type = news === 'poor' ? 'qualityPoor' : 'qualityRestored';
        this.#emit({ type, participant, substream, mosLq });
      }
    }
  }

  #add(medium: ParticipantMedium, source: RtpSource, recovered: boolean): void {
    const members = this.#membersOf(medium);
    if (members.has(source.ssrc)) return;
    const known = this.#findByCname(source.cname);
    const back = known ?? this.#comeBack(lostKey(medium, source));
    const participant = back ?? new RemoteParticipant(this.#clock.wall());
    const member: Member = { medium, source, participant, substream: undefined };
    members.set(source.ssrc, member);
    participant.addMember(member);
    const isNew = !this.#participants.has(participant);
    this.#participants.add(participant);
    if (isNew) {
      const type = recovered && back !== undefined ? 'participantRecovered' : 'participantJoined';
      this.#emit({ type, participant });
    }
    if (source.isSender) this.#activity(medium, source, true);
  }

  #comeBack(key: string): RemoteParticipant | undefined {
    const participant = this.#lost.get(key);
    if (participant === undefined) return undefined;
    this.#lost.delete(key);
    participant.gone = false;
    return participant;
  }

  #update(medium: ParticipantMedium, source: RtpSource, items: readonly SdesItemName[]): void {
    const member = this.#members.get(medium)?.get(source.ssrc);
    if (member === undefined) return;
    const other = items.includes('cname') ? this.#findByCname(source.cname, member.participant) : undefined;
    if (other !== undefined) this.#merge(member, other);
    const changed = member.participant.learn(source.sdes, items);
    if (changed.length > 0) {
      this.#emit({ type: 'participantInfo', participant: member.participant, items: changed });
    }
  }

  #merge(member: Member, into: RemoteParticipant): void {
    const merged = member.participant;
    merged.removeMember(member);
    member.participant = into;
    into.addMember(member);
    if (merged.memberCount > 0) return;
    this.#participants.delete(merged);
    merged.gone = true;
    this.#emit({ type: 'participantMerged', participant: into, merged });
  }

  #activity(medium: ParticipantMedium, source: RtpSource, active: boolean): void {
    const member = this.#members.get(medium)?.get(source.ssrc);
    if (member === undefined) return;
    const { participant } = member;
    if (active && member.substream === undefined) {
      member.substream = new SsrcSubstream(member, this.#playout, () => this.#clock.now());
      participant.apply(member.substream);
      this.#emit({ type: 'substreamAdded', participant, substream: member.substream });
    }
    if (participant.noteActive()) {
      const type = participant.active ? 'participantActive' : 'participantInactive';
      this.#emit({ type, participant });
    }
  }

  #remove(
    medium: ParticipantMedium,
    source: RtpSource,
    how: 'left' | 'timedOut',
    reason: string | undefined,
  ): void {
    const members = this.#membersOf(medium);
    const member = members.get(source.ssrc);
    if (member === undefined) return;
    members.delete(source.ssrc);
    const { participant, substream } = member;
    participant.removeMember(member);
    medium.render?.remove(source.ssrc);
    if (substream !== undefined) this.#emit({ type: 'substreamRemoved', participant, substream });
    if (participant.memberCount > 0) {
      if (participant.noteActive()) this.#emit({ type: 'participantInactive', participant });
      return;
    }
    this.#participants.delete(participant);
    participant.gone = true;
    if (how === 'left') this.#emit({ type: 'participantLeft', participant, reason });
    else {
      this.#lost.set(lostKey(medium, source), participant);
      const oldest = this.#lost.keys().next().value;
      if (this.#lost.size > MAX_LOST && oldest !== undefined) this.#lost.delete(oldest);
      this.#emit({ type: 'participantTimedOut', participant });
    }
  }

  #membersOf(medium: ParticipantMedium): Map<number, Member> {
    let members = this.#members.get(medium);
    if (members === undefined) {
      members = new Map();
      this.#members.set(medium, members);
    }
    return members;
  }

  #findByCname(cname: string | undefined, except?: RemoteParticipant): RemoteParticipant | undefined {
    if (cname === undefined) return undefined;
    for (const it of this.#participants) if (it !== except && it.cname === cname) return it;
    return undefined;
  }
}

function lostKey(medium: ParticipantMedium, source: RtpSource): string {
  return source.cname ?? `${medium.index}/${source.ssrc}`;
}

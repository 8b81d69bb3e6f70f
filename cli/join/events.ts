import type { MediumJson } from './medium-json.ts';
import type { CallEvent, JoinVerdict, ParticipantJson, TimelineEvent } from '../../conference/index.ts';
import { type EncryptionJoinEvent, encryptionEvent } from './encryption-event.ts';

import {
  type CallQualityJson,
  fromQualityEvent,
  QUALITY_EVENTS,
  type QualityEvent,
} from './quality-events.ts';

export type LeaveCause =
  /** `--duration` is over. */
  | 'duration'
  /** The `q` key. */
  | 'quit'
  /** The conference's time is over. */
  | 'closed'
  /** Ctrl-C or a signal. */
  | 'interrupted'
  /** Whoever read our output has gone. */
  | 'output-closed';

interface WithParticipant<E extends string> {
  readonly type: E;
  readonly participant: ParticipantJson;
}

/** What `join` tells, line by line with `--json`, where each line has `time` too. Fields are added to, never renamed. */
export type JoinEvent =
  | { readonly type: 'waiting'; readonly name: string; readonly start: string; readonly inSeconds: number }
  | {
      readonly type: 'joined';
      readonly name: string;
      readonly cname: string;
      readonly sending: string | null;
      readonly receiving: readonly string[];
      readonly stop: string | null;
      readonly media: readonly MediumJson[];
    }
  | WithParticipant<
      | 'participant-joined'
      | 'participant-timeout'
      | 'participant-recovered'
      | 'participant-active'
      | 'participant-inactive'
      | 'talking'
      | 'silent'
    >
  | { readonly type: 'active-talker'; readonly participant: ParticipantJson | null }
  | (WithParticipant<'participant-updated'> & { readonly items: readonly string[] })
  | (WithParticipant<'participant-merged'> & { readonly mergedId: string })
  | (WithParticipant<'participant-left'> & { readonly reason: string | null })
  | (WithParticipant<'substream-added' | 'substream-removed'> & {
      readonly ssrc: number;
      readonly media: string;
    })
  | (WithParticipant<'participant-mapped' | 'participant-unmapped'> & {
      readonly ssrc: number;
      readonly terminal: string;
    })
  | {
      readonly type: 'stream-active' | 'stream-inactive' | 'stream-failed';
      readonly stream: string;
      readonly media: string;
      readonly direction: string;
      readonly cause: string;
    }
  | { readonly type: 'source-ended'; readonly terminal: string }
  | { readonly type: 'recording'; readonly directory: string }
  | {
      readonly type: 'recorded';
      readonly directory: string;
      readonly files: number;
      readonly seconds: number;
      readonly packetsLost: number;
    }
  | { readonly type: 'terminal-failed'; readonly terminal: string; readonly message: string }
  | { readonly type: 'floor'; readonly state: string; readonly cause: string }
  | {
      readonly type: 'floor-busy';
      readonly participants: readonly ParticipantJson[];
      readonly waiting: boolean;
    }
  | (WithParticipant<'digit'> & { readonly digit: string; readonly durationMs: number })
  | (WithParticipant<'key-picture-requested'> & { readonly media: string; readonly kind: 'pli' | 'fir' })
  | { readonly type: 'clipping'; readonly stream: string; readonly overs: number }
  | {
      readonly type: 'qos';
      readonly media: string;
      readonly kind: string;
      readonly cause: string;
      readonly message: string;
      readonly dscpRequested: number;
      readonly dscp: number;
    }
  | EncryptionJoinEvent
  | QualityEvent
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  | {
      readonly type: 'interface-lost' | 'interface-back';
      readonly interface: string;
      readonly message: string;
    }
  | { readonly type: 'state'; readonly from: string; readonly to: string }
  | {
      readonly type: 'verdict';
      readonly outcome: JoinVerdict['outcome'];
      readonly participants: number;
      readonly hearing: number;
      readonly summary: string;
      readonly reasons: readonly {
        readonly code: string;
        readonly message: string;
        readonly tryThis: string;
      }[];
    }
  | {
      readonly type: 'statistics';
      readonly final: boolean;
      readonly participants: readonly ParticipantJson[];
      readonly media: readonly MediumJson[];
      readonly call: CallQualityJson;
    }
  | { readonly type: 'ducking'; readonly others: readonly string[] }
  | { readonly type: 'ducking-over' }
  | { readonly type: 'talk-target'; readonly name: string | null }
  | { readonly type: 'opened'; readonly stop: string | null }
  | { readonly type: 'closing'; readonly stop: string; readonly inSeconds: number }
  | { readonly type: 'closed'; readonly next: string | null }
  | { readonly type: 'left'; readonly cause: LeaveCause; readonly seconds: number };

/** Every event with its fields beside `type` and `time`, and when it comes: the documentation is made of this. */
export const JOIN_EVENTS: readonly (readonly [event: JoinEvent['type'], fields: string, meaning: string])[] =
  [
    ['waiting', 'name, start, inSeconds', '`--wait`: the conference has not begun'],
    [
      'joined',
      'name, cname, sending, receiving, stop, media',
      'the groups are joined; `media` says where and how',
    ],
    ['participant-joined', 'participant', 'somebody is there'],
    [
      'participant-updated',
      'participant, items',
      'what a participant says about itself is new or has changed',
    ],
    ['participant-merged', 'participant, mergedId', 'two were one and the same'],
    ['participant-left', 'participant, reason', 'somebody said goodbye; `reason` may be null'],
    ['participant-timeout', 'participant', 'somebody has not been heard of for long'],
    ['participant-recovered', 'participant', 'somebody who timed out is back'],
    ['participant-active', 'participant', 'a participant begins to send'],
    ['participant-inactive', 'participant', 'a participant has ceased to send'],
    ['talking', 'participant', 'a participant, perhaps ourselves, is loud enough to be talking'],
    ['silent', 'participant', 'a participant, perhaps ourselves, has ceased to talk'],
    ['active-talker', 'participant', 'who has the floor of those who talk; null for nobody'],
    ['substream-added', 'participant, ssrc, media', 'a participant has begun to send one medium'],
    ['substream-removed', 'participant, ssrc, media', 'a participant sends one medium no more'],
    ['participant-mapped', 'participant, ssrc, terminal', 'a sink hears one participant alone'],
    ['participant-unmapped', 'participant, ssrc, terminal', 'a sink hears that participant no more'],
    ['stream-active', 'stream, media, direction, cause', 'one of our streams runs'],
    ['stream-inactive', 'stream, media, direction, cause', 'one of our streams rests'],
    ['stream-failed', 'stream, media, direction, cause', 'one of our streams has failed'],
    ['source-ended', 'terminal', 'everything there was has been sent'],
    ['recording', 'directory', '`--record`: from now on, and where to'],
    [
      'recorded',
      'directory, files, seconds, packetsLost',
      'the recording has ended; `recording.json` in the directory tells the details',
    ],
    ['terminal-failed', 'terminal, message', 'a source or a sink has failed; the conference goes on'],
    ['floor', 'state, cause', '`--ptt`: we are `talking`, politely `waiting`, or `idle` again'],
    [
      'floor-busy',
      'participants, waiting',
      '`--ptt`: pressed while these talk; `waiting` says whether for their end',
    ],
    ['digit', 'participant, digit, durationMs', 'a participant pressed a key (RFC 4733) and has let it go'],
    [
      'key-picture-requested',
      'participant, media, kind',
      'a participant wants a key picture of what we send: pictures were lost (`pli`), or it has come late (`fir`)',
    ],
    [
      'clipping',
      'stream, overs',
      'what we send is cut off at full scale, so many times since it was told last',
    ],
    [
      'qos',
      'media, kind, cause, message, dscpRequested, dscp',
      'packets are not marked as asked for (`marking`), lose their marks on the way (`remarked`) or cannot be sent (`sending`), or the network is full (`bandwidth`, `loss`, `lossThere`, `delay`)',
    ],
    [
      'encryption',
      'media, kind, message, suite, key',
      'the key changes or wears out, or packets do not open',
    ],
    ...QUALITY_EVENTS,
    ['warning', 'code, message', 'something to know'],
    ['interface-lost', 'interface, message', 'a network interface in use has gone'],
    ['interface-back', 'interface, message', 'it is used again, or another in its place'],
    ['state', 'from, to', 'the call has changed its state'],
    [
      'verdict',
      'outcome, participants, hearing, summary, reasons',
      'what the join has come to, within seconds',
    ],
    [
      'statistics',
      'final, participants, media, call',
      'every two seconds, and with `final` before leaving: what was counted',
    ],
    ['ducking', 'others', 'of several: the others are softer while somebody talks in this one'],
    ['ducking-over', '', 'of several: the others are as loud as before'],
    ['talk-target', 'name', 'of several: where what we say goes; null for nowhere'],
    ['opened', 'stop', 'the conference begins, having been joined before'],
    ['closing', 'stop, inSeconds', 'the conference ends soon'],
    ['closed', 'next', 'the time of the conference is over; `next` is when it takes place again, or null'],
    ['left', 'cause, seconds', 'the last one: why we left, and how long we were there'],
  ];

/** What the call tells, as the events above. */
export function fromCallEvent(event: CallEvent): JoinEvent {
  switch (event.type) {
    case 'participantJoined':
      return { type: 'participant-joined', participant: event.participant.toJSON() };
    case 'participantTimedOut':
      return { type: 'participant-timeout', participant: event.participant.toJSON() };
    case 'participantRecovered':
      return { type: 'participant-recovered', participant: event.participant.toJSON() };
    case 'participantActive':
      return { type: 'participant-active', participant: event.participant.toJSON() };
    case 'participantInactive':
      return { type: 'participant-inactive', participant: event.participant.toJSON() };
    case 'talking':
    case 'silent':
      return { type: event.type, participant: event.participant.toJSON() };
    case 'activeTalker':
      return { type: 'active-talker', participant: event.participant?.toJSON() ?? null };
    case 'participantInfo':
      return { type: 'participant-updated', participant: event.participant.toJSON(), items: event.items };
    case 'participantMerged':
      return {
        type: 'participant-merged',
        participant: event.participant.toJSON(),
        mergedId: event.merged.id,
      };
    case 'participantLeft':
      return {
        type: 'participant-left',
        participant: event.participant.toJSON(),
        reason: event.reason ?? null,
      };
    case 'substreamAdded':
    case 'substreamRemoved': {
      const { ssrc, mediaType } = event.substream;
      const name = event.type === 'substreamAdded' ? 'substream-added' : 'substream-removed';
      return { type: name, participant: event.participant.toJSON(), ssrc, media: mediaType };
    }
    case 'participantMapped':
    case 'participantUnmapped': {
      const { participant, substream, terminal } = event;
      const type = event.type === 'participantMapped' ? 'participant-mapped' : 'participant-unmapped';
      return { type, participant: participant.toJSON(), ssrc: substream.ssrc, terminal: terminal.name };
    }
    case 'streamActive':
      return { type: 'stream-active', ...streamFields(event) };
    case 'streamInactive':
      return { type: 'stream-inactive', ...streamFields(event) };
    case 'streamFailed':
      return { type: 'stream-failed', ...streamFields(event) };
    case 'sourceEnded':
      return { type: 'source-ended', terminal: event.terminal.name };
    case 'terminalFailed':
      return { type: 'terminal-failed', terminal: event.terminal.name, message: event.message };
    case 'qos': {
      const { mediaType, kind, cause, message, result } = event;
      return {
        type: 'qos',
        media: mediaType,
        kind,
        cause,
        message,
        dscpRequested: result.requested,
        dscp: result.effective,
      };
    }
    case 'floor':
      return { type: 'floor', state: event.state, cause: event.cause };
    case 'floorBusy': {
      const participants = event.participants.map((it) => it.toJSON());
      return { type: 'floor-busy', participants, waiting: event.waiting };
    }
    case 'digit': {
      const { participant, digit, durationMs } = event;
      return { type: 'digit', participant: participant.toJSON(), digit, durationMs };
    }
    case 'keyPictureRequested': {
      const { participant, mediaType, kind } = event;
      return { type: 'key-picture-requested', participant: participant.toJSON(), media: mediaType, kind };
    }
    case 'clipping':
      return { type: 'clipping', stream: event.stream.name, overs: event.overs };
    case 'encryption':
      return encryptionEvent(event);
    case 'warning':
      return { type: 'warning', code: event.code, message: event.message };
    case 'interfaceLost':
    case 'interfaceBack': {
      const type = event.type === 'interfaceLost' ? 'interface-lost' : 'interface-back';
      return { type, interface: event.name, message: event.message };
    }
    case 'qualityPoor':
    case 'qualityRestored':
    case 'reception':
      return fromQualityEvent(event);
    case 'state':
      break;
  }
  return { type: 'state', from: event.from, to: event.to };
}

function streamFields({
  stream,
  cause,
}: Extract<CallEvent, { readonly stream: unknown; readonly cause: unknown }>) {
  return { stream: stream.name, media: stream.mediaType, direction: stream.direction, cause };
}

/** What the clock brings; the session has begun already when it is joined, so the first `open` may be no news. */
export function fromTimelineEvent(event: TimelineEvent): JoinEvent {
  const date = (ms: number | undefined): string | null =>
    ms === undefined ? null : new Date(ms).toISOString();
  switch (event.type) {
    case 'open':
      return { type: 'opened', stop: date(event.stop) };
    case 'closing':
      return {
        type: 'closing',
        stop: new Date(event.stop).toISOString(),
        inSeconds: Math.round(event.inMs / 1000),
      };
    case 'close':
      break;
  }
  return { type: 'closed', next: date(event.next) };
}

export function verdictEvent({ outcome, participants, hearing, summary, reasons }: JoinVerdict): JoinEvent {
  return { type: 'verdict', outcome, participants, hearing, summary, reasons };
}

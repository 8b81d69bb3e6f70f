import type { Call, Participant, TalkControl } from '../../conference/index.ts';
import type { MediumJson } from './events.ts';
import { mediumJson } from './events.ts';
import { nameOf, totalsOf } from './wording.ts';

/** One line of the live view: a participant. Texts are printable. */
export interface PersonView {
  readonly name: string;
  readonly note: string | undefined;
  readonly levelDbfs: number;
  readonly talking: boolean;
  readonly muted: boolean;
  /** Sends sound that arrives. */
  readonly active: boolean;
  /** Undefined while nothing has arrived. */
  readonly lossPercent: number | undefined;
  readonly jitterMs: number | undefined;
}

/** Everything that the live view shows: no clock, no call, no terminal. */
export interface ViewState {
  readonly title: string;
  readonly phase: 'waiting' | 'joining' | 'joined' | 'leaving';
  readonly medium: MediumJson | undefined;
  /** Which interface, and why. */
  readonly interfaceSentence: string | undefined;
  /** That interface has gone. */
  readonly away: boolean;
  /** Until the end, or until the beginning while waiting; undefined for no end. */
  readonly remainingMs: number | undefined;
  readonly held: boolean;
  /** Push-to-talk; `open` without. */
  readonly talk: TalkControl['state'];
  readonly self: PersonView;
  /** What is sent, undefined for nothing. */
  readonly sending: string | undefined;
  readonly others: readonly PersonView[];
  /** The verdict's lines while there is trouble. */
  readonly trouble: readonly string[];
  readonly help: boolean;
  /** Keys can be pressed: standard input is a terminal. */
  readonly keys: boolean;
}

/** What the view needs to know beside the call. */
export interface ViewExtras
  extends Pick<ViewState, 'title' | 'phase' | 'remainingMs' | 'sending' | 'trouble' | 'help' | 'keys'> {}

/** Looks at a call as it is now. Cheap enough for ten times a second. */
export function viewOf(call: Call, extras: ViewExtras): ViewState {
  const [transport] = call.transports;
  return {
    ...extras,
    medium: transport === undefined ? undefined : mediumJson(transport),
    interfaceSentence: transport?.interface.sentence,
    away: transport?.away ?? false,
    held: call.session.held,
    talk: call.talk.state,
    self: personOf(call.local),
    others: othersOf(call).map(personOf),
  };
}

/** The others in the order of their number keys: who came first stays first. */
export function othersOf(call: Call): Participant[] {
  return call.participants.filter(({ local }) => !local);
}

function personOf(participant: Participant): PersonView {
  const json = participant.toJSON();
  const { packetsReceived, lossPercent, jitterMs } = totalsOf(json);
  const heard = packetsReceived > 0;
  return {
    name: nameOf(json),
    note: json.note ?? undefined,
    levelDbfs: participant.levelDbfs,
    talking: participant.talking,
    muted: participant.muted,
    active: participant.active,
    lossPercent: heard ? lossPercent : undefined,
    jitterMs: heard ? jitterMs : undefined,
  };
}

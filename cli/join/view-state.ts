import type { Call, Participant, ReceptionMatrix, TalkControl } from '../../conference/index.ts';
import { type MediumJson, mediumJson } from './medium-json.ts';
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
  /** From mouth to ear, as far as it is known, and what the E-model makes of it all; undefined while it is not known. */
  readonly delayMs: number | undefined;
  readonly mos: number | undefined;
  /** Has the floor. */
  readonly floor: boolean;
  /** Volume here, dB. */
  readonly gainDb: number;
  /** Balance here, −1 to 1. */
  readonly pan: number;
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
  /** Of {@link others}, from 0; −1 for none. */
  readonly selected: number;
  /** Volume of all together. */
  readonly mixDb: number;
  /** The page of who hears whom on each medium, in place of the people. */
  readonly matrix: readonly ReceptionMatrix[] | undefined;
  /** The verdict's lines while there is trouble. */
  readonly trouble: readonly string[];
  readonly help: boolean;
  /** Keys can be pressed: standard input is a terminal. */
  readonly keys: boolean;
}

/** What the view needs to know beside the call. */
export interface ViewExtras
  extends Pick<ViewState, 'title' | 'phase' | 'remainingMs' | 'sending' | 'trouble' | 'help' | 'keys'> {}

/** What is selected in the view of a call. */
export interface ViewChoice {
  readonly selected: Participant | undefined;
  readonly matrix: readonly ReceptionMatrix[] | undefined;
  /** Volume of all together. */
  readonly mixDb: number;
}

/** Looks at a call as it is now. Cheap enough for ten times a second. */
export function viewOf(call: Call, extras: ViewExtras, choice: ViewChoice): ViewState {
  const others = othersOf(call);
  const floor = call.session.activeTalker;
  const [transport] = call.transports;
  return {
    ...extras,
    medium: transport === undefined ? undefined : mediumJson(transport),
    interfaceSentence: transport?.interface.sentence,
    away: transport?.away ?? false,
    held: call.session.held,
    talk: call.talk.state,
    self: personOf(call.local, floor),
    others: others.map((it) => personOf(it, floor)),
    selected: choice.selected === undefined ? -1 : others.indexOf(choice.selected),
    mixDb: choice.mixDb,
    matrix: choice.matrix,
  };
}

/** The others in the order of their number keys: who came first stays first. */
export function othersOf(call: Call): Participant[] {
  return call.participants.filter(({ local }) => !local);
}

function personOf(participant: Participant, floor: Participant | undefined): PersonView {
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
    ...ratingOf(participant),
    floor: participant === floor,
    gainDb: participant.sound?.gainDb ?? 0,
    pan: participant.sound?.pan ?? 0,
  };
}

const EVERY = 10;
const ratings = new WeakMap<Participant, { rating: Pick<PersonView, 'delayMs' | 'mos'>; age: number }>();

/** Reckoned anew at every tenth look: it is dear, and nobody reads faster. */
function ratingOf(participant: Participant): Pick<PersonView, 'delayMs' | 'mos'> {
  const [substream] = participant.substreams;
  if (substream === undefined) return { delayMs: undefined, mos: undefined };
  const known = ratings.get(participant);
  if (known !== undefined && known.age++ < EVERY) return known.rating;
  const { rating: rated } = substream.quality;
  const rating = { delayMs: rated?.delayMs, mos: rated?.mosCq };
  ratings.set(participant, { rating, age: 0 });
  return rating;
}

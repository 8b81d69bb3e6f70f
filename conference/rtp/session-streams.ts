import { StateError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import type { Clock } from '../../src/net/index.ts';
import type { PlayoutPolicy } from '../audio/index.ts';
import { AddressTypeError, InvalidStreamError, UnsupportedSessionError } from '../errors.ts';
import type { ConferenceEvent, JoinRequest, MediaDirection, MediaStream, Substream } from '../types/index.ts';
import type { BlockClock } from './block-clock.ts';
import { CaptureStream } from './capture-stream.ts';
import type { Medium } from './medium.ts';
import { isAddressReason, type MediumPlan } from './medium-plan.ts';
import { RenderStream } from './render-stream.ts';
import type { Talk } from '../capture/index.ts';

export interface SessionStreamsOptions {
  /** Those that are joined; a medium that is joined later is added. */
  readonly media: Medium[];
  readonly allPlans: readonly MediumPlan[];
  readonly request: JoinRequest;
  readonly clock: Clock;
  readonly blocks: BlockClock;
  readonly playout: PlayoutPolicy;
  readonly talk: Talk;
  readonly emit: (event: ConferenceEvent) => void;
  readonly onVoice: () => void;
  readonly substreams: (mediumIndex: number) => readonly Substream[];
  readonly makeMedium: (plan: MediumPlan) => Medium;
  /** Opens a medium that was not joined at the beginning. */
  readonly open: (medium: Medium) => Promise<void>;
  readonly state: () => { readonly joined: boolean; readonly held: boolean; readonly left: boolean };
}

type Stream = CaptureStream | RenderStream;
/** A medium that is no longer needed says goodbye at once. */
const BYE_WITHIN_MS: Ms = 500;

/** The streams of a session: those it begins with, and those that are added and removed later (STR-01, STR-02). */
export class SessionStreams {
  readonly #options: SessionStreamsOptions;
  #all: readonly Stream[];

  constructor(options: SessionStreamsOptions) {
    this.#options = options;
    const { media, request } = options;
    this.#all = media.flatMap((medium) => {
      const direction = request.direction ?? medium.plan.direction;
      return (['capture', 'render'] as const).flatMap((way) =>
        includes(direction, way) ? [this.#make(medium, way)] : [],
      );
    });
  }

  get all(): readonly Stream[] {
    return this.#all;
  }

  #make(medium: Medium, direction: Stream['direction']): Stream {
    const { request, clock, blocks, playout, talk, emit, onVoice, substreams, allPlans } = this.#options;
    const { plan } = medium;
    const several =
      allPlans.filter((it) => it.support !== 'none' && it.mediaType === plan.mediaType).length > 1;
    const number = several ? ` ${plan.index + 1}` : '';
    if (direction === 'capture') {
      medium.capture = new CaptureStream({
        plan,
        name: `${plan.mediaType} out${number}`,
        clock,
        sender: medium,
        emit,
        onVoice,
        voiceDetection: request.voiceDetection,
        gainTarget: request.gainTarget,
        encoding: request.encoding,
        talk,
      });
      return medium.capture;
    }
    medium.render = new RenderStream({
      plan,
      name: `${plan.mediaType} in${number}`,
      playout,
      blocks,
      now: () => clock.now(),
      emit,
      substreams: () => substreams(plan.index),
    });
    return medium.render;
  }

  /** See {@link MediaSession.addStream}. */
  async add(mediumIndex: number, direction: Stream['direction']): Promise<MediaStream> {
    const { media, request, allPlans, makeMedium, open, state } = this.#options;
    if (state().left) throw new StateError('the session has been left: no stream can be added');
    const plan = allPlans.find(({ index }) => index === mediumIndex);
    if (plan === undefined) {
      throw new InvalidStreamError(`the description has no medium ${mediumIndex}; it has ${allPlans.length}`);
    }
    refuseUnsupported(plan);
    if (!includes(plan.direction, direction) && !includes(request.direction ?? plan.direction, direction)) {
      const way = direction === 'capture' ? 'sending' : 'receiving';
      throw new InvalidStreamError(
        `the description allows no ${way} of its ${plan.mediaType} (a=${plan.direction})`,
      );
    }
    const known = media.find(({ index }) => index === mediumIndex);
    if (known?.[direction] !== undefined) throw new StateError(`${known[direction]?.name} is there already`);
    const medium = known ?? makeMedium(plan);
    const stream = this.#make(medium, direction);
    if (known === undefined) {
      media.push(medium);
      try {
        if (state().joined) await open(medium);
      } catch (error) {
        media.splice(media.indexOf(medium), 1);
        throw error;
      }
    }
    this.#all = [...this.#all, stream];
    const { joined, held } = state();
    stream.setSession({ joined, held });
    return stream;
  }

  /** See {@link MediaSession.removeStream}. */
  async remove(stream: MediaStream): Promise<void> {
    const { media, request } = this.#options;
    const found = this.#all.find((it) => it === stream);
    const medium = media.find((it) => it.capture === found || it.render === found);
    if (found === undefined || medium === undefined) {
      throw new InvalidStreamError(`${stream.name} is not a stream of this session`);
    }
    for (const terminal of found.terminals) found.detach(terminal);
    for (const substream of found.substreams) for (const it of substream.terminals) substream.detach(it);
    found.setSession({ joined: false, held: false });
    this.#all = this.#all.filter((it) => it !== found);
    if (found instanceof CaptureStream) {
      found.dispose();
      medium.capture = undefined;
    } else medium.render = undefined;
    const asked = (request.media ?? ['audio']).includes(medium.mediaType);
    if (asked || medium.capture !== undefined || medium.render !== undefined) return;
    media.splice(media.indexOf(medium), 1); // it was only joined for this stream
    await medium.leave(undefined, BYE_WITHIN_MS);
  }
}

function includes(direction: MediaDirection, way: Stream['direction']): boolean {
  return direction === 'sendrecv' || direction === (way === 'capture' ? 'sendonly' : 'recvonly');
}

/** @throws {AddressTypeError | UnsupportedSessionError} when it cannot be joined */
function refuseUnsupported({ support, mediaType, reason, reasonCode }: MediumPlan): void {
  if (support !== 'none') return;
  const message = `${mediaType} cannot be joined: ${reason}`;
  throw isAddressReason(reasonCode) ? new AddressTypeError(message) : new UnsupportedSessionError(message);
}

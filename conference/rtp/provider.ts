import { randomBytes } from 'node:crypto';
import type { Ms, RandomSource } from '../../src/machine.ts';
import { type Clock, hostWatch, observeDscp, openMulticastSocket, systemClock } from '../../src/net/index.ts';
import { generateCname } from '../../src/rtcp/index.ts';
import type { SessionDescription } from '../../src/sdp/index.ts';
import { blockMsFor, playoutPolicy } from '../audio/index.ts';
import { AddressTypeError, UnsupportedSessionError } from '../errors.ts';
import type { JoinRequest, MediaSession, MediaStreamProvider, ProviderSupport } from '../types/index.ts';
import { BlockClock } from './block-clock.ts';
import { parseReferenceClock } from './medium-clocks.ts';
import { RtpMediaSession } from './media-session.ts';
import { isAddressReason, planMedia, supportOf } from './medium-plan.ts';
import { type LookupHost, lookupHost } from './resolve-sources.ts';
import { SocketBatches } from './socket-batches.ts';

export interface MulticastRtpProviderOptions {
  /** Another way to open sockets, such as a simulated network. */
  readonly openSocket?: typeof openMulticastSocket;
  /**
   * `batches` for many conferences or many short packets: datagrams are taken together every few milliseconds, at a
   * fraction of the cost, and none is heard later. Linux with koffi; elsewhere the same as `events`, the default.
   */
  readonly receive?: 'events' | 'batches';
  /** How host names in source filters are resolved; default by the system. */
  readonly lookup?: LookupHost;
}

/** SSRCs and timing must not be guessable by who has seen one of them; `Math.random` is. */
const systemRandom: RandomSource = () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48;

/** Conferences over multicast RTP (RFC 3550, RFC 3551): PCMU, PCMA, G722, L16, L24 and Opus audio. All its sessions share one beat. */
export class MulticastRtpProvider implements MediaStreamProvider {
  readonly name = 'multicast-rtp';
  readonly #openSocket: typeof openMulticastSocket;
  readonly #lookup: LookupHost;
  readonly #blocks = new Map<Clock, Map<Ms, BlockClock>>();

  readonly #batches: SocketBatches | undefined;

  constructor(options: MulticastRtpProviderOptions = {}) {
    const { openSocket = openMulticastSocket, lookup = lookupHost, receive = 'events' } = options;
    this.#openSocket = openSocket;
    this.#lookup = lookup;
    this.#batches = receive === 'batches' ? new SocketBatches(openSocket) : undefined;
  }

  supports(description: SessionDescription): ProviderSupport {
    const plans = planMedia(description);
    const media = plans.map(supportOf);
    const supported = plans.some(({ support }) => support !== 'none');
    const reasons = plans.flatMap(({ mediaType, reason }) =>
      reason === undefined ? [] : [`${mediaType}: ${reason}`],
    );
    const reason = plans.length === 0 ? 'the description has no media' : reasons.join('. ');
    return { supported, ...(reason === '' ? {} : { reason }), media };
  }

  prepare(request: JoinRequest): MediaSession {
    const { description, participant, media = ['audio'], clock = systemClock } = request;
    const playout = playoutPolicy(request);
    const allPlans = planMedia(
      description,
      request.sources,
      request.keys,
      request.format,
      request.referenceClock === undefined ? undefined : parseReferenceClock(request.referenceClock),
    );
    const plans = allPlans.filter((it) => it.support !== 'none' && media.includes(it.mediaType));
    if (plans.length === 0) {
      const why = allPlans.map(({ mediaType, support, reason }) =>
        support === 'none' ? `${mediaType}: ${reason}` : `${mediaType}: not asked for`,
      );
      const message = `Nothing in this description can be joined: ${why.length === 0 ? 'it has no media' : why.join('; ')}`;
      const address = allPlans.length > 0 && allPlans.every(({ reasonCode }) => isAddressReason(reasonCode));
      throw address ? new AddressTypeError(message) : new UnsupportedSessionError(message);
    }
    return new RtpMediaSession({
      plans,
      allPlans,
      request,
      cname: participant.cname ?? generateCname(randomBytes(12)),
      clock,
      random: request.random ?? systemRandom,
      playout,
      blocks: this.#blocksOf(clock, blockMsFor(playout)),
      openSocket: this.#batches?.open ?? this.#openSocket,
      lookup: this.#lookup,
      // simulated sockets are on no interface of this host
      watch: this.#openSocket === openMulticastSocket ? hostWatch(clock) : undefined,
      observe: this.#openSocket === openMulticastSocket ? observeDscp : undefined,
    });
  }

  async join(request: JoinRequest): Promise<MediaSession> {
    const session = this.prepare(request);
    await session.join(request.signal);
    return session;
  }

  /** The beat of all sessions that play in blocks of this length. */
  #blocksOf(clock: Clock, blockMs: Ms): BlockClock {
    const ofClock = this.#blocks.get(clock) ?? new Map<Ms, BlockClock>();
    this.#blocks.set(clock, ofClock);
    let blocks = ofClock.get(blockMs);
    if (blocks === undefined) {
      const real = clock === systemClock;
      const afterPoll = (callback: () => void): void => {
        setImmediate(callback);
      };
      const batches = this.#batches;
      blocks = new BlockClock({
        clock,
        blockMs,
        ...(real ? { afterPoll } : {}),
        ...(batches === undefined ? {} : { beforeBlocks: () => batches.drain() }),
      });
      ofClock.set(blockMs, blocks);
    }
    return blocks;
  }
}

import type { RandomSource } from '../../src/machine.ts';
import type { Clock, InterfaceWish, MulticastSocket, openMulticastSocket } from '../../src/net/index.ts';
import { isRtcp } from '../../src/rtcp/index.ts';
import type { MediumWatch, SocketFacts } from './medium-watch.ts';

/** How sockets are opened. */
export interface WatchedSocketsOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly interface: InterfaceWish | undefined;
  readonly openSocket: typeof openMulticastSocket;
  /** Reports are sent to the group. */
  readonly report: boolean;
}

/** The sockets of one medium that is watched: they feed it, and send nothing unless there are to be reports. */
export class WatchedSockets implements AsyncDisposable {
  readonly medium: MediumWatch;
  readonly #options: WatchedSocketsOptions;
  #sockets: readonly MulticastSocket[] = [];
  #wallOffset = 0;
  #isClosed = false;

  constructor(medium: MediumWatch, options: WatchedSocketsOptions) {
    this.medium = medium;
    this.#options = options;
  }

  get sockets(): readonly MulticastSocket[] {
    return this.#sockets;
  }

  /** Opens and joins. What goes wrong with RTP is thrown; RTCP alone is done without. */
  async open(): Promise<void> {
    const { clock, openSocket, interface: wanted, report } = this.#options;
    const { group, port, rtcpGroup, rtcpPort, muxed, joinSources, ttl } = this.medium.expected;
    const common = {
      clock,
      ...(wanted === undefined ? {} : { interface: wanted }),
      ...(joinSources.length === 0 ? {} : { sources: joinSources }),
      ...(ttl === undefined || !report ? {} : { ttl }),
    };
    const [rtp, rtcp] = await Promise.allSettled([
      openSocket({ ...common, group, port }),
      ...(muxed || rtcpPort === 0 ? [] : [openSocket({ ...common, group: rtcpGroup, port: rtcpPort })]),
    ]);
    const opened = [rtp, rtcp].flatMap((it) => (it?.status === 'fulfilled' ? [it.value] : []));
    if (rtp?.status !== 'fulfilled' || this.#isClosed) {
      await Promise.all(opened.map((it) => it.close()));
      if (rtp?.status === 'rejected') throw rtp.reason;
      return;
    }
    this.#sockets = opened;
    this.#listen(rtp.value, opened[1]);
    this.look();
  }

  #listen(rtp: MulticastSocket, rtcp: MulticastSocket | undefined): void {
    const { medium } = this;
    rtp.onDatagram(({ bytes, from, at }) => {
      if (rtcp === undefined && isRtcp(bytes)) medium.handleRtcp(bytes, from, at, at + this.#wallOffset);
      else medium.handleRtp(bytes, from, at, at + this.#wallOffset);
    });
    rtcp?.onDatagram(({ bytes, from, at }) => medium.handleRtcp(bytes, from, at, at + this.#wallOffset));
    for (const { localAddress, localPort } of this.#sockets) {
      if (this.#options.report) medium.session.addOwnAddress({ address: localAddress, port: localPort });
    }
  }

  /** Tells the medium what the system counts. */
  look(): void {
    const [rtp] = this.#sockets;
    if (rtp === undefined) return;
    const { clock } = this.#options;
    this.#wallOffset = clock.wall() - clock.now();
    let kernelDrops = 0;
    for (const socket of this.#sockets) kernelDrops += socket.kernelDrops() ?? 0;
    const facts: SocketFacts = {
      interfaces: rtp.joined,
      kernelDrops,
      filtered: rtp.stats.filtered,
      refusedSources: rtp.stats.filtered === 0 ? [] : rtp.refusedSources,
      away: rtp.away,
    };
    this.medium.facts = facts;
  }

  /** Sends what the medium would report, or throws it away. */
  report(): void {
    const { medium } = this;
    const rtcp = this.#sockets.at(-1);
    for (let report = medium.pollReport(); report !== undefined; report = medium.pollReport()) {
      // Among the encrypted ones it would only look like a forgery.
      if (this.#options.report && !medium.expected.encrypted) rtcp?.send(report);
    }
  }

  /** Says goodbye where reports were sent, and leaves. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const { clock, report } = this.#options;
    if (report) this.medium.session.leave(undefined, clock.now(), clock.wall());
    this.report();
    await Promise.all(this.#sockets.map((it) => it.close()));
    this.#sockets = [];
  }
}

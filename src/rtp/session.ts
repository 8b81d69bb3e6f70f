import { InvalidValueError, StateError } from '../errors.ts';
import type { Ms, RandomSource, TransportAddress } from '../machine.ts';
import { type ReceiverSummary, RtcpScheduler, type SdesItems, SdesPlan } from '../rtcp/index.ts';
import { ExtendedReporter } from './extended.ts';
import { Fifo } from './fifo.ts';
import { KeyPictures } from './key-pictures.ts';
import { Membership, type SessionParts } from './membership.ts';
import { OwnIdentity } from './own-identity.ts';
import { OwnReports } from './own-reports.ts';
import { OwnSender } from './own-sender.ts';
import type { RtpExtension } from './packet.ts';
import { MIN_SEQUENTIAL } from './reception.ts';
import { RtcpIntake } from './rtcp-intake.ts';
import { RtpIntake } from './rtp-intake.ts';
import { SessionCounts } from './session-counts.ts';
import { checkSdes, checkText, clockRateTable, inRange, schedulerOptions } from './session-options.ts';
import type {
  FeedbackVerdict,
  OwnSenderStats,
  ReceivedRtp,
  RtpSessionEvent,
  RtpSessionOptions,
  RtpSessionStats,
  RtpSource,
} from './session-types.ts';
import { SourceTable } from './source-table.ts';

/** How often time-outs are looked for; RFC 3550 §6.3.5 asks for at least once in each RTCP interval. */
const SWEEP_MS: Ms = 2500;
/** Events and datagrams that wait to be polled. */
const MAX_EVENTS = 4096;
const MAX_OUTBOX = 64;

/**
 * One RTP session: the RTP and RTCP of one medium among all its participants (RFC 3550). It owns no socket and no clock.
 *
 * The caller hands in what the two ports receive, calls {@link handleTimeout} at {@link pollTimeout}, and after each of
 * these takes all of {@link pollTransmit} (RTCP to send) and {@link pollEvent}. RTP to send comes from {@link nextRtp}.
 * `now` is monotonic milliseconds and never goes back; `wall` is milliseconds since 1970-01-01 UTC.
 */
export class RtpSession {
  readonly #random: RandomSource;
  readonly #overheadBytes: number;
  readonly #clockRates: Float64Array;
  readonly #parts: SessionParts;
  readonly #membership: Membership;
  readonly #rtp: RtpIntake;
  readonly #rtcp: RtcpIntake;
  readonly #reports: OwnReports;
  readonly #outbox = new Fifo<Uint8Array>(MAX_OUTBOX);
  #nextSweep: Ms;
  #state: 'joined' | 'leaving' | 'left' = 'joined';
  #byeReason: string | undefined;

  /** @throws {InvalidValueError} when an option is out of its range, or a CNAME or item too long for SDES */
  constructor(options: RtpSessionOptions, now: Ms) {
    const { random, cname, clockRates, keyPictures } = options;
    this.#random = random;
    const maxRtcpBytes = inRange('maxRtcpBytes', options.maxRtcpBytes ?? 1400, 256, 65_000);
    this.#overheadBytes = inRange('overheadBytes', options.overheadBytes ?? 28, 0, 1000);
    this.#clockRates = clockRateTable(clockRates);
    const payloadType = options.payloadType ?? clockRates.keys().next().value ?? -1;
    this.#requireClockRate(payloadType);
    const { extendedReports } = options;
    const extended = extendedReports && new ExtendedReporter(extendedReports);
    checkSdes({ ...options.sdes, cname });
    const scheduler = new RtcpScheduler(schedulerOptions(options, this.#overheadBytes), random, now);
    this.#parts = {
      table: new SourceTable(
        inRange('maxSources', options.maxSources ?? 2048, 1, 1_000_000),
        inRange('minSequential', options.minSequential ?? MIN_SEQUENTIAL, 1, 16),
      ),
      identity: new OwnIdentity(),
      scheduler,
      plan: new SdesPlan(cname, options.sdes ?? {}),
      sender: new OwnSender(options.ssrc ?? randomSsrc(random), payloadType, random, options.lowSequence),
      events: new Fifo(MAX_EVENTS),
      counts: new SessionCounts(),
      keyPictures: keyPictures && new KeyPictures(keyPictures, scheduler, random),
    };
    this.#reports = new OwnReports({
      parts: this.#parts,
      clockRates: this.#clockRates,
      maxRtcpBytes,
      overheadBytes: this.#overheadBytes,
      extended,
    });
    for (const address of options.ownAddresses ?? []) this.addOwnAddress(address);
    const loopback = options.loopback ?? 'selective';
    const ownSsrcHeard = (from: TransportAddress, at: Ms, wall: number): boolean =>
      this.#ownSsrcHeard(from, at, wall);
    this.#membership = new Membership(this.#parts);
    this.#rtp = new RtpIntake(this.#parts, this.#membership, this.#clockRates, loopback, ownSsrcHeard);
    this.#rtcp = new RtcpIntake(this.#parts, this.#membership, this.#overheadBytes, ownSsrcHeard);
    this.#nextSweep = now + SWEEP_MS;
  }

  /**
   * Takes a datagram of the RTP port. Never throws: what is not a valid packet is counted in {@link stats} and dropped,
   * and so are duplicates and our own packets, unless loopback is `full`.
   *
   * @returns the packet, when it is to be played. The first packets of a source are held back until enough came in
   *   sequence; then the last of them is in `preceding`.
   */
  handleRtp(bytes: Uint8Array, from: TransportAddress, now: Ms, wall: number): ReceivedRtp | undefined {
    this.#parts.counts.rtpReceived++;
    return this.#state === 'left' ? undefined : this.#rtp.take(bytes, from, now, wall);
  }

  /** Takes a datagram of the RTCP port. Never throws: bad ones are counted in {@link stats} and dropped. */
  handleRtcp(bytes: Uint8Array, from: TransportAddress, now: Ms, wall: number): void {
    this.#parts.counts.rtcpReceived++;
    if (this.#state !== 'left') this.#rtcp.take(bytes, { from, now, wall });
  }

  /**
   * Takes a datagram that a receiver sent to us, the feedback target, by unicast (RFC 5760 §6.1). Never throws.
   *
   * @returns who reported, when the report is sound and may be sent on to the group; bounding how much of it is the
   *   caller's task (`ReflectionLimiter`)
   */
  handleFeedback(
    bytes: Uint8Array,
    from: TransportAddress,
    now: Ms,
    wall: number,
  ): FeedbackVerdict | undefined {
    this.#parts.counts.rtcpReceived++;
    return this.#state === 'left' ? undefined : this.#rtcp.takeFeedback(bytes, { from, now, wall });
  }

  /** To be called at {@link pollTimeout}; calling it sooner does no harm. */
  handleTimeout(now: Ms, wall: number): void {
    if (this.#state === 'left') return;
    if (now >= this.#nextSweep) {
      this.#nextSweep = now + SWEEP_MS;
      this.#membership.sweep(now);
    }
    const { scheduler, keyPictures } = this.#parts;
    if (scheduler.expire(this.#membership.size(), now)) {
      if (this.#state === 'leaving') {
        this.#sendBye(now, wall);
        return;
      }
      const bytes = this.#transmit(this.#reports.regular(now, wall));
      scheduler.sent(bytes + this.#overheadBytes, this.#membership.size(), now);
    } else if (keyPictures !== undefined && now >= keyPictures.due && this.#state === 'joined') {
      const bytes = this.#transmit(this.#reports.early(now, wall));
      keyPictures.sentEarly(bytes + this.#overheadBytes, this.#membership.size(), now);
    }
  }

  /** The next RTCP datagram for the RTCP port of the group, or undefined. */
  pollTransmit(): Uint8Array | undefined {
    return this.#outbox.shift();
  }
  /** The next thing that happened, or undefined. At most 4096 wait; then the oldest are lost and counted. */
  pollEvent(): RtpSessionEvent | undefined {
    return this.#parts.events.shift();
  }
  /** When to call {@link handleTimeout}; undefined after {@link leave} is done. */
  pollTimeout(): Ms | undefined {
    const { scheduler, keyPictures } = this.#parts;
    const early = keyPictures === undefined || this.#state === 'leaving' ? Infinity : keyPictures.due;
    return this.#state === 'left' ? undefined : Math.min(scheduler.due, this.#nextSweep, early);
  }

  /**
   * Builds the next RTP packet to send and counts it.
   *
   * @param timestampIncrement RTP clock ticks that `payload` lasts: how far the timestamp moves on after it
   * @param marker first packet of a talkspurt, when silence is not sent (RFC 3551 §4.1)
   * @throws {StateError} after {@link leave}
   * @throws {EncodeError} when the packet would exceed what UDP carries, or the extension is not whole words
   */
  nextRtp(
    payload: Uint8Array,
    timestampIncrement: number,
    marker: boolean,
    now: Ms,
    extension?: RtpExtension,
  ): Uint8Array {
    if (this.#state !== 'joined') throw new StateError('The RTP session was left: it sends no more');
    const { sender, scheduler } = this.#parts;
    const starts = !sender.isSender;
    const packet = sender.next(payload, timestampIncrement, marker, now, extension);
    if (starts) scheduler.senderStarted(this.#membership.size(), now);
    return packet;
  }

  /**
   * A packet of another payload type with a time of its own, such as a telephone event; RTP time does not go on by it.
   *
   * @throws {StateError} once the session was left
   */
  nextBeside(
    payload: Uint8Array,
    timestamp: number,
    marker: boolean,
    payloadType: number,
    now: Ms,
  ): Uint8Array {
    if (this.#state !== 'joined') throw new StateError('The RTP session was left: it sends no more');
    const { sender, scheduler } = this.#parts;
    const starts = !sender.isSender;
    const packet = sender.beside(payload, timestamp, marker, payloadType, now);
    if (starts) scheduler.senderStarted(this.#membership.size(), now);
    return packet;
  }

  /**
   * Asks a sender for a key picture, with the next report or an early one (RFC 4585 §3.5); more than once in a second is one
   * request. {@link pollTimeout} may be sooner then.
   *
   * @returns false when there is no such sender, or no asking here
   */
  requestKeyPicture(ssrc: number, now: Ms): boolean {
    const { keyPictures, table } = this.#parts;
    if (keyPictures === undefined || this.#state !== 'joined' || !table.members.has(ssrc)) return false;
    return keyPictures.ask(ssrc, this.#membership.size(), now);
  }

  /** Moves the RTP timestamp on by so many ticks without a packet: silence. */
  skip(timestampIncrement: number): void {
    this.#parts.sender.skip(timestampIncrement);
  }

  /** Payload type of the packets sent; its clock rate must have been given. */
  get payloadType(): number {
    return this.#parts.sender.payloadType;
  }
  set payloadType(payloadType: number) {
    this.#requireClockRate(payloadType);
    this.#parts.sender.payloadType = payloadType;
  }

  /**
   * Replaces our SDES items other than CNAME; the next report carries them all.
   *
   * @throws {InvalidValueError} when a text is longer than 255 bytes of UTF-8; then nothing changes
   */
  setSdes(items: Omit<SdesItems, 'cname'>): void {
    checkSdes(items);
    this.#parts.plan.set(items);
  }

  /** Tells an address from which our own packets come back: the sending sockets' (RFC 3550 §8.2). */
  addOwnAddress(address: TransportAddress): void {
    this.#parts.identity.addAddress(address);
  }

  /**
   * Names the IP address of a feedback target: what comes from there was sent by others, or by ourselves, and is told
   * apart by SSRC and CNAME (RFC 5760 §6).
   */
  addRelay(address: string): void {
    this.#parts.identity.addRelay(address);
  }

  /** Whether our reports carry a summary of the receivers, whose own reports the others do not see (RFC 5760 §7). */
  get summarizes(): boolean {
    return this.#reports.summarizes;
  }
  set summarizes(summarizes: boolean) {
    this.#reports.summarizes = summarizes;
  }

  /** What the distribution source last told of its receivers. */
  get summary(): ReceiverSummary | undefined {
    return this.#membership.summary;
  }

  /**
   * Leaves: sends BYE, at once among at most 50 participants, else when its turn comes, which takes longer the more
   * leave at the same time. The event `left` tells when it is done; whoever cannot wait may simply stop, the others
   * then find out by time-out. Nobody is told if we never sent anything (RFC 3550 §6.3.7)
   * or RTCP is switched off.
   *
   * @throws {InvalidValueError} when `reason` is longer than 255 bytes of UTF-8
   */
  leave(reason: string | undefined, now: Ms, wall: number): void {
    if (this.#state !== 'joined') return;
    if (reason !== undefined) checkText('BYE reason', reason);
    if (!this.#mayBye()) {
      this.#finish();
      return;
    }
    this.#byeReason = reason;
    const bytes = this.#reports.bye([], reason, now, wall).length + this.#overheadBytes;
    this.#state = 'leaving';
    if (this.#parts.scheduler.leave(bytes, this.#membership.size().members, now)) this.#sendBye(now, wall);
  }

  get ssrc(): number {
    return this.#parts.sender.ssrc;
  }
  /** Valid sources by SSRC, without ourselves. A live view. */
  get sources(): ReadonlyMap<number, RtpSource> {
    return this.#parts.table.members;
  }
  /** Our own packets that came back, when loopback is `full`; it is not one of {@link sources}. */
  get loopedBack(): RtpSource | undefined {
    return this.#rtp.loopedBack;
  }
  get own(): OwnSenderStats {
    return this.#parts.sender.stats;
  }
  get stats(): RtpSessionStats {
    const { counts, table, events } = this.#parts;
    return Object.assign({ sourcesRefused: table.refused, eventsDropped: events.dropped }, counts);
  }
  /** Participants and senders, ourselves included. */
  get size(): { readonly members: number; readonly senders: number } {
    const { members, senders } = this.#membership.size();
    return { members, senders };
  }

  /** Someone uses our SSRC. True: it is we ourselves. Else a collision or loop, dealt with as RFC 3550 §8.2 says. */
  #ownSsrcHeard(from: TransportAddress, now: Ms, wall: number): boolean {
    const { identity, counts, events } = this.#parts;
    const verdict = identity.judge(from, now);
    if (verdict === 'own') {
      counts.ownLooped++;
      return true;
    }
    counts.collisions++;
    if (verdict === 'newLoop') events.push({ type: 'loop', ssrc: this.ssrc, from });
    if (verdict === 'collision') this.#changeSsrc(from, now, wall);
    return false;
  }

  #changeSsrc(from: TransportAddress, now: Ms, wall: number): void {
    const { sender, table, plan, events } = this.#parts;
    const before = this.ssrc;
    if (this.#mayBye()) this.#transmit(this.#reports.bye([], 'SSRC collision', now, wall));
    do sender.changeSsrc(randomSsrc(this.#random));
    while (table.find(this.ssrc) !== undefined);
    plan.announce();
    events.push({ type: 'ownSsrcChanged', before, after: this.ssrc, from });
  }

  /** Not if we never sent anything (RFC 3550 §6.3.7), nor where RTCP is switched off. */
  #mayBye(): boolean {
    const { sender, counts, scheduler } = this.#parts;
    return (sender.everSent || counts.rtcpSent > 0) && Number.isFinite(scheduler.due);
  }

  #sendBye(now: Ms, wall: number): void {
    this.#transmit(this.#reports.bye(this.#parts.table.members.values(), this.#byeReason, now, wall));
    this.#finish();
  }

  #finish(): void {
    this.#state = 'left';
    this.#parts.scheduler.stop();
    this.#parts.events.push({ type: 'left' });
  }

  /** @returns its length */
  #transmit(datagram: Uint8Array): number {
    this.#parts.counts.rtcpSent++;
    this.#parts.counts.rtcpOctetsSent += datagram.length;
    this.#outbox.push(datagram);
    return datagram.length;
  }

  #requireClockRate(payloadType: number): void {
    if (this.#clockRates[payloadType]) return;
    throw new InvalidValueError(`RtpSession: no clock rate was given for payload type ${payloadType}`);
  }
}

function randomSsrc(random: RandomSource): number {
  return Math.floor(random() * 0x1_0000_0000);
}

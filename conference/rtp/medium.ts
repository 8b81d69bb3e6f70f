import type { Ms } from '../../src/machine.ts';
import {
  type Datagram,
  type MulticastSocket,
  type MulticastSocketOptions,
  PACING_LEAD_MS,
  type QosResult,
  type RenewableSocket,
} from '../../src/net/index.ts';
import { isRtcp, type SdesItems } from '../../src/rtcp/index.ts';
import { RtpSession, type RtpSource, type VoiceMetrics } from '../../src/rtp/index.ts';
import type { MediaKey } from '../../src/sdp/index.ts';
import { extendedReportPlan } from '../quality/index.ts';
import type { LoopbackMode, TransportInfo } from '../types/index.ts';
import type { BlockClock } from './block-clock.ts';
import type { CaptureStream, PacketSender, SendOptions } from './capture-stream.ts';
import { DigitReceiver } from './digit-receiver.ts';
import { type DigitSender, digitSender } from './digit-sender.ts';
import { KeptSocket } from './kept-socket.ts';
import { type MediumFacts, type MediumWarning, mediumWarnings, transportInfo } from './medium-info.ts';
import { headerBytes, type MediumOptions } from './medium-options.ts';
import type { MediumPlan } from './medium-plan.ts';
import { prepareCodecs } from './planned-formats.ts';
import type { RenderStream } from './render-stream.ts';
import { resolveSources } from './resolve-sources.ts';
import type { PacketTaps } from './packet-taps.ts';
import { type MediumEnds, PacketWay } from './packet-way.ts';
import { type MediumProtection, ProtectionNews, protect } from './protection/index.ts';
import { mayBeHeard, RtcpPath } from './rtcp-path.ts';
import { socketWishes } from './socket-wishes.ts';
import { SourceProbe } from './source-probe.ts';
import { timeLimit } from './time-limit.ts';

/** Packets of less audio than this are sent by the thread that keeps their times; the event loop is good to a millisecond. */
const PACED_BELOW_MS: Ms = 5;
/** One medium on the network: its sockets, its RTP session, and the streams that hang on them. */
export class Medium implements PacketSender {
  readonly session: RtpSession;
  capture: CaptureStream | undefined;
  render: RenderStream | undefined;
  readonly #options: MediumOptions;
  /** From {@link open} on with addresses in place of host names. */
  #plan: MediumPlan;
  #sourceProblems: readonly string[] = [];
  #rtp: MulticastSocket | undefined;
  #rtcp: MulticastSocket | undefined;
  readonly #path: RtcpPath;
  readonly #probe: SourceProbe;
  readonly #digits: DigitReceiver | undefined;
  #keys: DigitSender | undefined;
  /** Undefined where nothing is encrypted. */
  readonly #protection: MediumProtection | undefined;
  readonly #way: PacketWay;
  readonly #protectionNews: ProtectionNews | undefined;
  #socketOptions: MulticastSocketOptions | undefined;
  /** As they are kept on their interface: one object for each, for as long as it is open. */
  #kept = new Map<MulticastSocket, RenewableSocket>();
  #heardByOthers = true;
  #rtpHeard = false;
  #loopback: LoopbackMode;
  #due: Ms | undefined;
  #left: (() => void) | undefined;
  #wallOffset = 0;
  #bits = 0;
  readonly #blocks: Pick<BlockClock, 'nextDue' | 'received'>;
  readonly #rtcpBits: number;
  readonly #taps: PacketTaps;

  constructor(options: MediumOptions) {
    this.#plan = options.plan;
    this.#options = options;
    this.#loopback = options.loopback;
    this.#blocks = options.blocks;
    this.#taps = options.taps;
    const { plan, clock } = options;
    const overhead = headerBytes(plan.group);
    this.#rtcpBits = overhead * 8;
    const voice = ({ ssrc }: RtpSource): VoiceMetrics | undefined => options.voice(this, ssrc);
    const extendedReports = extendedReportPlan(plan.rtcpXr, options.extendedReports, voice);
    this.session = new RtpSession(
      {
        random: options.random,
        cname: options.cname,
        sdes: options.sdes,
        clockRates: new Map(plan.formats.map(({ payloadType, clockRate }) => [payloadType, clockRate])),
        bandwidth: plan.bandwidth,
        ...(plan.preferred === undefined ? {} : { payloadType: plan.preferred.payloadType }),
        ...(plan.rtcpBandwidth === undefined ? {} : { rtcpBandwidth: plan.rtcpBandwidth }),
        ...(plan.keys.length === 0 ? {} : { lowSequence: true }),
        loopback: 'full', // what comes back is judged here, so that the mode can be changed
        overheadBytes: overhead,
        ...(extendedReports === undefined ? {} : { extendedReports }),
        ...(plan.keyPictures === undefined ? {} : { keyPictures: plan.keyPictures }),
      },
      clock.now(),
    );
    this.#probe = new SourceProbe(options.openSocket, clock);
    this.#digits = DigitReceiver.for(plan.formats, (digit) => options.onDigit(this, digit));
    this.#protection = protect(plan.keys, clock, () => this.session);
    this.#protectionNews = this.#protection && new ProtectionNews(this.#protection, plan.mediaType, options);
    this.#way = new PacketWay(options.taps, this.#protection, this);
    this.#path = new RtcpPath({
      session: this.session,
      protection: this.#protection,
      receiverBandwidth: plan.rtcpBandwidth?.receivers ?? plan.bandwidth * 0.0375,
      overheadBytes: overhead,
      openFeedback: (address, port) => this.#openFeedback(address, port),
      onReceived: () => this.#pump(),
      wallOffset: () => this.#wallOffset,
    });
  }

  get plan(): MediumPlan {
    return this.#plan;
  }
  get index(): number {
    return this.plan.index;
  }
  get mediaType(): string {
    return this.plan.mediaType;
  }
  /** Where its packets are seen. */
  get ends(): MediumEnds {
    return { rtp: this.#rtp, rtcp: this.#rtcp, rtcpTo: this.#path.destination, wallOffset: this.#wallOffset };
  }
  get localAddress(): string | undefined {
    return this.#rtp?.localAddress;
  }

  /** Opens the sockets and joins. @throws {InterfaceError | NetworkError | InvalidValueError} */
  async open(dscp: number): Promise<void> {
    const loading = prepareCodecs(this.#plan.formats);
    if (loading !== undefined) await loading;
    const { plan, problems } = await resolveSources(this.#plan, this.#options.lookup);
    this.#plan = plan;
    this.#sourceProblems = problems;
    const { openSocket } = this.#options;
    const wishes = socketWishes(this.#options, plan, dscp, this.#paced);
    this.#socketOptions = wishes.rtp;
    const opening = [openSocket(wishes.rtp), ...(wishes.rtcp === undefined ? [] : [openSocket(wishes.rtcp)])];
    const opened = await Promise.allSettled(opening);
    const sockets = opened.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
    const failed = opened.find((it) => it.status === 'rejected');
    const [rtp, rtcp = rtp] = sockets;
    if (failed !== undefined || rtp === undefined || rtcp === undefined) {
      await Promise.all(sockets.map((it) => it.close()));
      throw failed?.reason;
    }
    this.#use(rtp, rtcp, rtp === rtcp);
  }

  /** Short packets are expected evenly spaced: an AES67 receiver may have a buffer of three of them. */
  get #paced(): boolean {
    return this.capture !== undefined && this.#plan.ptimeMs < PACED_BELOW_MS;
  }

  #use(rtp: MulticastSocket, rtcp: MulticastSocket, muxed: boolean): void {
    const { plan } = this;
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    const { clock } = this.#options;
    this.#wallOffset = clock.wall() - clock.now();
    for (const socket of [rtp, rtcp]) this.#addOwn(socket);
    this.#path.begin(plan, rtcp, clock.now());
    const others = plan.sources.some((source) => source !== rtp.localAddress);
    this.#probe.begin(clock.now(), others);
    this.#heardByOthers = mayBeHeard(plan, rtp.localAddress);
    if (muxed) {
      rtp.onDatagram((it) => (isRtcp(it.bytes) ? this.#onRtcp(it) : this.#onRtp(it)));
    } else {
      rtp.onDatagram(this.#onRtp);
      rtcp.onDatagram((it) => this.#onRtcp(it));
    }
    this.#pump();
  }

  #addOwn({ localAddress, localPort }: MulticastSocket): void {
    this.session.addOwnAddress({ address: localAddress, port: localPort });
  }

  #openFeedback(address: string, port: number): Promise<MulticastSocket> {
    const { openSocket, clock } = this.#options;
    return openSocket({ group: address, port, localPort: port, interface: address, clock });
  }

  /** Everything open, to be kept on its interface while that goes and comes. */
  get renewable(): readonly RenewableSocket[] {
    const open = [...this.#sockets, this.#path.socket].filter((it) => it !== undefined);
    this.#kept = new Map(
      open.map((it) => [it, this.#kept.get(it) ?? new KeptSocket(it, (socket) => this.#renewed(socket))]),
    );
    return [...this.#kept.values()];
  }

  /** It may have another address: our own packets from there are not somebody else's with our SSRC. */
  #renewed(socket: MulticastSocket): void {
    this.#addOwn(socket);
    this.#path.relocated();
    this.#heardByOthers = mayBeHeard(this.#plan, this.#rtp?.localAddress ?? '');
  }

  readonly #onRtp = ({ bytes, from, at }: Datagram): void => {
    this.#blocks.received++;
    this.#rtpHeard = true;
    this.#bits += bytes.length * 8 + this.#rtcpBits;
    const clear = this.#way.openRtp(bytes, at, from);
    if (clear === undefined) return;
    const packet = this.session.handleRtp(clear, from, at, at + this.#wallOffset);
    if (packet !== undefined) {
      const own = packet.source === this.session.loopedBack;
      if (!own) this.#taps.tellMedia(packet, this.#plan.index);
      if (!own || this.#loopback === 'full') {
        this.#digits?.handle(packet, at);
        this.render?.receive(packet, this.#blocks.nextDue);
      }
    }
    this.#takeEvents();
  };

  #onRtcp({ bytes: lent, from, at }: Datagram): void {
    const bytes = lent.slice(); // parts of it are kept, and the memory may be the receive path's
    this.#blocks.received++;
    this.#bits += bytes.length * 8 + this.#rtcpBits;
    const clear = this.#way.openRtcp(bytes, at, from);
    if (clear === undefined) return;
    this.session.handleRtcp(clear, from, at, at + this.#wallOffset);
    this.#pump();
  }

  /** Looks after RTCP; call it with every block. */
  tick(now: Ms): void {
    this.#path.tick(now);
    this.#digits?.handleTimeout(now);
    this.#protectionNews?.look(now);
    if (!this.#rtpHeard && this.#socketOptions !== undefined) this.#probe.tick(now, this.#socketOptions);
    if (this.#due === undefined || this.#due > now) return;
    this.#wallOffset = this.#options.clock.wall() - this.#options.clock.now();
    this.session.handleTimeout(now, now + this.#wallOffset);
    this.#pump();
  }

  /** @returns false when this sender cannot be asked, or nobody here */
  requestKeyPicture(ssrc: number): boolean {
    const now = this.#options.clock.now();
    if (this.#path.role === 'silent' || !this.session.requestKeyPicture(ssrc, now)) return false;
    this.session.handleTimeout(now, now + this.#wallOffset); // between two it goes at once
    this.#pump();
    return true;
  }

  setKeys(keys: readonly MediaKey[]): void {
    const own = keys.filter(({ medium }) => medium === this.index);
    this.#protection?.setKeys(own, this.#options.clock.wall());
  }

  #pump(): void {
    for (let out = this.session.pollTransmit(); out !== undefined; out = this.session.pollTransmit()) {
      const sealed = this.#way.sealRtcp(out, this.#options.clock.now());
      if (sealed !== undefined) this.#path.send(sealed);
    }
    this.#takeEvents();
    this.#due = this.session.pollTimeout();
  }

  #takeEvents(): void {
    for (let event = this.session.pollEvent(); event !== undefined; event = this.session.pollEvent()) {
      if (event.type === 'left') this.#left?.();
      this.#options.onEvent(this, event);
    }
  }

  send(payload: Uint8Array, ticks: number, marker: boolean, options: SendOptions = {}): void {
    const { payloadType, due, extension } = options;
    // It would only be traffic, or look like loss once the interface is back.
    if (!this.#heardByOthers || this.#rtp?.away === true) return this.session.skip(ticks);
    const now = this.#options.clock.now();
    const usual = this.session.payloadType;
    if (payloadType !== undefined) this.session.payloadType = payloadType;
    // Sender reports tell when a sample was taken, which is exact, and not when the event loop came to it.
    const packet = this.session.nextRtp(payload, ticks, marker, due ?? now, extension);
    if (payloadType !== undefined) this.session.payloadType = usual;
    this.#sendRtp(packet, now, due);
  }
  #sendRtp(packet: Uint8Array, now: Ms, due?: Ms): void {
    const sealed = this.#way.sealRtp(packet, now);
    if (sealed === undefined) return;
    if (due !== undefined && this.#paced) this.#rtp?.sendAt(sealed, due + PACING_LEAD_MS);
    else this.#rtp?.send(sealed);
  }
  skip(ticks: number): void {
    this.session.skip(ticks);
  }
  usePayloadType(payloadType: number): void {
    this.session.payloadType = payloadType;
  }

  /** Undefined when we do not send, or the description has no events of our clock. */
  get keys(): DigitSender | undefined {
    if (this.capture === undefined) return undefined;
    this.#keys ??= digitSender(this.#plan, this.#options.clock, this.session, this.#sendBeside);
    return this.#keys;
  }
  readonly #sendBeside = (packet: Uint8Array, now: Ms): void => {
    if (this.#heardByOthers && this.#rtp?.away !== true) this.#sendRtp(packet, now);
  };
  setSdes(items: Omit<SdesItems, 'cname'>): void {
    this.session.setSdes(items);
  }
  /** One when RTP and RTCP share it, none before they are open. */
  get #sockets(): readonly MulticastSocket[] {
    return [...new Set([this.#rtp, this.#rtcp])].filter((it) => it !== undefined);
  }
  setDscp(dscp: number): readonly QosResult[] {
    return this.#sockets.map((it) => it.setDscp(dscp));
  }
  get qos(): readonly QosResult[] {
    return this.#sockets.map((it) => it.qos);
  }
  setLoopback(mode: LoopbackMode): void {
    this.#loopback = mode;
    for (const socket of this.#sockets) socket.setLoopback(mode !== 'none');
  }

  /** Packets that the system refused to send, or that waited too long for it. */
  get notSent(): number {
    return this.#sockets.reduce((sum, { stats }) => sum + stats.sendErrors + stats.sendDropped, 0);
  }

  /** Bits received, headers included. */
  get receivedBits(): number {
    return this.#bits;
  }

  get warnings(): MediumWarning[] {
    const rtp = this.#rtp;
    return rtp === undefined ? [] : mediumWarnings(this.#facts(rtp, this.#rtcp ?? rtp));
  }
  /** Undefined until the sockets are open. */
  get info(): TransportInfo | undefined {
    const [rtp, rtcp] = [this.#rtp, this.#rtcp];
    return rtp === undefined || rtcp === undefined ? undefined : transportInfo(this.#facts(rtp, rtcp));
  }
  #facts(rtp: MulticastSocket, rtcp: MulticastSocket): MediumFacts {
    return {
      plan: this.#plan,
      session: this.session,
      path: this.#path,
      protection: this.#protection,
      rtp,
      rtcp,
      loopback: this.#loopback,
      sends: this.capture !== undefined,
      heardByOthers: this.#heardByOthers,
      sourceProblems: this.#sourceProblems,
      probed: this.#probe.found,
    };
  }

  /** Says BYE, waiting at most `withinMs` for its turn in a large group (RFC 3550 §6.3.7), and closes. */
  async leave(reason: string | undefined, withinMs: Ms): Promise<void> {
    const { clock } = this.#options;
    this.#keys?.close();
    if (this.#rtp !== undefined) {
      const left = new Promise<void>((resolve) => {
        this.#left = resolve;
      });
      const now = clock.now();
      this.session.leave(reason, now, now + this.#wallOffset);
      this.#pump();
      using limit = timeLimit(clock, withinMs);
      await Promise.race([left, limit.over]);
    }
    await Promise.all([this.#path.close(), this.#probe.close(), ...this.#sockets.map((it) => it.close())]);
  }
}

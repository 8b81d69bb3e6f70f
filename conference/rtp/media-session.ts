import { NetworkError, StateError } from '../../src/errors.ts';
import { type SnoopingSuspicion, SnoopingWatch } from '../../src/igmp/index.ts';
import type { Ms } from '../../src/machine.ts';
import { keepOnInterface, type QosResult, type RenewableSocket } from '../../src/net/index.ts';
import type { RtpSessionEvent } from '../../src/rtp/index.ts';
import { type MediaKey, type SessionDescription, withoutKeys } from '../../src/sdp/index.ts';
import { Emitter } from '../emitter.ts';
import { ActiveTalker } from '../talkers/index.ts';
import type { Terminal } from '../terminal/index.ts';
import type {
  ConferenceEvent,
  FlowSpec,
  DatagramTap,
  LoopbackMode,
  MadePacket,
  MediaSession,
  MediaStream,
  MediaTap,
  MediaType,
  MediumSupport,
  Participant,
  ParticipantInfo,
  QosLevel,
  ReceptionMatrix,
  Substream,
  TapStage,
  TransportInfo,
} from '../types/index.ts';
import { Talk } from '../capture/index.ts';
import { CaptureStream } from './capture-stream.ts';
import type { ReceivedDigit } from './digit-receiver.ts';
import { keysOf } from './digit-sender.ts';
import { LocalParticipant } from './local-participant.ts';
import type { RtpMediaSessionOptions } from './media-session-options.ts';
import { Medium } from './medium.ts';
import { type MediumPlan, supportOf } from './medium-plan.ts';
import { PacketTaps } from './packet-taps.ts';
import { ParticipantList } from './participants.ts';
import { QosWatch } from './qos-watch.ts';
import { QualityWatch } from './quality-watch.ts';
import { RenderStream } from './render-stream.ts';
import { rtpWarning } from './rtp-warning.ts';
import { SessionStreams } from './session-streams.ts';

/** The BYE of a large group waits for its turn, but nobody waits longer than this for it; leaving takes two seconds. */
const BYE_WITHIN_MS: Ms = 1200;

/** A conference over multicast RTP: media, streams and participants kept together. */
export class RtpMediaSession implements MediaSession {
  readonly #options: RtpMediaSessionOptions;
  readonly #emitter = new Emitter<ConferenceEvent>();
  readonly #taps = new PacketTaps();
  readonly #emit = (event: ConferenceEvent): void => this.#emitter.emit(event);
  readonly #media: Medium[];
  readonly #streamList: SessionStreams;
  readonly #people: ParticipantList;
  readonly local: LocalParticipant;
  readonly quality: QualityWatch;
  readonly description: SessionDescription;
  readonly talk: Talk;
  readonly #floor = new ActiveTalker<Participant>();
  #state: MediaSession['state'] = 'prepared';
  #held = false;
  readonly #qos: QosWatch;
  #unsubscribe: (() => void) | undefined;
  #keeping: Disposable | undefined;
  #leaving: Promise<void> | undefined;
  #talking = false;
  #everHeard = false;
  #snooping: SnoopingWatch | undefined;

  constructor(options: RtpMediaSessionOptions) {
    this.#options = options;
    this.description = withoutKeys(options.request.description);
    const { plans, request, cname, clock, random, blocks } = options;
    const { cname: _own, ...sdes } = request.participant;
    this.#people = new ParticipantList(this.#emit, clock, options.playout);
    this.talk = new Talk({
      pushToTalk: request.pushToTalk,
      clock,
      emit: this.#emit,
      talkers: () => this.#people.all.filter((it) => it.talking && !it.muted),
    });
    const makeMedium = (plan: MediumPlan): Medium =>
      new Medium({
        plan,
        clock,
        random,
        cname,
        sdes,
        loopback: request.loopback ?? 'none',
        interface: request.interface,
        sendInterface: request.sendInterface,
        ttl: request.ttl,
        labels: request.labels,
        openSocket: options.openSocket,
        lookup: options.lookup,
        blocks,
        taps: this.#taps,
        extendedReports: request.extendedReports ?? 'asked',
        voice: (of, ssrc) => this.#people.voiceMetrics(of, ssrc),
        onEvent: this.#onRtpEvent,
        onDigit: this.#onDigit,
        emit: this.#emit,
      });
    this.#media = plans.map(makeMedium);
    this.#streamList = new SessionStreams({
      media: this.#media,
      allPlans: options.allPlans,
      request,
      clock,
      blocks,
      playout: options.playout,
      talk: this.talk,
      emit: this.#emit,
      onVoice: () => this.#localVoice(),
      substreams: (index) => this.#people.substreamsOf(index),
      makeMedium,
      open: (medium) => medium.open(this.#qos.wantedDscp(medium)),
      state: () => ({ joined: this.#state === 'joined', held: this.#held, left: this.#state === 'left' }),
    });
    this.local = new LocalParticipant(
      { ...request.participant, cname },
      clock.wall(),
      () => this.#streams.filter((it) => it instanceof CaptureStream),
      () => this.#media[0]?.localAddress,
    );
    this.quality = new QualityWatch({
      media: this.#media,
      streams: () => this.#streams,
      people: this.#people,
      local: this.local,
      now: () => clock.now(),
      emit: this.#emit,
    });
    this.#qos = new QosWatch({
      media: this.#media,
      level: request.qos ?? 'if-available',
      dscp: request.dscp,
      emit: this.#emit,
      observe: options.observe,
    });
  }

  get state(): MediaSession['state'] {
    return this.#state;
  }
  get held(): boolean {
    return this.#held;
  }
  get streams(): readonly MediaStream[] {
    return this.#streams;
  }
  get #streams(): readonly (CaptureStream | RenderStream)[] {
    return this.#streamList.all;
  }
  async addStream(medium: number, direction: MediaStream['direction']): Promise<MediaStream> {
    const stream = await this.#streamList.add(medium, direction);
    if (stream instanceof CaptureStream) stream.muted = this.local.muted; // whoever is muted stays so
    return stream;
  }
  removeStream(stream: MediaStream): Promise<void> {
    return this.#streamList.remove(stream);
  }
  get participants(): readonly Participant[] {
    return [this.local, ...this.#people.all];
  }
  get activeTalker(): Participant | undefined {
    return this.#floor.current;
  }
  get transports(): readonly TransportInfo[] {
    return this.#media.map(({ info }) => info).filter((it) => it !== undefined);
  }
  get reception(): readonly ReceptionMatrix[] {
    return this.quality.reception;
  }
  get media(): readonly MediumSupport[] {
    return this.#options.allPlans.map(supportOf);
  }
  get everHeard(): boolean {
    return this.#everHeard;
  }
  get snooping(): SnoopingSuspicion | undefined {
    return this.#snooping?.suspicion(this.#options.clock.now());
  }

  on<T extends ConferenceEvent['type']>(
    type: T,
    listener: (event: Extract<ConferenceEvent, { readonly type: T }>) => void,
  ): () => void {
    return this.#emitter.on(type, listener);
  }
  onAny(listener: (event: ConferenceEvent) => void): () => void {
    return this.#emitter.onAny(listener);
  }

  async join(signal?: AbortSignal): Promise<void> {
    if (this.#state !== 'prepared')
      throw new StateError(`this session is ${this.#state}; prepare another one`);
    signal?.throwIfAborted();
    this.#state = 'joining';
    const opened = await Promise.allSettled(
      this.#media.map((medium) => medium.open(this.#qos.wantedDscp(medium))),
    );
    const failed = opened.find((it) => it.status === 'rejected');
    if (this.#leaving !== undefined || signal?.aborted === true || failed !== undefined) {
      await this.#close(undefined);
      signal?.throwIfAborted();
      throw failed?.reason ?? new StateError('the session was left while it was being joined');
    }
    const refused = this.#qos.judge();
    if (refused !== undefined) {
      await this.#close(undefined);
      throw refused;
    }
    this.#state = 'joined';
    this.#snooping = new SnoopingWatch(this.#options.clock.now());
    this.#unsubscribe = this.#options.blocks.subscribeUpkeep(this.#onUpkeep);
    const { watch } = this.#options;
    if (watch !== undefined) {
      const sockets = (): RenewableSocket[] => this.#media.flatMap(({ renewable }) => renewable);
      this.#keeping = keepOnInterface(watch, sockets, (news) => {
        this.#qos.excuse();
        this.#emit(news);
      });
    }
    for (const { warnings } of this.#media) for (const it of warnings) this.#emit({ type: 'warning', ...it });
    for (const { plan } of this.#media) {
      if (plan.reason !== undefined) {
        this.#emit({
          type: 'warning',
          code: plan.reasonCode ?? 'media',
          message: `${plan.mediaType}: ${plan.reason}`,
        });
      }
    }
    this.#qos.begin(this.#options.clock.now());
    this.#tellStreams();
  }

  leave(reason?: string): Promise<void> {
    this.#leaving ??= this.#leave(reason);
    return this.#leaving;
  }

  async #leave(reason: string | undefined): Promise<void> {
    if (this.#state === 'prepared') {
      this.#state = 'left';
      await this.#closeTerminals();
      return;
    }
    // while joining, join() sees that we leave and closes: opening a socket cannot be hurried, so nobody waits for it
    if (this.#state === 'joined') await this.#close(reason);
  }

  async #close(reason: string | undefined): Promise<void> {
    this.#state = 'left';
    this.#keeping?.[Symbol.dispose]();
    this.talk.close();
    this.#qos.close();
    this.#tellStreams();
    await Promise.all([
      this.#closeTerminals(),
      ...this.#media.map((medium) => medium.leave(reason, BYE_WITHIN_MS)),
    ]);
    this.#unsubscribe?.();
    for (const { capture } of this.#media) capture?.dispose();
  }

  async #closeTerminals(): Promise<void> {
    const all = this.#streams.flatMap((it): readonly Terminal[] =>
      it instanceof RenderStream ? it.allTerminals : it.terminals,
    );
    await Promise.all(all.map((it) => it.close()));
  }

  hold(): void {
    this.#held = true;
    this.#tellStreams();
  }
  resume(): void {
    this.#held = false;
    this.#tellStreams();
  }
  #tellStreams(): void {
    for (const it of this.#streams) it.setSession({ joined: this.#state === 'joined', held: this.#held });
  }

  setParticipantInfo(info: Omit<ParticipantInfo, 'cname'>): void {
    const { cname } = this.local;
    for (const medium of this.#media) medium.setSdes(info);
    this.local.setInfo({ ...info, ...(cname === undefined ? {} : { cname }) });
  }

  setQos(level: QosLevel, mediaType?: MediaType): readonly QosResult[] {
    this.#requireMedium(mediaType);
    return this.#qos.setLevel(level, mediaType);
  }
  reserve(flow: FlowSpec, mediaType?: MediaType): readonly QosResult[] {
    this.#requireMedium(mediaType);
    return this.#qos.reserve(flow, mediaType);
  }
  #requireMedium(mediaType: MediaType | undefined): void {
    this.#requireJoined();
    if (!this.#media.some((it) => it.mediaType === (mediaType ?? it.mediaType))) {
      throw new StateError(`no ${mediaType} is joined`);
    }
  }

  readonly setKeys = (keys: readonly MediaKey[]): void => this.#media.forEach((it) => it.setKeys(keys));

  setLoopback(mode: LoopbackMode): void {
    this.#requireJoined();
    for (const medium of this.#media) medium.setLoopback(mode);
  }

  async sendDigits(digits: string): Promise<void> {
    this.#requireJoined();
    return keysOf(this.#media, digits).press(digits);
  }

  requestKeyPicture({ medium, ssrc }: Substream): boolean {
    this.#requireJoined();
    return this.#media.find(({ index }) => index === medium)?.requestKeyPicture(ssrc) ?? false;
  }

  sendPacket(medium: number, { payload, payloadType, marker, ticks }: MadePacket): void {
    const found = this.#media.find(({ index }) => index === medium);
    if (found === undefined || this.#state !== 'joined')
      throw new StateError(`medium ${medium} is not joined`);
    found.session.skip(ticks);
    found.send(payload, 0, marker, { payloadType });
  }

  tapDatagrams(listener: DatagramTap, stage: TapStage = 'plain'): () => void {
    return this.#taps.add(listener, stage);
  }
  tapMedia(listener: MediaTap): () => void {
    return this.#taps.addMedia(listener);
  }

  #requireJoined(): void {
    if (this.#state !== 'joined') throw new NetworkError(`the session is ${this.#state}, not joined`);
  }

  /** Ten times a second: RTCP, levels, quality. */
  readonly #onUpkeep = (now: Ms): void => {
    for (const medium of this.#media) medium.tick(now);
    this.#people.pollVoices(now);
    this.#localVoice(); // a stream that was paused falls silent, too
    if (this.#floor.update(this.participants, now)) {
      this.#emit({ type: 'activeTalker', participant: this.#floor.current });
    }
    this.#people.sampleQuality(now);
    this.quality.upkeep(now);
    this.talk.upkeep();
    this.#qos.upkeep(now);
  };

  #localVoice(): void {
    const now = this.#options.clock.now();
    for (const it of this.#streams) if (it instanceof CaptureStream) it.voice.poll(now);
    const { talking } = this.local;
    if (talking === this.#talking) return;
    this.#talking = talking;
    this.#emit({ type: talking ? 'talking' : 'silent', participant: this.local });
  }

  readonly #onRtpEvent = (medium: Medium, event: RtpSessionEvent): void => {
    const warning = rtpWarning(event);
    if (warning !== undefined) this.#emit({ type: 'warning', ...warning });
    if (event.type === 'sourceActive' || event.type === 'sourceInactive' || event.type === 'sourceTimeout') {
      this.#everHeard ||= event.type === 'sourceActive';
      this.#snooping?.handleMedia(event.source.lastRtp ?? event.source.lastHeard);
    } else if (event.type === 'sourceBye') this.#snooping?.handleEnd();
    else if (event.type === 'keyPictureRequested') {
      const participant = this.#people.find(medium, event.source.ssrc);
      const { kind } = event;
      const { index, mediaType } = medium;
      if (participant !== undefined)
        this.#emit({ type: 'keyPictureRequested', participant, medium: index, mediaType, kind });
      return;
    }
    this.#people.handle(medium, event);
  };

  readonly #onDigit = (medium: Medium, { ssrc, digit, durationMs }: ReceivedDigit): void => {
    const participant = this.#people.find(medium, ssrc);
    if (participant !== undefined) this.#emit({ type: 'digit', participant, digit, durationMs });
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }
}

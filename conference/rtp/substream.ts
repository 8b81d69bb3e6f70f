import { StateError } from '../../src/errors.ts';
import { InvalidTerminalError, NoTerminalError } from '../errors.ts';
import type { PlayoutPolicy } from '../audio/index.ts';
import { QualityMeter } from '../quality/index.ts';
import type { SoundControls } from '../strip/index.ts';
import type { AudioSink } from '../terminal/index.ts';
import type {
  AttachOptions,
  MediaStream,
  Participant,
  Substream,
  SubstreamQuality,
  SubstreamStats,
} from '../types/index.ts';
import type { ChannelStrip } from './channel-strip.ts';
import type { Member } from './remote-participant.ts';
import type { RenderSource } from './render-source.ts';

const NEUTRAL: SoundControls = { gainDb: 0, pan: 0, bassDb: 0, trebleDb: 0 };

interface Attached {
  readonly sink: AudioSink;
  readonly exclusive: boolean;
  readonly preFader: boolean;
  unsubscribe: () => void;
}

/** What one participant sends on one medium, how it is received, and where it is heard (SUB-01, SUB-02). */
export class SsrcSubstream implements Substream {
  readonly ssrc: number;
  readonly mediaType: string;
  readonly medium: number;
  readonly #member: Member;
  #terminals: readonly Attached[] = [];
  #wish: 'run' | 'paused' | 'stopped' = 'run';
  #strip: ChannelStrip | undefined;
  readonly sound: SoundControls;
  readonly meter: QualityMeter;

  constructor(member: Member, playout: PlayoutPolicy, now: () => number) {
    this.ssrc = member.source.ssrc;
    this.mediaType = member.medium.mediaType;
    this.medium = member.medium.index;
    this.#member = member;
    const { source, medium } = member;
    this.meter = new QualityMeter({
      source,
      session: medium.session,
      packetMs: medium.plan.ptimeMs,
      encodingOf: (type) => medium.plan.formats.find((it) => it.payloadType === type)?.encoding,
      synchronised: medium.plan.clocks.synchronised(source.ssrc),
      now,
      playout,
      player: () => this.render,
    });
    const peek = (): SoundControls => this.#strip?.fader ?? NEUTRAL;
    const fader = (): SoundControls => this.#ownStrip().fader;
    this.sound = {
      get gainDb() {
        return peek().gainDb;
      },
      set gainDb(db) {
        if (db !== peek().gainDb) fader().gainDb = db;
      },
      get pan() {
        return peek().pan;
      },
      set pan(pan) {
        if (pan !== peek().pan) fader().pan = pan;
      },
      get bassDb() {
        return peek().bassDb;
      },
      set bassDb(db) {
        if (db !== peek().bassDb) fader().bassDb = db;
      },
      get trebleDb() {
        return peek().trebleDb;
      },
      set trebleDb(db) {
        if (db !== peek().trebleDb) fader().trebleDb = db;
      },
    };
  }

  get participant(): Participant {
    return this.#member.participant;
  }
  get stream(): MediaStream | undefined {
    return this.#member.medium.render;
  }
  get render(): RenderSource | undefined {
    return this.#member.medium.render?.find(this.ssrc);
  }
  get state(): Substream['state'] {
    if (this.#wish !== 'run') return this.#wish;
    const { stream } = this;
    return stream?.state === 'active' && this.render !== undefined ? 'active' : 'idle';
  }
  get terminals(): readonly AudioSink[] {
    return this.#terminals.map(({ sink }) => sink);
  }
  get muted(): boolean {
    return this.#strip?.fader.open === false;
  }
  set muted(muted: boolean) {
    if (muted !== this.muted) this.#ownStrip().fader.open = !muted;
  }
  get exclusive(): boolean {
    return this.#terminals.some((it) => it.exclusive);
  }

  attach(sink: AudioSink, { exclusive = false, preFader = false }: AttachOptions = {}): void {
    this.#ownStrip();
    if (sink.direction !== 'render') {
      throw new InvalidTerminalError('this terminal is for capture, and a substream is for render');
    }
    if (this.#terminals.some((it) => it.sink === sink)) {
      throw new StateError(`${sink.name} is attached to this participant already`);
    }
    const entry: Attached = { sink, exclusive, preFader, unsubscribe() {} };
    this.#use([...this.#terminals, entry]);
    this.#member.medium.render?.mapped(this, sink, true);
    // last, since a failure that has already happened is told at once
    entry.unsubscribe = sink.onFailure(({ message }) => {
      if (!this.#terminals.includes(entry)) return;
      this.#take(entry);
      this.#member.medium.render?.ownTerminalFailed(sink, message);
    });
  }

  detach(sink: AudioSink): void {
    const entry = this.#terminals.find((it) => it.sink === sink);
    if (entry === undefined)
      throw new InvalidTerminalError(`${sink.name} is not attached to this participant`);
    this.#take(entry);
  }

  start(): void {
    if (this.#wish === 'run')
      throw new StateError('a substream starts by itself; start is for after pause or stop');
    if (this.#terminals.length === 0 && this.stream?.terminals.length === 0) {
      throw new NoTerminalError('there is no terminal on this participant or its stream; attach one first');
    }
    this.#wish = 'run';
    this.#ownStrip().paused = false;
  }
  pause(): void {
    this.#ownStrip().paused = true;
    this.#wish = 'paused';
  }
  stop(): void {
    this.#ownStrip().paused = true;
    this.#wish = 'stopped';
    this.render?.reset();
  }

  /** Its stream was removed and added again: what was set for it holds on. */
  renewed(): void {
    const old = this.#strip;
    this.#strip = undefined;
    if (old !== undefined) {
      const strip = this.#ownStrip();
      const { gainDb, pan, bassDb, trebleDb, open } = old.fader;
      Object.assign(strip.fader, { gainDb, pan, bassDb, trebleDb, open });
      strip.paused = old.paused;
    }
    this.#member.participant.apply(this);
  }

  /** @throws {InvalidTerminalError} when nothing can be heard of it @throws {StateError} when it is gone */
  #ownStrip(): ChannelStrip {
    if (this.#strip !== undefined && this.render?.strip === this.#strip) return this.#strip;
    const { render } = this.#member.medium;
    if (render === undefined || render.unsupportedReason !== undefined) {
      const why = render?.unsupportedReason ?? 'it is not received';
      throw new InvalidTerminalError(`this ${this.mediaType} cannot be heard here: ${why}`);
    }
    const strip = render.stripOf(this.ssrc);
    if (strip === undefined) throw new StateError(`${this.participant.displayName} sends nothing any more`);
    strip.onEnded = () => {
      for (const entry of this.#terminals) {
        this.#take(entry);
        render.released(entry.sink);
      }
    };
    this.#strip = strip;
    return strip;
  }

  #take(entry: Attached): void {
    entry.unsubscribe();
    this.#use(this.#terminals.filter((it) => it !== entry));
    this.#member.medium.render?.mapped(this, entry.sink, false);
  }

  #use(terminals: readonly Attached[]): void {
    this.#terminals = terminals;
    this.#strip?.setSinks(terminals);
    if (this.#strip !== undefined) this.#strip.exclusive = this.exclusive;
  }

  get quality(): SubstreamQuality {
    return this.meter.quality();
  }
  get stats(): SubstreamStats {
    const { source, medium } = this.#member;
    const { render } = this;
    const aboutUs = source.reports.get(medium.session.ssrc)?.block;
    const { clockRate } = source;
    return {
      packetsReceived: source.packetsReceived,
      octetsReceived: source.octetsReceived,
      packetsLost: source.packetsLost,
      fractionLost: source.fractionLost,
      jitterMs: source.jitterSeconds * 1000,
      duplicates: source.duplicates,
      reordered: source.reordered,
      late: render?.late ?? 0,
      decoded: render?.decoded ?? 0,
      undecodable: render?.undecodable ?? 0,
      playoutAdjustments: render?.adjustments ?? 0,
      playoutDelayMs: render?.delayMs ?? 0,
      playoutTargetMs: render?.targetMs ?? 0,
      concealedMs: render?.concealedMs ?? 0,
      clockDriftPpm: render?.driftPpm,
      payloadType: source.payloadType,
      payloadFormat: render?.payloadFormat,
      levelDbfs: render === undefined ? Number.NEGATIVE_INFINITY : render.levelDbfs,
      talking: render?.voice.talking ?? false,
      roundTripMs: source.roundTripSeconds === undefined ? undefined : source.roundTripSeconds * 1000,
      ourLossThere: aboutUs === undefined ? undefined : aboutUs.fractionLost / 256,
      ourJitterMsThere:
        aboutUs === undefined || clockRate === undefined ? undefined : (aboutUs.jitter * 1000) / clockRate,
    };
  }
}

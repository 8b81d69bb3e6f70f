import type { Ms } from '../../src/machine.ts';
import type { ReceivedRtp, RtpSource } from '../../src/rtp/index.ts';
import {
  type AudioFormat,
  Converter,
  type MixBus,
  Mixer,
  meanSquare,
  type PlayoutPolicy,
  VoiceActivity,
} from '../audio/index.ts';
import { InvalidStreamError } from '../errors.ts';
import type { AudioSink, AudioSource } from '../terminal/index.ts';
import type { AttachOptions, ConferenceEvent, Substream } from '../types/index.ts';
import { Fader, type SoundControls } from '../strip/index.ts';
import { BaseStream } from './base-stream.ts';
import type { Block, BlockClock } from './block-clock.ts';
import { ChannelStrip } from './channel-strip.ts';
import type { MediumPlan } from './medium-plan.ts';
import type { PlannedFormat } from './planned-formats.ts';
import { RenderSource } from './render-source.ts';
import { SsrcSubstream } from './substream.ts';

/** Time of a stall that is filled with silence in recordings; a longer one (suspend) is left out. */
const MAX_FILL_MS: Ms = 60_000;
/** The level of the whole mix is taken from one block in so much time. */
const LEVEL_MS: Ms = 100;

export interface RenderStreamOptions {
  readonly plan: MediumPlan;
  readonly name: string;
  readonly playout: PlayoutPolicy;
  readonly blocks: BlockClock;
  readonly now: () => Ms;
  readonly emit: (event: ConferenceEvent) => void;
  /** The substreams of this medium, kept by the list of participants. */
  readonly substreams: () => readonly Substream[];
}

/** What the group sends: every source buffered, all mixed, handed to the sinks block by block. */
export class RenderStream extends BaseStream<AudioSink> {
  readonly direction = 'render';
  readonly payloadFormat: string;
  readonly format: AudioFormat | undefined;
  readonly #options: RenderStreamOptions;
  readonly #formats: (PlannedFormat | undefined)[] = Array.from({ length: 128 });
  #mixer: Mixer;
  #mix: MixBus;
  readonly #sources = new Map<number, RenderSource>();
  /** Of those who have said goodbye, until the last of what they sent has been played. */
  #ending: readonly RenderSource[] = [];
  /** The source of the packet before, and what it is heard through: streams come in runs. */
  #lastFrom: RtpSource | undefined;
  #last: RenderSource | undefined;
  /** Of the sources that do not go the common way. */
  #strips: readonly ChannelStrip[] = [];
  /** Sinks on substreams. */
  #ownSinks = 0;
  readonly #released = new Set<AudioSink>();
  readonly #fader = new Fader(() => this.#widen(this.#fader));
  #blocks = 0;
  #sinks: readonly { readonly sink: AudioSink; readonly converter: Converter }[] = [];
  readonly #voice = new VoiceActivity();
  #unsubscribe: (() => void) | undefined;

  constructor(options: RenderStreamOptions) {
    super(options.plan, options.name, options.emit);
    const { formats, preferred, mixFormat } = options.plan;
    this.#options = options;
    this.format = mixFormat;
    this.payloadFormat = preferred?.label ?? formats[0]?.label ?? 'unknown';
    for (const format of formats) this.#formats[format.payloadType] ??= format;
    this.#mixer = new Mixer(mixFormat ?? { sampleRate: 8000, channels: 1 }, options.blocks.blockMs);
    this.#mix = this.#mixer.bus(this.#mixer.format);
  }

  get substreams(): readonly Substream[] {
    return this.#options.substreams();
  }
  get levelDbfs(): number {
    return this.#voice.levelDbfs(this.#options.now());
  }

  get sound(): SoundControls {
    return this.#fader;
  }
  override get gainDb(): number {
    return this.#fader.gainDb;
  }
  override set gainDb(db: number) {
    this.#fader.gainDb = db;
  }
  get playedMs(): Ms {
    return this.#blocks * this.#mixer.blockMs;
  }

  find(ssrc: number): RenderSource | undefined {
    return this.#sources.get(ssrc);
  }
  /** What has come before the goodbye is played to its end. */
  remove(ssrc: number): void {
    const source = this.#sources.get(ssrc);
    this.#sources.delete(ssrc);
    this.#lastFrom = undefined;
    if (source === undefined) return;
    if (this.active && source.buffered) this.#ending = [...this.#ending, source];
    else this.#drop(source);
  }
  /** It has been played to its end. */
  #drop(source: RenderSource): void {
    source.dispose();
    if (source.strip === undefined) return;
    this.#strips = this.#strips.filter((it) => it !== source.strip);
    source.strip.ended();
  }

  /** The strip of a source, made when it is asked for the first time; undefined when there is no such source. */
  stripOf(ssrc: number): ChannelStrip | undefined {
    const source = this.#sources.get(ssrc);
    if (source === undefined || source.strip !== undefined) return source?.strip;
    const strip = new ChannelStrip(source, this.#mixer, () => this.#widen(strip.fader));
    source.strip = strip;
    this.#strips = [...this.#strips, strip];
    return strip;
  }

  /** Balance needs two channels. From then on the mix has them. */
  #widen({ pan }: Fader): void {
    const { format } = this.#mixer;
    if (pan === 0 || format.channels > 1) return;
    const wide = { ...format, channels: 2 };
    this.#mixer = new Mixer(wide, this.#mixer.blockMs);
    this.#mix = this.#mixer.bus(wide);
    for (const source of [...this.#sources.values(), ...this.#ending]) source.useMixer(this.#mixer);
    for (const strip of this.#strips) strip.useFormat(wide);
    this.#sinks = this.#sinks.map(({ sink }) => ({ sink, converter: new Converter(wide, sink.format) }));
  }

  /** A sink has been put on a substream, or taken off it. */
  mapped(substream: Substream, terminal: AudioSink, on: boolean): void {
    this.#ownSinks += on ? 1 : -1;
    if (on) this.#released.delete(terminal);
    this.terminalsUpdated();
    const type = on ? 'participantMapped' : 'participantUnmapped';
    this.emit({ type, participant: substream.participant, substream, terminal });
  }
  /** Taken off a participant who has gone. */
  released(terminal: AudioSink): void {
    this.#released.add(terminal);
  }
  /** Everything that is closed with the session. */
  get allTerminals(): readonly AudioSink[] {
    return [...this.terminals, ...this.substreams.flatMap((it) => it.terminals), ...this.#released];
  }
  ownTerminalFailed(terminal: AudioSink, message: string): void {
    this.emit({ type: 'terminalFailed', stream: this, terminal, message });
  }
  switchTerminal(terminal: AudioSink, to: Substream | undefined, options?: AttachOptions): void {
    if (to !== undefined && !this.substreams.includes(to)) {
      throw new InvalidStreamError(`this participant does not send on ${this.name}`);
    }
    const from = this.substreams.find(({ terminals }) => terminals.includes(terminal));
    if (from !== undefined && from === to) return;
    if (to === undefined) this.attach(terminal);
    else to.attach(terminal, options);
    if (from !== undefined) from.detach(terminal);
    else if (to !== undefined && this.terminals.includes(terminal)) this.detach(terminal);
  }

  receive(packet: ReceivedRtp, nextDue: Ms): void {
    if (packet.preceding !== undefined) this.#take(packet.preceding, nextDue);
    this.#take(packet, nextDue);
  }

  #take(packet: ReceivedRtp, nextDue: Ms): void {
    // The record is compared, not its SSRC: one thing less to fetch from cold memory for each packet.
    let source = packet.source === this.#lastFrom ? this.#last : undefined;
    if (source === undefined) {
      source = this.#sourceOf(packet.source.ssrc);
      this.#lastFrom = packet.source;
      this.#last = source;
    }
    source.receive(packet, this.#formats[packet.payloadType], nextDue, this.active);
  }

  #sourceOf(ssrc: number): RenderSource {
    const known = this.#sources.get(ssrc);
    if (known !== undefined) return known;
    const source = new RenderSource(this.#mixer, this.#options.playout, this.#options.now);
    source.voice.threshold = this.silenceThresholdDbfs;
    this.#sources.set(ssrc, source);
    for (const it of this.substreams) if (it.ssrc === ssrc && it instanceof SsrcSubstream) it.renewed();
    return source;
  }

  /** Plays one block; while paused or on hold silence, so that recordings keep their time. */
  readonly #onBlock = ({ index, due, skipped }: Block): void => {
    for (let i = index - Math.min(skipped, MAX_FILL_MS / this.#mixer.blockMs); i <= index; i++)
      this.#play(i, due);
  };

  #play(index: number, now: Ms): void {
    const mixer = this.#mixer;
    const { active } = this;
    for (const strip of this.#strips) strip.play(index, active);
    mixer.begin(index);
    if (active) {
      for (const source of this.#sources.values()) this.#mixOne(source);
      if (this.#ending.length > 0) this.#mixEnding();
    }
    const block = mixer.finish();
    if (index % (LEVEL_MS / mixer.blockMs) === 0) {
      const power = mixer.contributors > 0 ? meanSquare(block) : 0;
      this.#voice.add(power, LEVEL_MS, now);
    }
    this.#fader.process(block, mixer.format);
    for (const { sink, converter } of this.#sinks) sink.write(converter.process(block));
    this.#blocks++;
  }

  #mixOne(source: RenderSource): void {
    if (source.strip === undefined) source.mix();
    else source.strip.addTo(this.#mix);
  }
  #mixEnding(): void {
    for (const source of this.#ending) this.#mixOne(source);
    const over = this.#ending.filter(({ buffered }) => !buffered);
    if (over.length === 0) return;
    this.#ending = this.#ending.filter(({ buffered }) => buffered);
    for (const source of over) this.#drop(source);
  }

  protected thresholdChanged(dbfs: number | undefined): void {
    for (const { voice } of this.#sources.values()) voice.threshold = dbfs;
  }
  protected override get otherTerminals(): boolean {
    return this.#ownSinks > 0;
  }
  protected accepts(terminal: AudioSource | AudioSink): terminal is AudioSink {
    return terminal.direction === 'render';
  }
  protected beforeAttach(): void {}
  protected terminalsChanged(): void {
    this.#sinks = this.terminals.map((sink) => {
      const known = this.#sinks.find((it) => it.sink === sink);
      return known ?? { sink, converter: new Converter(this.#mixer.format, sink.format) };
    });
  }
  protected connectionChanged(): void {
    if (this.connected) this.#unsubscribe ??= this.#options.blocks.subscribe(this.#onBlock);
    else {
      this.#unsubscribe?.();
      this.#unsubscribe = undefined;
    }
  }
  protected activated(): void {}
  protected deactivated(): void {
    this.flush();
  }
  protected flush(): void {
    for (const source of this.#sources.values()) source.reset();
    const ending = this.#ending;
    this.#ending = [];
    for (const source of ending) this.#drop(source);
  }
}

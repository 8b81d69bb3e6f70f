import type { Ms } from '../../src/machine.ts';
import type { ReceivedRtp, RtpSource } from '../../src/rtp/index.ts';
import {
  type AudioFormat,
  Converter,
  Mixer,
  meanSquare,
  type PlayoutPolicy,
  VoiceActivity,
} from '../audio/index.ts';
import type { AudioSink, AudioSource } from '../terminal/index.ts';
import type { ConferenceEvent, Substream } from '../types/index.ts';
import { BaseStream } from './base-stream.ts';
import type { Block, BlockClock } from './block-clock.ts';
import type { MediumPlan } from './medium-plan.ts';
import type { PlannedFormat } from './planned-formats.ts';
import { RenderSource } from './render-source.ts';

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
  readonly #mixer: Mixer;
  readonly #sources = new Map<number, RenderSource>();
  /** Of those who have said goodbye, until the last of what they sent has been played. */
  #ending: readonly RenderSource[] = [];
  /** The source of the packet before, and what it is heard through: streams come in runs. */
  #lastFrom: RtpSource | undefined;
  #last: RenderSource | undefined;
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
  }

  get substreams(): readonly Substream[] {
    return this.#options.substreams();
  }
  get levelDbfs(): number {
    return this.#voice.levelDbfs(this.#options.now());
  }

  find(ssrc: number): RenderSource | undefined {
    return this.#sources.get(ssrc);
  }
  /** What has come before the goodbye is played to its end. */
  remove(ssrc: number): void {
    const source = this.#sources.get(ssrc);
    if (this.active && source?.buffered === true) this.#ending = [...this.#ending, source];
    this.#sources.delete(ssrc);
    this.#lastFrom = undefined;
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
    this.#sources.set(ssrc, source);
    return source;
  }

  /** Plays one block; while paused or on hold silence, so that recordings keep their time. */
  readonly #onBlock = ({ index, due, skipped }: Block): void => {
    for (let i = index - Math.min(skipped, MAX_FILL_MS / this.#mixer.blockMs); i <= index; i++)
      this.#play(i, due);
  };

  #play(index: number, now: Ms): void {
    const mixer = this.#mixer;
    mixer.begin(index);
    if (this.active) {
      for (const source of this.#sources.values()) source.mix();
      if (this.#ending.length > 0) {
        for (const source of this.#ending) source.mix();
        this.#ending = this.#ending.filter(({ buffered }) => buffered);
      }
    }
    const block = mixer.finish();
    if (index % (LEVEL_MS / mixer.blockMs) === 0) {
      const power = mixer.contributors > 0 ? meanSquare(block) : 0;
      this.#voice.add(power, LEVEL_MS, now);
    }
    if (this.gain !== 1) for (let i = 0; i < block.length; i++) block[i] = (block[i] ?? 0) * this.gain;
    for (const { sink, converter } of this.#sinks) sink.write(converter.process(block));
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
    this.#ending = [];
  }
}

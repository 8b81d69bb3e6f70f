import { InvalidValueError, StateError } from '../../src/errors.ts';
import { type AudioFormat, Converter, Limiter, requireFormat } from '../audio/index.ts';
import type { Call } from '../call/index.ts';
import { Emitter, type EventStream } from '../emitter.ts';
import { InvalidStreamError } from '../errors.ts';
import type { AudioSink, AudioSource } from '../terminal/index.ts';
import { DeskChannel, type DeskChannelOptions } from './desk-channel.ts';
import { DeskInput, MAX_WAIT_MS } from './desk-input.ts';
import { Ducking, type DuckingOptions } from './ducking.ts';
import { SharedSource } from './shared-source.ts';

export interface DeskOptions extends DuckingOptions {
  /** Of the mix; sinks may have another. Default 48 kHz stereo. */
  readonly format?: AudioFormat;
}

export type DeskEvent =
  /** Others have been made softer because somebody talks in this one. */
  | { readonly type: 'ducking'; readonly channel: DeskChannel }
  /** They come back. */
  | { readonly type: 'duckingOver'; readonly channel: DeskChannel }
  /** Where what we say goes; undefined for nowhere. */
  | { readonly type: 'talkTarget'; readonly channel: DeskChannel | undefined }
  | { readonly type: 'terminalFailed'; readonly terminal: AudioSink; readonly message: string };

interface Output {
  readonly sink: AudioSink;
  readonly converter: Converter;
  unsubscribe: () => void;
}

/** Blocks handled at once. */
const MAX_CHUNK_MS = MAX_WAIT_MS;

/**
 * Several conferences heard at once and talked to one at a time: a monitor desk. Each has its volume, mute and balance;
 * while somebody talks in one of higher priority, the others are ducked. Calls of one provider share its beat, so that the
 * desk adds no delay; where beats differ it waits at most 60 ms for the slowest.
 */
export class Desk implements EventStream<DeskEvent>, AsyncDisposable {
  readonly format: AudioFormat;
  readonly #options: DeskOptions;
  readonly #emitter = new Emitter<DeskEvent>();
  readonly #limiter: Limiter;
  readonly #ducking: Ducking<DeskChannel>;
  #channels: readonly DeskChannel[] = [];
  #outputs: readonly Output[] = [];
  #source: SharedSource | undefined;
  #target: DeskChannel | undefined;
  #mix: Float32Array;
  #ms = 0;
  #known = new Set<DeskChannel>();

  /** @throws {InvalidValueError} for a format out of range */
  constructor(options: DeskOptions = {}) {
    this.format = options.format ?? { sampleRate: 48_000, channels: 2 };
    requireFormat(this.format);
    this.#options = options;
    this.#ducking = new Ducking(options);
    this.#limiter = new Limiter(this.format);
    this.#mix = new Float32Array(
      Math.ceil((this.format.sampleRate * MAX_CHUNK_MS) / 1000) * this.format.channels,
    );
  }

  get channels(): readonly DeskChannel[] {
    return this.#channels;
  }
  /** Where what we say goes. */
  get talkTarget(): DeskChannel | undefined {
    return this.#target;
  }
  get sinks(): readonly AudioSink[] {
    return this.#outputs.map(({ sink }) => sink);
  }

  on<T extends DeskEvent['type']>(
    type: T,
    listener: (event: Extract<DeskEvent, { readonly type: T }>) => void,
  ): () => void {
    return this.#emitter.on(type, listener);
  }
  onAny(listener: (event: DeskEvent) => void): () => void {
    return this.#emitter.onAny(listener);
  }

  /**
   * Puts a call on the desk, connected or not. Its render stream is given a sink.
   *
   * @throws {StateError} when it is there already @throws {InvalidStreamError} when nothing of it can be heard
   */
  add(call: Call, options: DeskChannelOptions = {}): DeskChannel {
    if (this.#channels.some((it) => it.call === call))
      throw new StateError('this call is on the desk already');
    const name = options.name ?? call.description.name ?? 'conference';
    const input = new DeskInput(`desk: ${name}`, this.format, this.#options, () => this.#pump());
    const channel = new DeskChannel(call, name, input, options);
    const { render } = channel;
    if (render === undefined) throw new InvalidStreamError(`nothing of "${name}" can be heard here`);
    render.attach(input);
    this.#channels = [...this.#channels, channel];
    return channel;
  }

  /** Takes a call off the desk; it goes on by itself. */
  async remove(channel: DeskChannel): Promise<void> {
    this.#require(channel);
    if (this.#target === channel) this.talkTo(undefined);
    this.#channels = this.#channels.filter((it) => it !== channel);
    this.#ducking.forget(channel);
    if (channel.render?.terminals.includes(channel.input) === true) channel.render.detach(channel.input);
    await channel.input.close();
    this.#tellDucking();
  }

  /** The mix of all conferences goes there. @throws {StateError} when it is attached already */
  attach(sink: AudioSink): void {
    if (this.sinks.includes(sink)) throw new StateError(`${sink.name} is attached to the desk already`);
    const output: Output = { sink, converter: new Converter(this.format, sink.format), unsubscribe() {} };
    this.#outputs = [...this.#outputs, output];
    output.unsubscribe = sink.onFailure(({ message }) => {
      this.#outputs = this.#outputs.filter((it) => it !== output);
      this.#emitter.emit({ type: 'terminalFailed', terminal: sink, message });
    });
  }
  /** The sink is not closed. @throws {InvalidValueError} when it is not attached */
  detach(sink: AudioSink): void {
    const output = this.#outputs.find((it) => it.sink === sink);
    if (output === undefined) throw new InvalidValueError(`${sink.name} is not attached to the desk`);
    output.unsubscribe();
    this.#outputs = this.#outputs.filter((it) => it !== output);
  }

  /** What is sent to the {@link talkTarget}. @throws {StateError} when there is one */
  attachSource(source: AudioSource): void {
    if (this.#source !== undefined) throw new StateError('the desk has a source already');
    this.#source = new SharedSource(source);
    const target = this.#target;
    if (target === undefined) return;
    this.#target = undefined;
    this.talkTo(target);
  }

  /**
   * What we say goes to this conference from now on, and to no other. With push-to-talk the key counts as released.
   *
   * @param channel undefined for none
   * @throws {InvalidStreamError} when nothing may be sent there
   */
  talkTo(channel: DeskChannel | undefined): void {
    if (channel === this.#target) return;
    if (channel !== undefined) this.#require(channel);
    const to = channel?.capture;
    if (channel !== undefined && to === undefined) {
      throw new InvalidStreamError(`nothing can be sent to "${channel.name}"`);
    }
    const source = this.#source;
    const from = this.#target?.capture;
    if (source !== undefined) {
      to?.attach(source); // first: when that fails, nothing has changed
      if (from?.terminals.includes(source) === true) from.detach(source);
    }
    this.#target?.call.talk.release(); // a key that was pressed there must not be found pressed later
    this.#target = channel;
    this.#emitter.emit({ type: 'talkTarget', channel });
  }

  /** Closes sinks and source. The calls go on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.talkTo(undefined);
    for (const channel of this.#channels) await this.remove(channel);
    const outputs = this.#outputs;
    this.#outputs = [];
    await Promise.all([...outputs.map(({ sink }) => sink.close()), this.#source?.source.close()]);
  }

  #require(channel: DeskChannel): void {
    if (!this.#channels.includes(channel))
      throw new InvalidValueError(`"${channel.name}" is not on this desk`);
  }

  /** Mixes what all have, or what is there when somebody does not keep up. */
  #pump(): void {
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    for (const channel of this.#channels) {
      const { frames } = channel.input;
      if (frames > most) most = frames;
      if (channel.running && frames < least) least = frames;
    }
    const patience = Math.floor((this.format.sampleRate * MAX_WAIT_MS) / 1000);
    const frames = most >= patience ? most : Math.min(least, most);
    if (frames > 0) this.#play(frames);
  }

  #play(frames: number): void {
    const { channels, sampleRate } = this.format;
    const length = frames * channels;
    if (this.#mix.length < length) this.#mix = new Float32Array(length);
    const block = this.#mix.subarray(0, length);
    block.fill(0);
    this.#ms += (frames * 1000) / sampleRate;
    this.#ducking.update(this.#channels, this.#ms);
    this.#tellDucking();
    for (const channel of this.#channels) {
      channel.input.duck.set(this.#ducking.depthFor(channel));
      channel.input.addTo(block, frames);
    }
    if (this.#channels.length > 1 || this.#limiter.active) this.#limiter.process(block);
    for (const { sink, converter } of this.#outputs) sink.write(converter.process(block));
  }

  #tellDucking(): void {
    for (const channel of this.#ducking.ducking) {
      if (this.#known.has(channel)) continue;
      this.#known.add(channel);
      this.#emitter.emit({ type: 'ducking', channel });
    }
    if (this.#known.size === 0) return;
    const now = new Set(this.#ducking.ducking);
    for (const channel of this.#known) {
      if (now.has(channel)) continue;
      this.#known.delete(channel);
      this.#emitter.emit({ type: 'duckingOver', channel });
    }
  }
}

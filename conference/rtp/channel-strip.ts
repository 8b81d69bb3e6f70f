import { type AudioFormat, Converter, type MixBus, Mixer } from '../audio/index.ts';
import { Fader } from '../strip/index.ts';
import type { AudioSink } from '../terminal/index.ts';
import type { RenderSource } from './render-source.ts';

/** A sink of one source alone. */
interface OwnSink {
  readonly sink: AudioSink;
  /** Before gain, balance, tone and mute. */
  readonly preFader: boolean;
  converter: Converter;
}

/**
 * One source taken out of the common path: with gain, balance and tone of its own, perhaps with sinks of its own. Sources
 * that need none of it have no strip, and cost nothing more. Each block is brought to the format of the mix before
 * anything else: what goes to a sink of its own has the same delay as the mix, and goes on when the codec changes.
 */
export class ChannelStrip {
  readonly fader: Fader;
  readonly source: RenderSource;
  paused = false;
  /** Told when the source is gone and has been played to its end. */
  onEnded: (() => void) | undefined;
  /** Not in the mix. */
  exclusive = false;
  #mixer: Mixer;
  #sinks: readonly OwnSink[] = [];
  /** The block while the mixer's memory is used by others. */
  #block: Float32Array = new Float32Array(0);
  #heard = false;
  /** Blocks since something was heard: the filters of converters ring on. */
  #quietBlocks = 2;

  constructor(
    source: RenderSource,
    { format, blockMs }: Pick<Mixer, 'format' | 'blockMs'>,
    onChange: () => void,
  ) {
    this.source = source;
    this.fader = new Fader(onChange);
    this.#mixer = new Mixer(format, blockMs);
  }

  ended(): void {
    this.onEnded?.();
  }

  /** The mix has another format from now on. */
  useFormat(format: AudioFormat): void {
    this.#mixer = new Mixer(format, this.#mixer.blockMs);
    for (const it of this.#sinks) it.converter = new Converter(format, it.sink.format);
  }

  setSinks(sinks: readonly { readonly sink: AudioSink; readonly preFader: boolean }[]): void {
    const { format } = this.#mixer;
    this.#sinks = sinks.map((it) => {
      const known = this.#sinks.find(({ sink }) => sink === it.sink);
      return known ?? { ...it, converter: new Converter(format, it.sink.format) };
    });
  }

  /**
   * Takes the source's next block and gives it to its own sinks; silence when there is nothing, so that they stay in
   * step with the mix. Done before the mix begins, since all mixers share their memory.
   *
   * @param active whether the stream runs
   */
  play(index: number, active: boolean): void {
    const mixer = this.#mixer;
    mixer.begin(index);
    const { format } = this.source;
    if (active && format !== undefined) {
      const needed = !this.paused && (!this.fader.shut || this.#sinks.some(({ preFader }) => preFader));
      this.source.mixInto(mixer.bus(format), needed);
    }
    const finished = mixer.finish();
    if (this.#block.length !== finished.length) this.#block = new Float32Array(finished.length);
    const block = this.#block;
    block.set(finished);
    this.#quietBlocks = mixer.contributors > 0 ? 0 : this.#quietBlocks + 1;
    this.#heard = this.#quietBlocks < 2 && !this.fader.shut; // as it is before this block is faded out
    for (const it of this.#sinks) if (it.preFader) it.sink.write(it.converter.process(block));
    this.fader.process(block, mixer.format);
    for (const it of this.#sinks) if (!it.preFader) it.sink.write(it.converter.process(block));
  }

  /** Adds the block that was just played to the mix, which has begun. */
  addTo(mix: MixBus): void {
    if (this.exclusive || !this.#heard) return;
    const block = this.#block;
    if (mix.contributors++ === 0) {
      mix.sum.set(block);
      return;
    }
    const { sum } = mix;
    for (let i = 0; i < block.length; i++) sum[i] = (sum[i] ?? 0) + (block[i] ?? 0);
  }
}

/**
 * Samples by position: a ring in which every frame of a source has its place. Positions are whole frames that only grow, far
 * beyond what fits the ring; whoever uses it keeps what it wants to find within {@link capacity} of each other.
 */
export class SampleRing {
  readonly channels: number;
  /** Frames, a power of two. */
  readonly capacity: number;
  readonly samples: Float32Array;
  readonly #mask: number;

  /** @param frames that must fit at least */
  constructor(frames: number, channels: number) {
    this.channels = channels;
    this.capacity = 2 ** Math.ceil(Math.log2(frames));
    this.#mask = this.capacity - 1;
    this.samples = new Float32Array(this.capacity * channels);
  }

  /** Where in {@link samples} the frame at a position begins. */
  index(position: number): number {
    return (position & this.#mask) * this.channels;
  }

  /** @param from first frame of `source` that is taken */
  write(position: number, source: Float32Array, from: number, frames: number): void {
    const { channels, samples } = this;
    const at = this.index(position);
    const start = from * channels;
    const count = frames * channels;
    const first = Math.min(count, samples.length - at);
    // copying in a loop costs less than making a view for a few samples
    if (count <= 256) {
      for (let i = 0; i < first; i++) samples[at + i] = source[start + i] ?? 0;
      for (let i = first; i < count; i++) samples[i - first] = source[start + i] ?? 0;
      return;
    }
    samples.set(source.subarray(start, start + first), at);
    if (first < count) samples.set(source.subarray(start + first, start + count), 0);
  }

  /** Puts frames at the front of `target`, or adds them to what is there. */
  read(position: number, target: Float32Array, frames: number, add: boolean): void {
    const { channels, samples } = this;
    const at = this.index(position);
    const count = frames * channels;
    const first = Math.min(count, samples.length - at);
    if (add) {
      for (let i = 0; i < first; i++) target[i] = (target[i] ?? 0) + (samples[at + i] ?? 0);
      for (let i = first; i < count; i++) target[i] = (target[i] ?? 0) + (samples[i - first] ?? 0);
      return;
    }
    target.set(samples.subarray(at, at + first), 0);
    if (first < count) target.set(samples.subarray(0, count - first), first);
  }

  /** Silence in `[from, to)`. */
  clear(from: number, to: number): void {
    const frames = Math.min(this.capacity, to - from);
    if (frames <= 0) return;
    const at = this.index(to - frames);
    const count = frames * this.channels;
    const first = Math.min(count, this.samples.length - at);
    this.samples.fill(0, at, at + first);
    if (first < count) this.samples.fill(0, 0, count - first);
  }

  /** Moves `[from, to)` by so many frames, up or down. */
  move(from: number, to: number, by: number): void {
    const { channels, samples } = this;
    const frames = to - from;
    for (let i = 0; i < frames; i++) {
      const position = by > 0 ? to - 1 - i : from + i;
      const source = this.index(position);
      const target = this.index(position + by);
      for (let channel = 0; channel < channels; channel++)
        samples[target + channel] = samples[source + channel] ?? 0;
    }
  }

  /** Mean of all channels at one position. */
  mono(position: number): number {
    const { channels, samples } = this;
    const at = this.index(position);
    if (channels === 1) return samples[at] ?? 0;
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += samples[at + channel] ?? 0;
    return sum / channels;
  }

  /** Of the samples in `[from, to)`. */
  meanSquare(from: number, to: number): number {
    const { channels, samples } = this;
    let sum = 0;
    for (let position = from; position < to; position++) {
      const at = this.index(position);
      for (let channel = 0; channel < channels; channel++) sum += (samples[at + channel] ?? 0) ** 2;
    }
    return to > from ? sum / ((to - from) * channels) : 0;
  }
}

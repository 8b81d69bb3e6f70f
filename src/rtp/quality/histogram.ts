/** Values below this have a bucket each; from there on every octave has this many. A power of two. */
const STEPS = 16;
const STEP_BITS = 4;
/** Greater values are counted as this one. */
const MAX_VALUE = 2 ** 31 - 1;
const BUCKETS = STEPS * (31 - STEP_BITS + 1);

/**
 * Counts of whole numbers from 0 to 2^31 − 1 in a fixed amount of memory: exact below 16, above that in buckets no
 * wider than 1/16 of their values.
 */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #minimum = 0;
  #maximum = 0;

  get count(): number {
    return this.#count;
  }
  /** 0 as long as there is no value, as the others. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }
  get minimum(): number {
    return this.#minimum;
  }
  get maximum(): number {
    return this.#maximum;
  }

  /** Counts a value, rounded to a whole number; what is below 0 or no number is counted as 0. */
  add(value: number): void {
    const whole = value > 0 ? Math.min(MAX_VALUE, Math.round(value)) : 0;
    const bucket = bucketOf(whole);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#minimum = this.#count === 0 ? whole : Math.min(this.#minimum, whole);
    this.#maximum = Math.max(this.#maximum, whole);
    this.#count++;
    this.#sum += whole;
  }

  /** Counts the first `length` of whole numbers from 0 on, at a fraction of what {@link add} costs for each. */
  addAll(values: Int32Array, length: number): void {
    if (length === 0) return;
    const counts = this.#counts;
    let minimum = this.#count === 0 ? MAX_VALUE : this.#minimum;
    let maximum = this.#maximum;
    let sum = 0;
    for (let at = 0; at < length; at++) {
      const value = (values[at] ?? 0) & MAX_VALUE; // a negative one would be no index
      const bucket = bucketOf(value);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
      sum += value;
    }
    this.#minimum = minimum;
    this.#maximum = maximum;
    this.#count += length;
    this.#sum += sum;
  }

  /**
   * The least value that `percent` of all values do not exceed, rounded up to the end of its bucket.
   *
   * @param percent above 0, at most 100
   * @returns undefined as long as there is no value
   * @throws {RangeError} when `percent` is out of its range
   */
  percentile(percent: number): number | undefined {
    if (!(percent > 0 && percent <= 100)) throw new RangeError(`percentile ${percent} is not above 0 to 100`);
    if (this.#count === 0) return undefined;
    let rest = Math.ceil((this.#count * percent) / 100);
    for (const [bucket, count] of this.#counts.entries()) {
      rest -= count;
      if (rest <= 0) return Math.min(this.#maximum, lastOf(bucket));
    }
    return this.#maximum;
  }

  /** Buckets that are not empty, in their order: values from `first` to `last`. */
  buckets(): { readonly first: number; readonly last: number; readonly count: number }[] {
    return [...this.#counts.entries()]
      .filter(([, count]) => count > 0)
      .map(([bucket, count]) => ({ first: firstOf(bucket), last: lastOf(bucket), count }));
  }
}

function bucketOf(value: number): number {
  if (value < STEPS) return value;
  const octave = 31 - Math.clz32(value) - STEP_BITS; // 0: from 16 to 31
  return STEPS * (octave + 1) + ((value >>> octave) & (STEPS - 1));
}
function firstOf(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const octave = Math.floor(bucket / STEPS) - 1;
  return (STEPS + (bucket % STEPS)) * 2 ** octave;
}
function lastOf(bucket: number): number {
  return firstOf(bucket + 1) - 1;
}

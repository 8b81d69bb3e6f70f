import { EncodeError } from '../errors.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';
import type { RsiBlock, RsiDistribution } from './rsi.ts';

/** Buckets share what follows the maximum among them, each so many whole bits; what is over is padding (RFC 5760 §7.1.2). */
export function readBuckets(r: WireReader, type: RsiDistribution['type']): RsiBlock {
  const head = r.u16();
  const [count, factor] = [head >>> 4, head & 0x0f];
  const [minimum, maximum] = [r.u32(), r.u32()];
  const bits = r.rest();
  const bucketBits = count === 0 ? 0 : Math.floor((bits.length * 8) / count);
  if (count > 0 && (bucketBits < 1 || bucketBits > 32)) {
    throw r.fail(`${count} buckets in ${bits.length} bytes`, 'RFC 5760 §7.1.2');
  }
  const buckets = Array.from({ length: count }, (_, i) => bitsAt(bits, i * bucketBits, bucketBits));
  return { type, minimum, maximum, factor, bucketBits, buckets };
}

/** @throws {EncodeError} when there are too many buckets, or one does not fit in its bits */
export function writeBuckets(w: WireWriter, distribution: RsiDistribution): void {
  const { minimum, maximum, factor, bucketBits, buckets } = distribution;
  const fail = (problem: string): never => {
    throw new EncodeError('RTCP', `RSI ${distribution.type}`, problem);
  };
  if (buckets.length > 0xfff) fail(`has ${buckets.length} buckets, more than 4095`);
  if (!(factor >= 0 && factor <= 15)) fail(`has the factor ${factor}, not 0 to 15`);
  if (buckets.length > 0 && !(bucketBits >= 1 && bucketBits <= 32)) fail(`has buckets of ${bucketBits} bits`);
  w.u16((buckets.length << 4) | factor)
    .u32(minimum)
    .u32(maximum);
  const total = buckets.length * bucketBits;
  const out = new Uint8Array(Math.ceil(total / 32) * 4);
  // A reader divides all that is there: padding must not make a bucket wider.
  if (buckets.length > 0 && Math.floor((out.length * 8) / buckets.length) !== bucketBits) {
    fail(`cannot have ${buckets.length} buckets of ${bucketBits} bits: they do not fill whole words`);
  }
  for (const [i, bucket] of buckets.entries()) {
    if (!(bucket >= 0 && bucket < 2 ** bucketBits)) fail(`has ${bucket} in a bucket of ${bucketBits} bits`);
    setBits(out, i * bucketBits, bucketBits, bucket);
  }
  w.bytes(out);
}

function bitsAt(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) value = value * 2 + (((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1);
  return value;
}

function setBits(bytes: Uint8Array, at: number, count: number, value: number): void {
  let rest = value;
  for (let i = at + count - 1; i >= at; i--) {
    if (rest % 2 === 1) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (7 - (i & 7)));
    rest = Math.floor(rest / 2);
  }
}

import { EncodeError } from '../errors.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';
import { xrField } from './xr-field.ts';

/** Which packets of which source a block is about (RFC 3611 §4.1, §4.3). */
export interface XrSequenceRange {
  readonly ssrc: number;
  /** Only sequence numbers divisible by two to the power of this are reported, 0 to 15. */
  readonly thinning: number;
  /** First sequence number. */
  readonly beginSequence: number;
  /** The sequence number after the last; it may be below the first, after a wrap. */
  readonly endSequence: number;
}

/** A piece of a trace: so many times the same, or 15 bits with the first one highest (RFC 3611 §4.1.1, §4.1.2). */
export type XrChunk =
  | { readonly type: 'run'; readonly value: boolean; readonly length: number }
  | { readonly type: 'bits'; readonly bits: number };

/**
 * One bit for each packet, run-length encoded: which packets came (`lossRuns`, RFC 3611 §4.1), or which came only
 * once (`duplicateRuns`, §4.2). A set bit is the good case of both.
 */
export interface XrRunLengths extends XrSequenceRange {
  readonly type: 'lossRuns' | 'duplicateRuns';
  readonly chunks: readonly XrChunk[];
}

/** Longest run of one chunk. */
const MAX_RUN = 0x3fff;
const VECTOR_BITS = 15;

/** Sequence numbers that a block reports, in their order. */
export function xrSequences({ beginSequence, endSequence, thinning }: XrSequenceRange): number[] {
  const step = 2 ** thinning;
  const span = (endSequence - beginSequence) & 0xffff;
  const sequences: number[] = [];
  for (let ahead = -beginSequence & (step - 1); ahead < span; ahead += step) {
    sequences.push((beginSequence + ahead) & 0xffff);
  }
  return sequences;
}

/** The bits of a block, one for each of {@link xrSequences}; fewer when its chunks end before. */
export function xrTrace(block: XrRunLengths): boolean[] {
  const wanted = xrSequences(block).length;
  const trace: boolean[] = [];
  for (const chunk of block.chunks) {
    const length = Math.min(chunk.type === 'run' ? chunk.length : VECTOR_BITS, wanted - trace.length);
    for (let i = 0; i < length; i++) {
      trace.push(chunk.type === 'run' ? chunk.value : ((chunk.bits >>> (VECTOR_BITS - 1 - i)) & 1) === 1);
    }
  }
  return trace;
}

/** The chunks for a trace: a run where one is as long as what a vector would hold, else a vector. */
export function encodeXrTrace(trace: readonly boolean[]): XrChunk[] {
  const chunks: XrChunk[] = [];
  for (let at = 0; at < trace.length; ) {
    const value = trace[at] === true;
    let length = 1;
    while (at + length < trace.length && length < MAX_RUN && trace[at + length] === value) length++;
    if (length >= VECTOR_BITS || at + length === trace.length) {
      chunks.push({ type: 'run', value, length });
    } else {
      let bits = 0;
      for (length = 0; length < VECTOR_BITS; length++)
        bits = bits * 2 + (trace[at + length] === true ? 1 : 0);
      chunks.push({ type: 'bits', bits });
    }
    at += length;
  }
  return chunks;
}

export function readSequenceRange(r: WireReader, typeSpecific: number): XrSequenceRange {
  return { ssrc: r.u32(), thinning: typeSpecific & 0x0f, beginSequence: r.u16(), endSequence: r.u16() };
}

/** @returns the byte behind the block type */
export function writeSequenceRange(w: WireWriter, range: XrSequenceRange): number {
  w.u32(range.ssrc)
    .u16(xrField('begin_seq', range.beginSequence, 0xffff))
    .u16(xrField('end_seq', range.endSequence, 0xffff));
  return xrField('thinning', range.thinning, 15);
}

/** A null chunk ends the trace (RFC 3611 §4.1.3); a run of no packets says nothing and is left out. */
export function readRunLengths(
  r: WireReader,
  type: XrRunLengths['type'],
  typeSpecific: number,
): XrRunLengths {
  const range = readSequenceRange(r, typeSpecific);
  const chunks: XrChunk[] = [];
  while (r.remaining > 0) {
    const chunk = r.u16();
    if (chunk === 0) break;
    const length = chunk & MAX_RUN;
    if (chunk >= 0x8000) chunks.push({ type: 'bits', bits: chunk & 0x7fff });
    else if (length > 0) chunks.push({ type: 'run', value: chunk >= 0x4000, length });
  }
  return { type, ...range, chunks };
}

/** @returns the byte behind the block type */
export function writeRunLengths(w: WireWriter, block: XrRunLengths): number {
  const thinning = writeSequenceRange(w, block);
  if (block.chunks.length > 0x2_0000)
    throw new EncodeError('RTCP', 'XR chunks', 'are more than a block can hold');
  for (const chunk of block.chunks) {
    if (chunk.type === 'bits') w.u16(0x8000 | xrField('bit vector', chunk.bits, 0x7fff));
    else w.u16((chunk.value ? 0x4000 : 0) | xrField('run length', chunk.length, MAX_RUN, 1));
  }
  if (block.chunks.length % 2 === 1) w.u16(0);
  return thinning;
}

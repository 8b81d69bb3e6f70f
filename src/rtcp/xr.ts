import { EncodeError } from '../errors.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';
import { RTCP_XR, writeRtcpPacket } from './header.ts';
import { xrField } from './xr-field.ts';
import {
  readSequenceRange,
  readRunLengths,
  type XrRunLengths,
  type XrSequenceRange,
  writeRunLengths,
  writeSequenceRange,
} from './xr-trace.ts';
import { readStatistics, writeStatistics, type XrStatistics } from './xr-statistics.ts';
import { readVoipMetrics, writeVoipMetrics, type XrVoipMetrics } from './xr-voip.ts';

/** XR: what a participant measures beyond its report blocks (RFC 3611 §2). */
export interface ExtendedReport {
  readonly type: 'xr';
  /** Who reports. */
  readonly ssrc: number;
  readonly blocks: readonly XrBlock[];
}

/** When packets came (RFC 3611 §4.3). */
export interface XrReceiptTimes extends XrSequenceRange {
  readonly type: 'receiptTimes';
  /** One for each sequence number reported (`xrSequences`), in units of the source's RTP clock. */
  readonly times: readonly number[];
}

/** How long ago a receiver's reference time came: what it needs to know its round trip (RFC 3611 §4.5). */
export interface DelaySinceReference {
  /** The receiver that sent the reference time. */
  readonly ssrc: number;
  /** Middle 32 bits of that time; 0: none has come. */
  readonly lastReference: number;
  /** In 1/65536 s. */
  readonly delay: number;
}

/** One report block (RFC 3611 §4). */
export type XrBlock =
  | XrRunLengths
  | XrReceiptTimes
  /** The reporter's clock: for receivers what an SR is for senders (RFC 3611 §4.4). */
  | { readonly type: 'referenceTime'; readonly ntp: bigint }
  | { readonly type: 'delaySinceReference'; readonly receivers: readonly DelaySinceReference[] }
  | XrStatistics
  | XrVoipMetrics
  /** A type not known here, or a known one that has not the length of its kind: kept as it is. */
  | {
      readonly type: 'unknown';
      readonly blockType: number;
      /** The byte behind the block type. */
      readonly typeSpecific: number;
      /** Whole 32-bit words. */
      readonly body: Uint8Array;
    };

const LOSS_RUNS = 1;
const DUPLICATE_RUNS = 2;
const RECEIPT_TIMES = 3;
const REFERENCE_TIME = 4;
const DELAY_SINCE_REFERENCE = 5;
const STATISTICS = 6;
const VOIP_METRICS = 7;

/**
 * Reads all behind the packet's first four bytes. Reserved bits are ignored, and values that RFC 3611 does not allow are
 * as if they were not there.
 *
 * @returns undefined when there is no SSRC, or the lengths of the blocks do not add up to the packet's
 */
export function readExtendedReport(r: WireReader): ExtendedReport | undefined {
  if (r.remaining < 4) return undefined;
  const ssrc = r.u32();
  const blocks: XrBlock[] = [];
  while (r.remaining > 0) {
    const blockType = r.u8();
    const typeSpecific = r.u8();
    const bytes = r.u16() * 4;
    if (bytes > r.remaining) return undefined;
    blocks.push(readBlock(r.sub(bytes), blockType, typeSpecific));
  }
  return { type: 'xr', ssrc, blocks };
}

/** Whether a block of this type can have a body of so many bytes. */
function isKnown(blockType: number, bytes: number): boolean {
  switch (blockType) {
    case LOSS_RUNS:
    case DUPLICATE_RUNS:
    case RECEIPT_TIMES:
      return bytes >= 8;
    case REFERENCE_TIME:
      return bytes === 8;
    case DELAY_SINCE_REFERENCE:
      return bytes % 12 === 0;
    case STATISTICS:
      return bytes === 36;
    case VOIP_METRICS:
      return bytes === 32;
    default:
      return false;
  }
}

function readBlock(r: WireReader, blockType: number, typeSpecific: number): XrBlock {
  if (isKnown(blockType, r.remaining)) {
    switch (blockType) {
      case LOSS_RUNS:
        return readRunLengths(r, 'lossRuns', typeSpecific);
      case DUPLICATE_RUNS:
        return readRunLengths(r, 'duplicateRuns', typeSpecific);
      case RECEIPT_TIMES: {
        const range = readSequenceRange(r, typeSpecific);
        return { type: 'receiptTimes', ...range, times: readAll(r, () => r.u32()) };
      }
      case REFERENCE_TIME:
        return { type: 'referenceTime', ntp: r.u64() };
      case DELAY_SINCE_REFERENCE: {
        const one = (): DelaySinceReference => ({ ssrc: r.u32(), lastReference: r.u32(), delay: r.u32() });
        return { type: 'delaySinceReference', receivers: readAll(r, one) };
      }
      case STATISTICS:
        return readStatistics(r, typeSpecific);
      case VOIP_METRICS:
        return readVoipMetrics(r);
    }
  }
  return { type: 'unknown', blockType, typeSpecific, body: r.rest() };
}

function readAll<T>(r: WireReader, one: () => T): T[] {
  const all: T[] = [];
  while (r.remaining > 0) all.push(one());
  return all;
}

/** @throws {EncodeError} when a value is out of its range, or a block does not fit */
export function writeExtendedReport(w: WireWriter, { ssrc, blocks }: ExtendedReport): void {
  writeRtcpPacket(w, RTCP_XR, 0, () => {
    w.u32(ssrc);
    for (const block of blocks) writeBlock(w, block);
  });
}

function writeBlock(w: WireWriter, block: XrBlock): void {
  const start = w.length;
  w.u32(0); // type, what is particular to it, and length: filled in below
  const [blockType, typeSpecific] = writeBody(w, block);
  const words = (w.length - start) / 4 - 1;
  if (!Number.isInteger(words)) throw new EncodeError('RTCP', 'XR block', 'is not whole 32-bit words');
  if (words > 0xffff) throw new EncodeError('RTCP', 'XR block', `is ${words} words, more than 65535`);
  w.setU8(start, blockType)
    .setU8(start + 1, typeSpecific)
    .setU16(start + 2, words);
}

/** @returns the block type, and the byte behind it */
function writeBody(w: WireWriter, block: XrBlock): readonly [blockType: number, typeSpecific: number] {
  switch (block.type) {
    case 'lossRuns':
      return [LOSS_RUNS, writeRunLengths(w, block)];
    case 'duplicateRuns':
      return [DUPLICATE_RUNS, writeRunLengths(w, block)];
    case 'receiptTimes': {
      const thinning = writeSequenceRange(w, block);
      for (const time of block.times) w.u32(xrField('receipt time', time, 0xffff_ffff));
      return [RECEIPT_TIMES, thinning];
    }
    case 'referenceTime':
      w.u64(block.ntp);
      return [REFERENCE_TIME, 0];
    case 'delaySinceReference':
      for (const { ssrc, lastReference, delay } of block.receivers) w.u32(ssrc).u32(lastReference).u32(delay);
      return [DELAY_SINCE_REFERENCE, 0];
    case 'statistics':
      return [STATISTICS, writeStatistics(w, block)];
    case 'voipMetrics':
      writeVoipMetrics(w, block);
      return [VOIP_METRICS, 0];
    case 'unknown':
      break;
  }
  const { blockType, typeSpecific, body } = block;
  if (isKnown(blockType, body.length)) {
    throw new EncodeError(
      'RTCP',
      'XR block',
      `of type ${blockType} is a known one, not to be written as unknown`,
    );
  }
  w.bytes(body);
  return [xrField('block type', blockType, 0xff), xrField('type-specific byte', typeSpecific, 0xff)];
}

import type { WireReader, WireWriter } from '../wire/index.ts';
import { EncodeError } from '../errors.ts';

/** How one source is received, as told in an SR or RR (RFC 3550 §6.4.1). */
export interface ReportBlock {
  readonly ssrc: number;
  /** Share lost since the last report, in 1/256: 0 to 255. */
  readonly fractionLost: number;
  /** −2^23 to 2^23 − 1; below zero when duplicates outnumber losses. */
  readonly cumulativeLost: number;
  /** Sequence number with the count of wraps in the upper 16 bits. */
  readonly extendedHighestSequence: number;
  /** Interarrival jitter, RTP timestamp units. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last SR from this source; 0: none yet. */
  readonly lastSr: number;
  /** Delay since that SR, in 1/65536 s. */
  readonly delaySinceLastSr: number;
}

/** Most report blocks in one packet: the count field has five bits. */
export const MAX_REPORT_BLOCKS = 31;
/** Bytes of one report block. */
export const REPORT_BLOCK_BYTES = 24;

function readReportBlock(r: WireReader): ReportBlock {
  return {
    ssrc: r.u32(),
    fractionLost: r.u8(),
    cumulativeLost: r.i24(),
    extendedHighestSequence: r.u32(),
    jitter: r.u32(),
    lastSr: r.u32(),
    delaySinceLastSr: r.u32(),
  };
}

export function readReportBlocks(r: WireReader, count: number): readonly ReportBlock[] {
  const blocks: ReportBlock[] = [];
  while (blocks.length < count) blocks.push(readReportBlock(r));
  return blocks;
}

export function writeReportBlock(w: WireWriter, block: ReportBlock): void {
  const { fractionLost, cumulativeLost } = block;
  if (!(fractionLost >= 0 && fractionLost <= 255)) {
    throw new EncodeError('RTCP', 'fractionLost', 'is not 0 to 255');
  }
  if (!(cumulativeLost >= -0x80_0000 && cumulativeLost <= 0x7f_ffff)) {
    throw new EncodeError('RTCP', 'cumulativeLost', 'does not fit in 24 bits with sign');
  }
  w.u32(block.ssrc)
    .u8(fractionLost)
    .u24(cumulativeLost)
    .u32(block.extendedHighestSequence)
    .u32(block.jitter)
    .u32(block.lastSr)
    .u32(block.delaySinceLastSr);
}

import { EncodeError } from '../errors.ts';
import { formatIp, tryParseIp } from '../ip/index.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';
import { RTCP_RSI, writeRtcpPacket } from './header.ts';
import { readBuckets, writeBuckets } from './rsi-buckets.ts';

/** RSI: what the distribution source tells of its receivers all together (RFC 5760 §7.1). */
export interface ReceiverSummary {
  readonly type: 'rsi';
  /** The distribution source. */
  readonly ssrc: number;
  /** The media sender that the reports are about. */
  readonly summarizedSsrc: number;
  readonly ntp: bigint;
  readonly blocks: readonly RsiBlock[];
}

/** How a value is spread over the receivers, in buckets of equal width (RFC 5760 §7.1.2). */
export interface RsiDistribution {
  readonly type: 'loss' | 'jitter' | 'roundTrip' | 'cumulativeLoss';
  readonly minimum: number;
  readonly maximum: number;
  /** Receivers are counted in units of two to the power of this, 0 to 15. */
  readonly factor: number;
  /** Bits of one bucket, 1 to 32. */
  readonly bucketBits: number;
  /** At most 4095. */
  readonly buckets: readonly number[];
}

/** One sub-report block (RFC 5760 §7.1.3 to §7.1.11). */
export type RsiBlock =
  /** Where to report: an address, or a host name. */
  | { readonly type: 'feedbackTarget'; readonly address: string; readonly port: number }
  | RsiDistribution
  /** These SSRCs are used twice: whoever has one takes another. */
  | { readonly type: 'collisions'; readonly ssrcs: readonly number[] }
  | {
      readonly type: 'statistics';
      /** In 1/256. */
      readonly medianFractionLost: number;
      readonly highestCumulativeLost: number;
      /** RTP timestamp units. */
      readonly medianJitter: number;
    }
  /** RTCP bandwidth for each sender, or each receiver. */
  | {
      readonly type: 'bandwidth';
      readonly senders: boolean;
      readonly receivers: boolean;
      readonly bitsPerSecond: number;
    }
  | {
      readonly type: 'groupSize';
      /** Mean size of RTCP packets, bytes. */
      readonly averageBytes: number;
      readonly receivers: number;
    }
  /** Kept as it is; the body is what follows type and length. */
  | { readonly type: 'unknown'; readonly blockType: number; readonly body: Uint8Array };

const IPV4_TARGET = 0;
const IPV6_TARGET = 1;
const NAME_TARGET = 2;
const DISTRIBUTIONS: ReadonlyMap<number, RsiDistribution['type']> = new Map([
  [4, 'loss'],
  [5, 'jitter'],
  [6, 'roundTrip'],
  [7, 'cumulativeLoss'],
]);
const COLLISIONS = 8;
const STATISTICS = 10;
const BANDWIDTH = 11;
const GROUP_SIZE = 12;

export function readReceiverSummary(r: WireReader): ReceiverSummary {
  const [ssrc, summarizedSsrc, ntp] = [r.u32(), r.u32(), r.u64()];
  const blocks: RsiBlock[] = [];
  while (r.remaining > 0) {
    const blockType = r.u8();
    const bytes = r.u8() * 4;
    if (bytes < 4) throw r.fail(`sub-report block of ${bytes} bytes`, 'RFC 5760 §7.1.1');
    blocks.push(readBlock(r.sub(bytes - 2), blockType));
  }
  return { type: 'rsi', ssrc, summarizedSsrc, ntp, blocks };
}

function readBlock(r: WireReader, blockType: number): RsiBlock {
  const distribution = DISTRIBUTIONS.get(blockType);
  if (distribution !== undefined) return readBuckets(r, distribution);
  switch (blockType) {
    case IPV4_TARGET:
    case IPV6_TARGET: {
      const port = r.u16();
      return {
        type: 'feedbackTarget',
        port,
        address: formatIp({ bytes: r.bytes(blockType === IPV4_TARGET ? 4 : 16) }),
      };
    }
    case NAME_TARGET: {
      const port = r.u16();
      const name = r.rest();
      const end = name.indexOf(0);
      const text = new TextDecoder().decode(end < 0 ? name : name.subarray(0, end));
      return { type: 'feedbackTarget', port, address: text };
    }
    case COLLISIONS: {
      r.skip(2);
      const ssrcs: number[] = [];
      while (r.remaining > 0) ssrcs.push(r.u32());
      return { type: 'collisions', ssrcs };
    }
    case STATISTICS:
      r.skip(2);
      return {
        type: 'statistics',
        medianFractionLost: r.u8(),
        highestCumulativeLost: r.u24(),
        medianJitter: r.u32(),
      };
    case BANDWIDTH: {
      const role = r.u16();
      const [senders, receivers] = [(role & 0x8000) !== 0, (role & 0x4000) !== 0];
      return { type: 'bandwidth', senders, receivers, bitsPerSecond: (r.u32() * 1000) / 0x1_0000 };
    }
    case GROUP_SIZE:
      return { type: 'groupSize', averageBytes: r.u16(), receivers: r.u32() };
    default:
      return { type: 'unknown', blockType, body: r.rest() };
  }
}

/** @throws {EncodeError} when a value or a block is too large */
export function writeReceiverSummary(
  w: WireWriter,
  { ssrc, summarizedSsrc, ntp, blocks }: ReceiverSummary,
): void {
  writeRtcpPacket(w, RTCP_RSI, 0, () => {
    w.u32(ssrc).u32(summarizedSsrc).u64(ntp);
    for (const block of blocks) writeBlock(w, block);
  });
}

function writeBlock(w: WireWriter, block: RsiBlock): void {
  const start = w.length;
  w.u8(typeOf(block)).u8(0);
  switch (block.type) {
    case 'feedbackTarget':
      w.u16(block.port).bytes(tryParseIp(block.address)?.bytes ?? new TextEncoder().encode(block.address));
      break;
    case 'loss':
    case 'jitter':
    case 'roundTrip':
    case 'cumulativeLoss':
      writeBuckets(w, block);
      break;
    case 'collisions':
      w.u16(0);
      for (const ssrc of block.ssrcs) w.u32(ssrc);
      break;
    case 'statistics':
      w.u16(0).u8(block.medianFractionLost).u24(block.highestCumulativeLost).u32(block.medianJitter);
      break;
    case 'bandwidth':
      w.u16((block.senders ? 0x8000 : 0) | (block.receivers ? 0x4000 : 0));
      w.u32(Math.round((block.bitsPerSecond * 0x1_0000) / 1000));
      break;
    case 'groupSize':
      w.u16(Math.min(0xffff, Math.round(block.averageBytes))).u32(block.receivers);
      break;
    case 'unknown':
      w.bytes(block.body);
      break;
  }
  w.zeros((4 - ((w.length - start) % 4)) % 4);
  const words = (w.length - start) / 4;
  if (words > 255) throw new EncodeError('RTCP', 'RSI block', `is ${words} words, more than 255`);
  w.setU8(start + 1, words);
}

function typeOf(block: RsiBlock): number {
  switch (block.type) {
    case 'feedbackTarget': {
      const family = tryParseIp(block.address)?.family;
      return family === undefined ? NAME_TARGET : family === 4 ? IPV4_TARGET : IPV6_TARGET;
    }
    case 'collisions':
      return COLLISIONS;
    case 'statistics':
      return STATISTICS;
    case 'bandwidth':
      return BANDWIDTH;
    case 'groupSize':
      return GROUP_SIZE;
    case 'unknown':
      return block.blockType;
    case 'loss':
    case 'jitter':
    case 'roundTrip':
    case 'cumulativeLoss':
      break;
  }
  return [...DISTRIBUTIONS].find(([, name]) => name === block.type)?.[0] ?? 0;
}

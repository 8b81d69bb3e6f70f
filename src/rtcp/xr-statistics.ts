import type { WireReader, WireWriter } from '../wire/index.ts';
import { xrField } from './xr-field.ts';

/** Least, greatest, mean and standard deviation. */
export interface XrSpread {
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
  readonly deviation: number;
}

/** Statistics of the packets from `beginSequence` up to, not including, `endSequence` (RFC 3611 §4.6). */
export interface XrStatistics {
  readonly type: 'statistics';
  readonly ssrc: number;
  readonly beginSequence: number;
  readonly endSequence: number;
  /** Packets that did not come; undefined: not told, as the others. */
  readonly lost: number | undefined;
  /** Packets that came again. */
  readonly duplicates: number | undefined;
  /** Differences of relative transit times, units of the RTP clock. */
  readonly jitter: XrSpread | undefined;
  /** What was left of the IPv4 TTL or the IPv6 hop limit when packets came, 0 to 255. */
  readonly hops: (XrSpread & { readonly header: 'ttl' | 'hopLimit' }) | undefined;
}

const LOSS = 0x80;
const DUPLICATES = 0x40;
const JITTER = 0x20;
/** Two bits, here as the whole byte: 1 is IPv4, 2 is IPv6, 3 is not to be used. */
const TTL = 0x08;
const HOP_LIMIT = 0x10;

export function readStatistics(r: WireReader, flags: number): XrStatistics {
  const [ssrc, beginSequence, endSequence] = [r.u32(), r.u16(), r.u16()];
  const [lost, duplicates] = [r.u32(), r.u32()];
  const jitter = { minimum: r.u32(), maximum: r.u32(), mean: r.u32(), deviation: r.u32() };
  const hops = { minimum: r.u8(), maximum: r.u8(), mean: r.u8(), deviation: r.u8() };
  const kind = flags & (TTL | HOP_LIMIT);
  const header = kind === TTL ? 'ttl' : kind === HOP_LIMIT ? 'hopLimit' : undefined;
  return {
    type: 'statistics',
    ssrc,
    beginSequence,
    endSequence,
    lost: flags & LOSS ? lost : undefined,
    duplicates: flags & DUPLICATES ? duplicates : undefined,
    jitter: flags & JITTER ? jitter : undefined,
    hops: header === undefined ? undefined : { header, ...hops },
  };
}

/** @returns the byte behind the block type */
export function writeStatistics(w: WireWriter, block: XrStatistics): number {
  const { lost, duplicates, jitter, hops } = block;
  const u32 = (name: string, value: number | undefined): number => xrField(name, value ?? 0, 0xffff_ffff);
  w.u32(block.ssrc)
    .u16(xrField('begin_seq', block.beginSequence, 0xffff))
    .u16(xrField('end_seq', block.endSequence, 0xffff))
    .u32(u32('lost_packets', lost))
    .u32(u32('dup_packets', duplicates))
    .u32(u32('min_jitter', jitter?.minimum))
    .u32(u32('max_jitter', jitter?.maximum))
    .u32(u32('mean_jitter', jitter?.mean))
    .u32(u32('dev_jitter', jitter?.deviation));
  for (const name of ['minimum', 'maximum', 'mean', 'deviation'] as const) {
    w.u8(xrField(`${name} TTL or hop limit`, hops?.[name] ?? 0, 0xff));
  }
  const kind = hops === undefined ? 0 : hops.header === 'ttl' ? TTL : HOP_LIMIT;
  return (
    (lost === undefined ? 0 : LOSS) |
    (duplicates === undefined ? 0 : DUPLICATES) |
    (jitter === undefined ? 0 : JITTER) |
    kind
  );
}

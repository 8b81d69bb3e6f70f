import { DecodeError } from '../errors.ts';
import type { ByteQueue } from './byte-queue.ts';
import { type CapturedFrame, OrderedReader, type RecordReader } from './records.ts';

/** The first four bytes: byte order, and how many nanoseconds the fractions of a second count. */
const MAGICS = new Map<number, { little: boolean; unitNs: bigint }>([
  [0xa1b2_c3d4, { little: false, unitNs: 1000n }],
  [0xd4c3_b2a1, { little: true, unitNs: 1000n }],
  [0xa1b2_3c4d, { little: false, unitNs: 1n }],
  [0x4d3c_b2a1, { little: true, unitNs: 1n }],
]);
const [FILE_HEADER, RECORD_HEADER] = [24, 16];

/** Whether a file that begins with these four bytes, read big-endian, is a classic capture file. */
export function isPcap(magic: number): boolean {
  return MAGICS.has(magic);
}

/**
 * Reads classic capture files of either byte order, with micro- or nanoseconds.
 *
 * @see draft-ietf-opsawg-pcap §4, §5
 */
export class PcapReader implements RecordReader {
  readonly #maxRecordBytes: number;
  #header: { little: boolean; unitNs: bigint; linkType: number } | undefined;

  constructor(maxRecordBytes: number) {
    this.#maxRecordBytes = maxRecordBytes;
  }

  next(queue: ByteQueue): CapturedFrame | 'other' | undefined {
    if (this.#header === undefined) {
      const bytes = queue.take(FILE_HEADER);
      if (bytes === undefined) return undefined;
      this.#header = fileHeader(bytes);
    }
    const { little, unitNs, linkType } = this.#header;
    const header = queue.peek(RECORD_HEADER);
    if (header === undefined) return undefined;
    const r = new OrderedReader('pcap', header, little);
    const seconds = r.word();
    const fraction = r.word();
    const length = r.word();
    if (length > this.#maxRecordBytes) {
      const problem = `a packet of ${length} bytes, at most ${this.#maxRecordBytes} are read: the file is damaged`;
      throw new DecodeError('pcap', problem, { offset: queue.offset + 8 });
    }
    const record = queue.take(RECORD_HEADER + length);
    if (record === undefined) return undefined;
    const timeNs = BigInt(seconds) * 1_000_000_000n + BigInt(fraction) * unitNs;
    return { timeNs, linkType, data: record.subarray(RECORD_HEADER) };
  }
}

function fileHeader(bytes: Uint8Array): { little: boolean; unitNs: bigint; linkType: number } {
  const magic = new OrderedReader('pcap', bytes, false).word();
  const about = MAGICS.get(magic);
  if (about === undefined) throw new DecodeError('pcap', 'no capture file', { offset: 0 });
  const r = new OrderedReader('pcap', bytes, about.little);
  r.skip(4);
  const version = r.half();
  if (version !== 2) throw r.fail(`version ${version} is not 2, the only one known`);
  r.skip(14);
  return { ...about, linkType: r.word() & 0xffff }; // above it stands the length of a frame check sequence
}

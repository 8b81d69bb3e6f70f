import { DecodeError } from '../errors.ts';
import { ByteQueue } from './byte-queue.ts';
import { readIpDatagram } from './ip-datagram.ts';
import { ipOffset } from './link-layer.ts';
import { isPcap, PcapReader } from './pcap-reader.ts';
import { PcapngReader, SECTION_HEADER } from './pcapng-reader.ts';
import type { RecordReader } from './records.ts';
import type { CapturedDatagram, SkipReason } from './types.ts';

/** Wireshark's own bound on a block. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/**
 * Reads the UDP datagrams of a capture file, pcapng or classic pcap, which it is told by its first bytes. The file comes
 * in pieces of any size; what is kept is the pieces not yet taken and one record at most.
 *
 *     reader.handleBytes(chunk);
 *     for (let found; (found = reader.pollDatagram()); ) use(found);
 *     // … and when the file is at its end:
 *     reader.handleEnd(); // throws when the file ends within a record
 */
export class CaptureReader {
  readonly #queue = new ByteQueue();
  readonly #maxRecordBytes: number;
  #records: RecordReader | undefined;
  #fault: DecodeError | undefined;
  /** Packets in the file so far, whatever they were. */
  packets = 0;
  /** Those that gave no datagram, by the reason. */
  readonly skipped: Record<SkipReason, number> = {
    notIp: 0,
    notUdp: 0,
    fragment: 0,
    cut: 0,
    malformed: 0,
    timeless: 0,
  };

  /** @param maxRecordBytes a record that claims to be longer is taken for damage; default 16 MiB */
  constructor(maxRecordBytes = MAX_RECORD_BYTES) {
    this.#maxRecordBytes = maxRecordBytes;
  }

  /** The next bytes of the file; they may be used anew afterwards. Poll until nothing is left before giving more. */
  handleBytes(chunk: Uint8Array): void {
    this.#queue.push(chunk);
  }

  /**
   * The next datagram, or undefined when more bytes are needed. It shares no memory with the file's bytes.
   *
   * @throws {DecodeError} when the file is no capture or damaged; from then on always
   */
  pollDatagram(): CapturedDatagram | undefined {
    if (this.#fault !== undefined) throw this.#fault;
    try {
      return this.#next();
    } catch (error) {
      if (error instanceof DecodeError) this.#fault = error;
      throw error;
    }
  }

  /**
   * To be called at the end of the file, when {@link pollDatagram} has given everything.
   *
   * @throws {DecodeError} when bytes are left over: the file ends within a record, as it does after a crash or a full disk
   */
  handleEnd(): void {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#queue.length === 0 && this.#records !== undefined) return;
    const { length, offset } = this.#queue;
    const problem =
      length + offset === 0
        ? 'the file is empty'
        : `the file ends within a record, after ${length} bytes of it`;
    throw new DecodeError('capture', problem, { offset });
  }

  #next(): CapturedDatagram | undefined {
    if (this.#records === undefined) {
      const magic = this.#queue.peek(4);
      if (magic === undefined) return undefined;
      this.#records = recordsFor(magic, this.#maxRecordBytes);
    }
    for (;;) {
      const frame = this.#records.next(this.#queue);
      if (frame === undefined) return undefined;
      if (frame === 'other') continue;
      this.packets++;
      const offset = ipOffset(frame.data, frame.linkType);
      const found = typeof offset === 'string' ? offset : readIpDatagram(frame.data.subarray(offset));
      if (typeof found === 'string') this.skipped[found]++;
      else if (frame.timeNs === undefined) this.skipped.timeless++;
      else return { timeNs: frame.timeNs, ...found };
    }
  }
}

function recordsFor(magic: Uint8Array, maxRecordBytes: number): RecordReader {
  const value = new DataView(magic.buffer, magic.byteOffset, 4).getUint32(0);
  if (value === SECTION_HEADER) return new PcapngReader(maxRecordBytes);
  if (isPcap(value)) return new PcapReader(maxRecordBytes);
  throw new DecodeError('capture', 'this is neither pcapng nor pcap: its first bytes are of neither', {
    offset: 0,
  });
}

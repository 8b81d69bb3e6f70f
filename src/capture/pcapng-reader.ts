import { DecodeError } from '../errors.ts';
import type { ByteQueue } from './byte-queue.ts';
import { type CapturedFrame, OrderedReader, type RecordReader } from './records.ts';

/** Block types (draft-ietf-opsawg-pcapng §11.1). */
export const SECTION_HEADER = 0x0a0d_0d0a; // the same in both byte orders
export const [INTERFACE_DESCRIPTION, PACKET, SIMPLE_PACKET, ENHANCED_PACKET] = [1, 2, 3, 6] as const;
/** Says the byte order of its section. */
export const BYTE_ORDER = 0x1a2b_3c4d;
/** Options of an interface: how fine its times are, and seconds to add to them. */
export const [IF_TSRESOL, IF_TSOFFSET] = [9, 14] as const;

/** Real captures have a handful; a file shall not have us remember millions. */
const MAX_INTERFACES = 4096;
const LEAST_BLOCK = 12;

interface CaptureInterface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly resolution: number;
  readonly offsetSeconds: bigint;
}

/**
 * Reads pcapng files: any number of sections of either byte order, several interfaces with times of their own. Blocks of other
 * types are passed over.
 *
 * @see draft-ietf-opsawg-pcapng §3, §4
 */
export class PcapngReader implements RecordReader {
  readonly #maxRecordBytes: number;
  #little = false;
  #interfaces: CaptureInterface[] = [];

  constructor(maxRecordBytes: number) {
    this.#maxRecordBytes = maxRecordBytes;
  }

  next(queue: ByteQueue): CapturedFrame | 'other' | undefined {
    const head = queue.peek(LEAST_BLOCK);
    if (head === undefined) return undefined;
    const at = queue.offset;
    const first = new OrderedReader('pcapng', head, this.#little);
    const isSection = first.u32() === SECTION_HEADER;
    if (isSection) this.#little = byteOrder(head, at);
    const r = new OrderedReader('pcapng', head, this.#little);
    const type = r.word();
    const length = r.word();
    if (length < LEAST_BLOCK || length % 4 !== 0 || length > this.#maxRecordBytes) {
      const problem = `a block of ${length} bytes, not 12 to ${this.#maxRecordBytes} in steps of 4: the file is damaged`;
      throw new DecodeError('pcapng', problem, { offset: at + 4 });
    }
    const block = queue.take(length);
    if (block === undefined) return undefined;
    const again = new OrderedReader('pcapng', block.subarray(length - 4), this.#little).word();
    if (again !== length) {
      const problem = `a block is ${length} bytes long at its beginning and ${again} at its end: the file is damaged`;
      throw new DecodeError('pcapng', problem, { offset: at + length - 4 });
    }
    try {
      return this.#block(type, new OrderedReader('pcapng', block.subarray(8, length - 4), this.#little));
    } catch (cause) {
      if (!(cause instanceof DecodeError)) throw cause;
      throw new DecodeError('pcapng', `block of type ${type} cannot be read`, { offset: at, cause });
    }
  }

  #block(type: number, r: OrderedReader): CapturedFrame | 'other' {
    switch (type) {
      case SECTION_HEADER: {
        r.skip(4);
        const version = r.half();
        if (version !== 1) throw r.fail(`version ${version} is not 1, the only one known`);
        this.#interfaces = [];
        return 'other';
      }
      case INTERFACE_DESCRIPTION:
        if (this.#interfaces.length === MAX_INTERFACES) {
          throw r.fail(`more than ${MAX_INTERFACES} interfaces`);
        }
        this.#interfaces.push(readInterface(r));
        return 'other';
      case ENHANCED_PACKET:
        return this.#packet(r, r.word());
      case PACKET: {
        const index = r.half(); // the obsolete form: the number of drops comes in between
        r.skip(2);
        return this.#packet(r, index);
      }
      case SIMPLE_PACKET: {
        const about = this.#interface(r, 0);
        const original = r.word();
        const kept = Math.min(original, about.snapLength === 0 ? original : about.snapLength);
        return { timeNs: undefined, linkType: about.linkType, data: r.view(kept) };
      }
      default:
        return 'other';
    }
  }

  #packet(r: OrderedReader, index: number): CapturedFrame {
    const about = this.#interface(r, index);
    const ticks = (BigInt(r.word()) << 32n) | BigInt(r.word());
    const kept = r.word();
    r.skip(4);
    return { timeNs: nanoseconds(ticks, about), linkType: about.linkType, data: r.view(kept) };
  }

  #interface(r: OrderedReader, index: number): CaptureInterface {
    const about = this.#interfaces[index];
    if (about === undefined) throw r.fail(`interface ${index} was not described`);
    return about;
  }
}

function byteOrder(head: Uint8Array, offset: number): boolean {
  const mark = new OrderedReader('pcapng', head.subarray(8), false);
  const value = mark.word();
  if (value === BYTE_ORDER) return false;
  if (value === 0x4d3c_2b1a) return true;
  throw new DecodeError('pcapng', 'a section does not say its byte order', { offset: offset + 8 });
}

function readInterface(r: OrderedReader): CaptureInterface {
  const linkType = r.half();
  r.skip(2);
  const snapLength = r.word();
  let resolution = 6; // microseconds when nothing is said
  let offsetSeconds = 0n;
  while (r.remaining >= 4) {
    const code = r.half();
    const length = r.half();
    const value = r.inOrder(length);
    r.skip(Math.min(r.remaining, (4 - (length % 4)) % 4));
    if (code === 0) break;
    if (code === IF_TSRESOL) resolution = value.u8();
    if (code === IF_TSOFFSET) offsetSeconds = BigInt.asIntN(64, value.long());
  }
  return { linkType, snapLength, resolution, offsetSeconds };
}

/** The high bit of the resolution chooses powers of 2, else it is powers of 10, both negative. */
function nanoseconds(ticks: bigint, { resolution, offsetSeconds }: CaptureInterface): bigint {
  const power = BigInt(resolution & 0x7f);
  const fraction = ticks * 1_000_000_000n;
  const scaled = (resolution & 0x80) === 0 ? fraction / 10n ** power : fraction >> power;
  return scaled + offsetSeconds * 1_000_000_000n;
}

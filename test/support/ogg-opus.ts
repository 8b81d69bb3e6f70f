import { Buffer } from 'node:buffer';

/** Opus packets in an Ogg file, which is how other programs take and give them (RFC 7845). */
export interface OggOpus {
  readonly channels: number;
  /** Frames at 48 kHz that are not played at the beginning. */
  readonly preSkip: number;
  readonly packets: readonly Uint8Array[];
}

const CRC = Uint32Array.from({ length: 256 }, (_, i) => {
  let crc = i << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000_0000 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  return crc >>> 0;
});

function checksum(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ (CRC[(crc >>> 24) ^ byte] ?? 0)) >>> 0;
  return crc;
}

/** One page with one packet. */
function page(packet: Uint8Array, number: number, granule: number, flags: number): Uint8Array {
  const segments = [...Array<number>(Math.floor(packet.length / 255)).fill(255), packet.length % 255];
  const head = Buffer.alloc(27);
  head.write('OggS', 0);
  head[5] = flags;
  head.writeBigUInt64LE(BigInt(granule), 6);
  head.writeUInt32LE(1, 14);
  head.writeUInt32LE(number, 18);
  head[26] = segments.length;
  const out = Buffer.concat([head, Uint8Array.from(segments), packet]);
  out.writeUInt32LE(checksum(out), 22);
  return out;
}

/** @param framesOf how long a packet is, at 48 kHz */
export function formatOggOpus(
  { channels, preSkip, packets }: OggOpus,
  framesOf: (packet: Uint8Array) => number,
): Uint8Array {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 0);
  head[8] = 1;
  head[9] = channels;
  head.writeUInt16LE(preSkip, 10);
  head.writeUInt32LE(48_000, 12);
  const tags = Buffer.concat([
    Buffer.from('OpusTags'),
    Uint8Array.of(4, 0, 0, 0),
    Buffer.from('test'),
    new Uint8Array(4),
  ]);
  const pages = [page(head, 0, 0, 2), page(tags, 1, 0, 0)];
  let granule = 0;
  for (const [i, packet] of packets.entries()) {
    granule += framesOf(packet);
    pages.push(page(packet, i + 2, granule, i === packets.length - 1 ? 4 : 0));
  }
  return Buffer.concat(pages);
}

export function parseOggOpus(bytes: Uint8Array): OggOpus {
  const file = Buffer.from(bytes);
  const packets: Uint8Array[] = [];
  let begun: Uint8Array[] = [];
  for (let at = 0; at + 27 <= file.length; ) {
    const sizes = file.subarray(at + 27, at + 27 + (file[at + 26] ?? 0));
    let from = at + 27 + sizes.length;
    for (const size of sizes) {
      begun.push(file.subarray(from, from + size));
      from += size;
      if (size === 255) continue;
      packets.push(Uint8Array.from(Buffer.concat(begun)));
      begun = [];
    }
    at = from;
  }
  const [head = new Uint8Array(0), , ...sound] = packets;
  return { channels: head[9] ?? 0, preSkip: Buffer.from(head).readUInt16LE(10), packets: sound };
}

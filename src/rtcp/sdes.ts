import { EncodeError } from '../errors.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';
import { RTCP_SDES, writeRtcpPacket } from './header.ts';
import { encodeText, MAX_TEXT_BYTES, padToWord, readText, writeText } from './text.ts';

/** Items that are plain text, in the order of their numbers 1 to 7 (RFC 3550 §12.2). */
const TEXT_ITEMS = ['cname', 'name', 'email', 'phone', 'loc', 'tool', 'note'] as const;
const PRIV = 8;

export type SdesTextItemName = (typeof TEXT_ITEMS)[number];

/** One item of a chunk. */
export type SdesItem =
  | { readonly type: SdesTextItemName; readonly text: string }
  | { readonly type: 'priv'; readonly prefix: string; readonly value: string }
  /** An item of a later specification: kept as it is. */
  | { readonly type: 'unknown'; readonly id: number; readonly bytes: Uint8Array };

/** What one source says about itself in one packet. */
export interface SdesChunk {
  readonly ssrc: number;
  readonly items: readonly SdesItem[];
}

/** SDES (RFC 3550 §6.5). */
export interface SourceDescription {
  readonly type: 'sdes';
  /** At most 31. */
  readonly chunks: readonly SdesChunk[];
}

export function readSourceDescription(r: WireReader, count: number): SourceDescription {
  const chunks: SdesChunk[] = [];
  while (chunks.length < count) chunks.push(readChunk(r));
  return { type: 'sdes', chunks };
}

function readChunk(r: WireReader): SdesChunk {
  const ssrc = r.u32();
  const items: SdesItem[] = [];
  // Some senders leave out the terminator when the text ends on a boundary: the packet's end ends the list too.
  while (r.remaining > 0) {
    const id = r.u8();
    if (id === 0) {
      r.skip((4 - (r.offset % 4)) % 4); // the next chunk starts on a word
      break;
    }
    items.push(readItem(r, id));
  }
  return { ssrc, items };
}

function readItem(r: WireReader, id: number): SdesItem {
  const length = r.u8();
  const name = TEXT_ITEMS[id - 1];
  if (name !== undefined) return { type: name, text: readText(r, length) };
  if (id !== PRIV) return { type: 'unknown', id, bytes: r.bytes(length) };
  const prefixLength = length === 0 ? 0 : r.u8();
  if (prefixLength > Math.max(0, length - 1)) {
    throw r.fail('PRIV prefix is longer than its item', 'RFC 3550 §6.5.8');
  }
  const prefix = readText(r, prefixLength);
  return { type: 'priv', prefix, value: readText(r, Math.max(0, length - 1 - prefixLength)) };
}

export function writeSourceDescription(w: WireWriter, sdes: SourceDescription): void {
  writeRtcpPacket(w, RTCP_SDES, sdes.chunks.length, () => {
    for (const chunk of sdes.chunks) {
      w.u32(chunk.ssrc);
      for (const item of chunk.items) writeItem(w, item);
      w.u8(0); // at least one zero byte ends the list, even on a boundary
      padToWord(w);
    }
  });
}

function writeItem(w: WireWriter, item: SdesItem): void {
  if (item.type === 'unknown') {
    if (!(item.id > PRIV && item.id <= 255)) throw new EncodeError('RTCP', 'SDES item', 'is not 9 to 255');
    if (item.bytes.length > MAX_TEXT_BYTES) {
      throw new EncodeError('RTCP', 'SDES item', `is ${item.bytes.length} bytes, at most 255 fit`);
    }
    w.u8(item.id).u8(item.bytes.length).bytes(item.bytes);
  } else if (item.type === 'priv') {
    const prefix = encodeText('PRIV prefix', item.prefix, MAX_TEXT_BYTES - 1);
    const value = encodeText('PRIV value', item.value, MAX_TEXT_BYTES - 1 - prefix.length);
    w.u8(PRIV)
      .u8(1 + prefix.length + value.length)
      .u8(prefix.length)
      .bytes(prefix)
      .bytes(value);
  } else {
    w.u8(TEXT_ITEMS.indexOf(item.type) + 1);
    writeText(w, item.type.toUpperCase(), item.text);
  }
}

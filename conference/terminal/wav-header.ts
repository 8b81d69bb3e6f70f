import { WireWriter } from '../../src/wire/index.ts';
import type { AudioFormat } from '../audio/index.ts';
import { SAMPLE_BYTES, type SampleFormat } from './sample-format.ts';

/** What the "bext" chunk of a Broadcast Wave file tells (EBU Tech 3285 §2.3). Text beyond ASCII becomes "?". */
export interface BroadcastExtension {
  /** At most 256 bytes. */
  readonly description: string;
  /** Who or what made it, and a name for the recording: at most 32 bytes each. */
  readonly originator: string;
  readonly reference: string;
  /** When the first sample was taken. Date, time and time reference are in UTC. */
  readonly date: Date;
}

export interface WavHeaderOptions {
  /** Default 16-bit PCM. */
  readonly samples?: SampleFormat;
  readonly bext?: BroadcastExtension | undefined;
}

/** Room for a table-less "ds64": three sizes of 64 bits and the table's length (EBU Tech 3306 §4.3). */
const DS64_BYTES = 28;
const BEXT_BYTES = 602;
const FOUR_GIGABYTES = 0xffff_ffff;
const [PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE] = [1, 3, 6, 7, 0xfffe];
/** The sixteen bytes of a sub-format GUID but the first two, which are the format tag. */
const GUID_TAIL = [0, 0, 0, 0, 16, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

/**
 * The head of a WAV file with `dataBytes` of audio. Its length depends on everything but `dataBytes`, so it can be written
 * anew while the file grows: what would not fit into 32 bits goes to a "ds64" chunk, for which a "JUNK" chunk keeps the
 * place, and the file becomes RF64 (EBU Tech 3306 §4). Audio of odd length is to be followed by a zero byte.
 */
export function wavHeader(
  { sampleRate, channels }: AudioFormat,
  dataBytes: number,
  { samples = 's16le', bext }: WavHeaderOptions = {},
): Uint8Array<ArrayBuffer> {
  const bytes = SAMPLE_BYTES[samples];
  const frameBytes = bytes * channels;
  const frames = Math.floor(dataBytes / frameBytes);
  const tag = tagOf(samples);
  const extended = channels > 2 && (tag === PCM || tag === FLOAT);
  const head = new WireWriter(800);
  if (bext !== undefined) writeBext(head, bext, sampleRate);
  const formatBytes = extended ? 40 : tag === PCM ? 16 : 18;
  head
    .utf8('fmt ')
    .u32le(formatBytes)
    .u16le(extended ? EXTENSIBLE : tag)
    .u16le(channels)
    .u32le(sampleRate)
    .u32le(sampleRate * frameBytes)
    .u16le(frameBytes)
    .u16le(bytes * 8);
  if (extended) {
    head
      .u16le(22)
      .u16le(bytes * 8)
      .u32le(0); // no loudspeakers are named: channels are just numbered
    head.u16le(tag).bytes(Uint8Array.from(GUID_TAIL));
  } else if (tag !== PCM) head.u16le(0);
  const large = 12 + 8 + DS64_BYTES + head.length + 12 + 8 + dataBytes > FOUR_GIGABYTES;
  if (tag !== PCM)
    head
      .utf8('fact')
      .u32le(4)
      .u32le(large ? FOUR_GIGABYTES : frames);
  const rest = head.finish();
  const riffBytes = 4 + 8 + DS64_BYTES + rest.length + 8 + dataBytes + (dataBytes % 2);
  const w = new WireWriter(rest.length + 56);
  w.utf8(large ? 'RF64' : 'RIFF')
    .u32le(large ? FOUR_GIGABYTES : riffBytes)
    .utf8('WAVE');
  w.utf8(large ? 'ds64' : 'JUNK').u32le(DS64_BYTES);
  if (large) u64le(u64le(u64le(w, riffBytes), dataBytes), frames).u32le(0);
  else w.zeros(DS64_BYTES);
  w.bytes(rest)
    .utf8('data')
    .u32le(large ? FOUR_GIGABYTES : dataBytes);
  return Uint8Array.from(w.finish());
}

function tagOf(samples: SampleFormat): number {
  if (samples === 'mulaw') return MU_LAW;
  if (samples === 'alaw') return A_LAW;
  return samples.startsWith('f') ? FLOAT : PCM;
}

/** Version 1: no loudness is measured. */
function writeBext(w: WireWriter, bext: BroadcastExtension, sampleRate: number): void {
  const iso = bext.date.toISOString();
  const sinceMidnight = bext.date.getTime() % 86_400_000;
  w.utf8('bext').u32le(BEXT_BYTES);
  fixed(w, bext.description, 256);
  fixed(w, bext.originator, 32);
  fixed(w, bext.reference, 32);
  fixed(w, iso.slice(0, 10), 10);
  fixed(w, iso.slice(11, 19), 8);
  u64le(w, Math.round((sinceMidnight * sampleRate) / 1000)); // time reference: samples since midnight
  w.u16le(1).zeros(64 + 190);
}

function fixed(w: WireWriter, text: string, length: number): void {
  const ascii = text.replaceAll(/[^\x20-\x7e]/gu, '?').slice(0, length);
  w.utf8(ascii).zeros(length - ascii.length);
}

function u64le(w: WireWriter, value: number): WireWriter {
  return w.u32le(value % 0x1_0000_0000).u32le(Math.floor(value / 0x1_0000_0000));
}

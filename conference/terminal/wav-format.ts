import { DecodeError } from '../../src/errors.ts';
import type { AudioFormat } from '../audio/index.ts';
import { SAMPLE_BYTES, type SampleFormat } from './sample-format.ts';

/** What the head of a WAV file says. */
export interface WavHeader {
  readonly format: AudioFormat;
  readonly samples: SampleFormat;
  /** Where the audio starts, in bytes from the start of the file. */
  readonly dataOffset: number;
  /** Bytes of audio; undefined when the writer did not say (a stream, or it crashed): until the end of the file. */
  readonly dataBytes: number | undefined;
}

/** Bytes from the start of a file that are enough for its header, unless it begins with pictures or lyrics. */
export const WAV_PROBE_BYTES = 65_536;

const FORMS: ReadonlySet<string> = new Set(['RIFF', 'RF64', 'BW64']);

const KINDS: Readonly<Record<string, SampleFormat>> = {
  '1/8': 'u8',
  '1/16': 's16le',
  '1/24': 's24le',
  '1/32': 's32le',
  '3/32': 'f32le',
  '3/64': 'f64le',
  '6/8': 'alaw',
  '7/8': 'mulaw',
};

/**
 * Reads the head of a RIFF/WAVE file, or of one beyond 4 GB (RF64 or BW64, EBU Tech 3306, ITU-R BS.2088): PCM of 8, 16,
 * 24 and 32 bits, float, A-law and µ-law, also as "extensible".
 *
 * @throws {DecodeError} when it is none of these
 */
export function parseWavHeader(head: Uint8Array): WavHeader {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 12 || !FORMS.has(tag(head, 0)) || tag(head, 8) !== 'WAVE') {
    throw new DecodeError('WAV', 'this is not a RIFF/WAVE file', { offset: 0 });
  }
  let largeBytes: number | undefined;
  let format: { format: AudioFormat; samples: SampleFormat } | undefined;
  for (let at = 12; at + 8 <= head.length; ) {
    const id = tag(head, at);
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (id === 'fmt ') {
      if (size < 16 || body + Math.min(size, 40) > head.length) {
        throw new DecodeError('WAV', 'the "fmt " chunk is too short', { offset: at });
      }
      format = parseFormat(view, body, size);
    } else if (id === 'ds64' && size >= 24 && body + 16 <= head.length) {
      largeBytes = view.getUint32(body + 8, true) + view.getUint32(body + 12, true) * 0x1_0000_0000;
    } else if (id === 'data') {
      if (format === undefined) throw new DecodeError('WAV', 'audio comes before its format', { offset: at });
      const told = size === 0xffff_ffff ? largeBytes : size;
      const unknown = told === undefined || told === 0 || (told === size && size >= 0xffff_f000);
      return { ...format, dataOffset: body, dataBytes: unknown ? undefined : told };
    }
    at = body + size + (size % 2);
  }
  throw new DecodeError('WAV', `there is no audio in the first ${head.length} bytes`);
}

function parseFormat(
  view: DataView,
  at: number,
  size: number,
): { format: AudioFormat; samples: SampleFormat } {
  let code = view.getUint16(at, true);
  const channels = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  const frameBytes = view.getUint16(at + 12, true);
  const bits = view.getUint16(at + 14, true);
  if (code === 0xfffe && size >= 40) code = view.getUint16(at + 24, true); // the sub-format's first two bytes
  const samples = KINDS[`${code}/${bits}`];
  if (samples === undefined) {
    throw new DecodeError('WAV', `format ${code} with ${bits} bits is not read; convert to 16-bit PCM`, {
      offset: at,
    });
  }
  if (channels < 1 || channels > 64 || sampleRate < 1000 || sampleRate > 384_000) {
    throw new DecodeError('WAV', `${channels} channels at ${sampleRate} Hz are out of range`, { offset: at });
  }
  if (frameBytes !== channels * SAMPLE_BYTES[samples]) {
    throw new DecodeError('WAV', `a frame of ${frameBytes} bytes does not fit ${channels} × ${bits} bits`, {
      offset: at + 12,
    });
  }
  return { format: { sampleRate, channels }, samples };
}

function tag(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

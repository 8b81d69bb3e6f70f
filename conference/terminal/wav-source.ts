import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { DecodeError, InvalidValueError } from '../../src/errors.ts';
import { SAMPLE_BYTES } from './sample-format.ts';
import { StreamSource } from './stream-source.ts';
import { parseWavHeader, WAV_PROBE_BYTES, type WavHeader } from './wav-format.ts';

/**
 * Opens a WAV file to be sent once.
 *
 * @param startMs where to begin, in milliseconds
 * @param again    at its end it begins there again, without a gap
 *
 * @throws {InvalidValueError} when the file cannot be opened
 * @throws {DecodeError} when it is not a WAV file that is read here
 */
export async function openWavSource(path: string, startMs = 0, again = false): Promise<StreamSource> {
  const { format, samples, dataOffset, dataBytes } = await probe(path);
  const frameBytes = SAMPLE_BYTES[samples] * format.channels;
  const skipped = Math.round((startMs * format.sampleRate) / 1000) * frameBytes;
  if (dataBytes !== undefined && skipped >= dataBytes && skipped > 0) {
    throw new InvalidValueError(`${path} ends before ${startMs / 1000} s`);
  }
  const range = {
    start: dataOffset + skipped,
    ...(dataBytes === undefined ? {} : { end: dataOffset + dataBytes - 1 }),
    highWaterMark: 16_384,
  };
  const stream = again
    ? Readable.from(readAgain(path, range), { objectMode: false, highWaterMark: 16_384 })
    : createReadStream(path, range);
  const source = new StreamSource(stream, {
    name: `${again ? 'loop' : 'wav'}:${path}`,
    kind: 'wav',
    format,
    samples,
    steady: true,
    onClose: () => {
      stream.destroy();
      return Promise.resolve();
    },
  });
  await source.ready();
  return source;
}

async function* readAgain(
  path: string,
  range: { readonly start: number; readonly end?: number },
): AsyncGenerator<Uint8Array, void, void> {
  for (let bytes = 1; bytes > 0; ) {
    bytes = 0; // a file without sound is not read for ever
    for await (const chunk of createReadStream(path, range)) {
      if (!(chunk instanceof Uint8Array)) continue;
      bytes += chunk.length;
      yield chunk;
    }
  }
}

async function probe(path: string): Promise<WavHeader> {
  let head: Uint8Array;
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(WAV_PROBE_BYTES), 0, WAV_PROBE_BYTES, 0);
      head = buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidValueError(`Cannot read the sound file ${path}: ${why}`, { cause: error });
  }
  try {
    return parseWavHeader(head);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new DecodeError('WAV', `${path}: ${error.message}`, { cause: error });
  }
}

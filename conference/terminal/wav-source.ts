import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { DecodeError, InvalidValueError } from '../../src/errors.ts';
import { SAMPLE_BYTES } from './sample-format.ts';
import { StreamSource } from './stream-source.ts';
import { parseWavHeader, WAV_PROBE_BYTES, type WavHeader } from './wav-format.ts';

/**
 * Opens a WAV file to be sent once.
 *
 * @param startMs where to begin, in milliseconds
 *
 * @throws {InvalidValueError} when the file cannot be opened
 * @throws {DecodeError} when it is not a WAV file that is read here
 */
export async function openWavSource(path: string, startMs = 0): Promise<StreamSource> {
  const { format, samples, dataOffset, dataBytes } = await probe(path);
  const frameBytes = SAMPLE_BYTES[samples] * format.channels;
  const skipped = Math.round((startMs * format.sampleRate) / 1000) * frameBytes;
  if (dataBytes !== undefined && skipped >= dataBytes && skipped > 0) {
    throw new InvalidValueError(`${path} ends before ${startMs / 1000} s`);
  }
  const stream = createReadStream(path, {
    start: dataOffset + skipped,
    ...(dataBytes === undefined ? {} : { end: dataOffset + dataBytes - 1 }),
    highWaterMark: 16_384,
  });
  const source = new StreamSource(stream, {
    name: `wav:${path}`,
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

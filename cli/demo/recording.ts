import { openSource } from '../../conference/index.ts';

/** Samples of a WAV file, its channels made one. */
export interface Recording {
  readonly samples: Float32Array;
  readonly sampleRate: number;
}

/** Longest piece that is read, seconds. */
const MAX_SECONDS = 30;

/** @throws {InvalidValueError | DecodeError} when it is no WAV file that can be read */
export async function readRecording(path: string): Promise<Recording> {
  await using source = await openSource(`wav:${path}`);
  const { sampleRate, channels } = source.format;
  const block = new Float32Array(sampleRate * channels);
  const mono = new Float32Array(sampleRate * MAX_SECONDS);
  let frames = 0;
  while (!source.ended && frames < mono.length) {
    const got = source.read(block);
    if (got === 0) {
      if (!source.ended) await new Promise((resolve) => setImmediate(resolve)); // the file is still being read
      continue;
    }
    for (let i = 0; i < got && frames < mono.length; i++, frames++) {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += block[i * channels + c] ?? 0;
      mono[frames] = sum / channels;
    }
  }
  return { samples: mono.subarray(0, frames), sampleRate };
}

import type { AudioCodec, CodecFactory, CodecRequest } from './codec.ts';
import { g722 } from './g722.ts';
import { l16 } from './l16.ts';
import { l24 } from './l24.ts';
import { opus } from './opus.ts';
import { pcma } from './pcma.ts';
import { pcmu } from './pcmu.ts';

const FACTORIES: readonly CodecFactory[] = [pcmu, pcma, g722, l16, l24, opus];

/** Encodings that can be sent and heard, in upper case. */
export const AUDIO_ENCODINGS: readonly string[] = FACTORIES.map(({ encoding }) => encoding);

/** @returns the codec for an encoding name (in any case), or a sentence on why there is none */
export function findCodec(encoding: string, request: CodecRequest): AudioCodec | string {
  const factory = FACTORIES.find((it) => it.encoding === encoding.toUpperCase());
  if (factory === undefined)
    return `there is no codec for ${encoding} (there is ${AUDIO_ENCODINGS.join(', ')})`;
  const { clockRate, channels } = request;
  if (clockRate < 1000 || clockRate > 384_000) return `${encoding} at ${clockRate} Hz is out of range`;
  if (channels > 64) return `${encoding} with ${channels} channels is more than 64`;
  return factory.create(request);
}

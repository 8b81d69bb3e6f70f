import { type MediaType, RECORD_FORMATS, type RecordFormat } from '../../conference/index.ts';
import type { JoinOptions } from '../commands/join.ts';
import { UsageError } from '../errors.ts';

/** What is to be recorded, and where. */
export interface RecordSettings {
  readonly directory: string;
  readonly formats: readonly RecordFormat[];
  readonly bits: 16 | 24 | 32 | undefined;
}

/** @returns undefined when nothing is to be recorded @throws {UsageError} when a value cannot be used */
export function readRecordSettings(
  given: Pick<JoinOptions, 'record' | 'recordFormat' | 'recordBits'>,
): RecordSettings | undefined {
  const { record, recordFormat, recordBits } = given;
  if (record === undefined) {
    if (recordFormat === undefined && recordBits === undefined) return undefined;
    throw new UsageError('--record-format and --record-bits say how to record; --record DIR says where to');
  }
  const formats = (recordFormat ?? ['wav'])
    .flatMap((text) => text.split(','))
    .map((text) => {
      const found = RECORD_FORMATS.find((it) => it === text.trim());
      if (found !== undefined) return found;
      throw new UsageError(`--record-format "${text}" is none of ${RECORD_FORMATS.join(', ')}`);
    });
  return { directory: record, formats: [...new Set(formats)], bits: readBits(recordBits) };
}

/** What can be joined of a conference: sound, pictures, or both. */
const KINDS = { audio: ['audio'], video: ['video'], all: ['audio', 'video'] } as const;

/**
 * Media to join: as asked for; else sound, and pictures too when they are recorded or are all there is.
 *
 * @throws {UsageError} when it is none of the words
 */
export function mediaToJoin(
  wanted: string | undefined,
  recording: boolean,
  present: readonly string[],
): readonly MediaType[] {
  if (wanted === 'audio' || wanted === 'video' || wanted === 'all') return KINDS[wanted];
  if (wanted !== undefined) throw new UsageError(`--media "${wanted}" is not audio, video or all`);
  return recording || !present.includes('audio') ? KINDS.all : KINDS.audio;
}

function readBits(text: string | undefined): RecordSettings['bits'] {
  if (text === undefined) return undefined;
  const bits = ([16, 24, 32] as const).find((it) => String(it) === text);
  if (bits !== undefined) return bits;
  throw new UsageError(`--record-bits "${text}" is not 16, 24 or 32`);
}

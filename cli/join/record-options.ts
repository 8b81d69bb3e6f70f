import { RECORD_FORMATS, type RecordFormat } from '../../conference/index.ts';
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

function readBits(text: string | undefined): RecordSettings['bits'] {
  if (text === undefined) return undefined;
  const bits = ([16, 24, 32] as const).find((it) => String(it) === text);
  if (bits !== undefined) return bits;
  throw new UsageError(`--record-bits "${text}" is not 16, 24 or 32`);
}

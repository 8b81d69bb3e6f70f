import type { DirectorySet } from '../../directory/index.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/table.ts';

/** Says in which directory something was found. */
export type Where = (object: object) => string;

export function whereIn(set: DirectorySet): Where {
  return (object) => set.labelOf(object) ?? '';
}

/** For people the column is there only when there is more than one directory; for programs it is always the last. */
export function withWhere<Row extends object>(
  columns: readonly Column<Row>[],
  where: Where,
  isWanted: boolean,
): readonly Column<Row>[] {
  if (!isWanted) return columns;
  const column = { title: 'DIRECTORY', human: (row: Row) => printable(where(row)), plain: where };
  return [...columns, { ...column, shrinks: 2 }];
}

/** The JSON of an object, with the directory that it is in. */
export function jsonWithWhere(object: { toJSON(): object }, directory: string): object {
  return { ...object.toJSON(), directory };
}

/** What stands in the JSON for a directory that could not be asked. */
export function problemJson(directory: string, error: Error): object {
  const code = 'code' in error ? String(error.code) : null;
  return { kind: 'problem', directory, code, message: error.message };
}

/** A directory that was down at the start. */
export const thereText = (label: string): string => `The directory ${printable(label)} is there now.`;

import { padTo, textWidth, truncate } from './printable.ts';

/** One column of a table, for people and for programs. */
export interface Column<Row> {
  readonly title: string;
  /** On a terminal; already printable. */
  readonly human: (row: Row) => string;
  /** In a pipe; default as for people. */
  readonly plain?: (row: Row) => string;
  /** May be cut when the terminal is too narrow: 1 is cut first, then 2, and so on. */
  readonly shrinks?: 1 | 2 | 3;
}

const GAP = 2;
const NARROWEST = 8;

/** Lines of a table for a terminal, header first, no wider than `width`. A column without any content is left out. */
export function tableLines<Row>(all: readonly Column<Row>[], rows: readonly Row[], width: number): string[] {
  const { columns, cells, widths } = layOut(all, rows);
  shrink(columns, widths, width);
  return cells.map((line) =>
    line
      .map((cell, i) => padTo(truncate(cell, widths[i] ?? 0), (widths[i] ?? 0) + GAP))
      .join('')
      .trimEnd(),
  );
}

/** Columns that a terminal must have to show the table with nothing cut. */
export function tableWidth<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number {
  return totalOf(layOut(columns, rows).widths);
}

interface Layout<Row> {
  readonly columns: readonly Column<Row>[];
  /** Line by line, the titles first. */
  readonly cells: readonly (readonly string[])[];
  readonly widths: number[];
}

function layOut<Row>(all: readonly Column<Row>[], rows: readonly Row[]): Layout<Row> {
  const columns = rows.length === 0 ? all : all.filter(({ human }) => rows.some((row) => human(row) !== ''));
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ human }) => human(row))),
  ];
  const widths = columns.map((_, i) =>
    cells.reduce((widest, line) => Math.max(widest, textWidth(line[i] ?? '')), 0),
  );
  return { columns, cells, widths };
}

const totalOf = (widths: readonly number[]): number => widths.reduce((sum, it) => sum + it + GAP, -GAP);

/** Takes from the widest of those that are to be cut first, then of the next, until all fit or none can give more. */
function shrink<Row>(columns: readonly Column<Row>[], widths: number[], width: number): void {
  for (const rank of [1, 2, 3]) {
    while (totalOf(widths) > width) {
      let widest = -1;
      for (const [i, { shrinks }] of columns.entries()) {
        if (shrinks === rank && (widths[i] ?? 0) > (widths[widest] ?? NARROWEST)) widest = i;
      }
      const current = widths[widest];
      if (current === undefined) break;
      widths[widest] = current - 1;
    }
  }
}

/** A value that stands between tabs on one line. */
export function tabField(value: string): string {
  return value.replaceAll(/[\t\r\n]+/g, ' ');
}

/** Lines for a pipe: fields between tabs, no header; a tab or line break inside a field becomes a blank. */
export function tabLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  return rows.map((row) => columns.map(({ human, plain = human }) => tabField(plain(row))).join('\t'));
}

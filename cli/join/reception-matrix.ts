import { matrixRows, type ReceptionCell, type ReceptionMatrix } from '../../conference/index.ts';
import { padTo, printable, truncate } from '../output/printable.ts';
import { wrapped } from '../output/wrapped.ts';
import type { Paint } from './view.ts';

const CELL = 7;
/** What is wrong takes at most so much of the page. */
const FINDINGS = 1 / 3;

/**
 * A page of at most `rows` lines, none wider than `width`: of each medium who hears below each other, who is heard beside each
 * other, and what that tells.
 */
export function matrixLines(
  matrices: readonly ReceptionMatrix[],
  width: number,
  rows: number,
  paint: Paint,
): string[] {
  const title = 'who hears (rows) whom (columns): percent lost; – hears nothing, · not known';
  const lines = [paint('dim', truncate(title, width))];
  for (const matrix of matrices) {
    if (matrices.length > 1) lines.push(paint('bold', truncate(printable(matrix.mediaType), width)));
    const sentences = matrix.findings.flatMap(({ message }) => wrapped('', message, width));
    const findings = sentences.slice(0, Math.max(1, Math.floor((rows - lines.length) * FINDINGS)));
    const left = rows - lines.length - findings.length;
    lines.push(...tableOf(matrix, width, paint).slice(0, Math.max(0, left)));
    for (const line of findings) lines.push(paint('yellow', line));
  }
  return lines.slice(0, rows);
}

function tableOf(matrix: ReceptionMatrix, width: number, paint: Paint): string[] {
  const nameWidth = Math.min(20, Math.max(8, width - 2 * CELL));
  const columns = Math.max(1, Math.floor((width - nameWidth) / CELL));
  const own = matrix.sources.map((it) => (it.local ? { ...it, name: 'you' } : it));
  const [head = [], ...rows] = matrixRows({ ...matrix, sources: own }, columns + 1);
  const heading = head.slice(1).map((name) => ` ${fit(printable(name), CELL - 1)}`);
  return [
    paint('bold', truncate(' '.repeat(nameWidth) + heading.join(''), width)),
    ...rows.map(([name = '', ...texts], row) => {
      const you = matrix.reporters[row]?.local === true ? ' (you)' : '';
      const cells = texts.map((text, column) => paintCell(matrix.cells[row]?.[column], text, paint));
      return fit(printable(name) + you, nameWidth) + cells.join('');
    }),
  ];
}

function fit(text: string, width: number): string {
  return padTo(truncate(text, width), width);
}

function paintCell(cell: ReceptionCell | undefined, text: string, paint: Paint): string {
  const padded = ` ${text}`.padEnd(CELL);
  if (cell === undefined || cell.state === 'unknown') return paint('dim', padded);
  const lost = cell.state === 'unheard' ? 100 : (cell.lossPercent ?? 0);
  return paint(lost >= 5 ? 'red' : lost >= 1 ? 'yellow' : 'green', padded);
}

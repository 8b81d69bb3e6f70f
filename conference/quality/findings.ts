import type { ReceptionCell, MatrixFinding, MatrixMember, ReceptionMatrix } from '../types/index.ts';

/** Loss from which a cell counts as bad. */
const BAD_PERCENT = 2;
/** Share of the others that must be bad before it is the one's own line. */
const NEARLY_ALL = 0.75;
/** More sentences than this are noise. */
const MOST = 5;

type Cells = Pick<ReceptionMatrix, 'sources' | 'reporters' | 'cells'>;

/** One cell that says something, with its place. */
interface Known {
  readonly row: number;
  readonly column: number;
  readonly cell: ReceptionCell;
  readonly bad: boolean;
}

/**
 * What is wrong, in sentences, the likeliest common cause first: a receiver that hears nobody well has a bad line in, a
 * source that nobody hears well a bad line out; what remains is a matter between two.
 */
export function matrixFindings(matrix: Cells): MatrixFinding[] {
  const known = knownCells(matrix);
  const findings: MatrixFinding[] = [];
  const explained = new Set<Known>();
  const open = (): Known[] => known.filter((it) => !explained.has(it));
  for (const [row, member] of matrix.reporters.entries()) {
    const ofRow = known.filter((it) => it.row === row);
    const elsewhere = known.filter((it) => it.row !== row);
    if (!mostlyBad(ofRow) || mostlyBad(elsewhere)) continue;
    findings.push(lineIn(member, ofRow));
    for (const it of ofRow) explained.add(it);
  }
  for (const [column, member] of matrix.sources.entries()) {
    const ofColumn = open().filter((it) => it.column === column);
    if (!mostlyBad(ofColumn)) continue;
    findings.push(lineOut(member, ofColumn));
    for (const it of ofColumn) explained.add(it);
  }
  for (const it of open()) if (it.bad) findings.push(between(matrix, it, known));
  return findings.slice(0, MOST);
}

function knownCells({ cells }: Cells): Known[] {
  return cells.flatMap((line, row) =>
    line.flatMap((cell, column) => {
      if (cell === undefined || cell.state === 'unknown') return [];
      const bad = cell.state === 'unheard' || (cell.lossPercent ?? 0) >= BAD_PERCENT;
      return [{ row, column, cell, bad }];
    }),
  );
}

/** With only one there is nothing common. */
function mostlyBad(cells: readonly Known[]): boolean {
  return cells.length >= 2 && cells.filter(({ bad }) => bad).length >= cells.length * NEARLY_ALL;
}

function lineIn(member: MatrixMember, cells: readonly Known[]): MatrixFinding {
  const who = member.local ? 'We hear' : `${member.name} hears`;
  const message = `${who} ${count(cells)} badly (${worst(cells)}), and others hear them well: look at the way to ${member.local ? 'us' : member.name}`;
  return { code: 'downlink', message, reporter: member.ssrc, source: undefined };
}

function lineOut(member: MatrixMember, cells: readonly Known[]): MatrixFinding {
  const whom = member.local ? 'us' : member.name;
  const message = `${count(cells)} hear ${whom} badly (${worst(cells)}): look at the way from ${whom}`;
  return { code: 'uplink', message, reporter: undefined, source: member.ssrc };
}

function between(matrix: Cells, { row, column, cell }: Known, known: readonly Known[]): MatrixFinding {
  const [reporter, source] = [matrix.reporters[row], matrix.sources[column]];
  const [who, whom] = [reporter?.name ?? '', source?.name ?? ''];
  const place = { reporter: reporter?.ssrc, source: source?.ssrc };
  if (cell.state === 'heard') {
    const loss = Math.round(cell.lossPercent ?? 0);
    return { code: 'path', message: `${loss} % of ${whom} do not reach ${who}, others get them`, ...place };
  }
  const back = known.find(
    (it) =>
      matrix.reporters[it.row]?.ssrc === place.source && matrix.sources[it.column]?.ssrc === place.reporter,
  );
  if (back?.cell.state === 'heard') {
    return {
      code: 'asymmetric',
      message: `${whom} hears ${who}, and ${who} does not hear ${whom}`,
      ...place,
    };
  }
  return { code: 'unheard', message: `${who} does not hear ${whom}`, ...place };
}

function count(cells: readonly Known[]): string {
  const bad = cells.filter((it) => it.bad).length;
  return bad === cells.length ? `all ${bad}` : `${bad} of ${cells.length}`;
}

function worst(cells: readonly Known[]): string {
  const unheard = cells.filter(({ cell }) => cell.state === 'unheard').length;
  const loss = Math.max(0, ...cells.map(({ cell }) => cell.lossPercent ?? 0));
  if (unheard === cells.filter(({ bad }) => bad).length) return 'not at all';
  return `up to ${Math.round(loss)} % are lost`;
}

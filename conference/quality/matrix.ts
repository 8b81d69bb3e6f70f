import type { Ms } from '../../src/machine.ts';
import type { RtpSession, RtpSource } from '../../src/rtp/index.ts';
import type {
  ReceptionCell,
  MatrixMember,
  MediaType,
  RecentReception,
  ReceptionMatrix,
} from '../types/index.ts';
import { matrixFindings } from './findings.ts';

/** More rows and columns than this nobody can read; a source keeps no more reports either. */
const MOST = 64;
/** A report is old after so many of the reporter's intervals, of which we know that they are five seconds at least. */
const STALE_MS: Ms = 30_000;
/** Who has just begun to send, or to report, is not reported on yet. */
const SETTLE_MS: Ms = 15_000;

export interface MatrixMedium {
  readonly index: number;
  readonly mediaType: MediaType;
  readonly session: RtpSession;
}

export interface MatrixView {
  readonly medium: MatrixMedium;
  readonly now: Ms;
  /** Whether we listen on this medium. */
  readonly listening: boolean;
  readonly ownName: string;
  readonly nameOf: (source: RtpSource) => string;
  /** Our own reception; undefined when it is not measured. */
  readonly recentOf: (source: RtpSource) => RecentReception | undefined;
}

/** Puts the matrix together from what the session remembers; it costs as much as it has cells. */
export function receptionMatrix(view: MatrixView): ReceptionMatrix {
  const { medium, now, ownName, nameOf } = view;
  const { session } = medium;
  const all = [...session.sources.values()];
  const own: MatrixMember = { ssrc: session.ssrc, name: ownName, local: true };
  const member = (source: RtpSource): MatrixMember => ({
    ssrc: source.ssrc,
    name: nameOf(source),
    local: false,
  });
  const sending = all.filter(({ isSender }) => isSender);
  const talkers = latest(sending, ({ lastRtp }) => lastRtp ?? 0);
  // who has sent nothing but RTP has told nothing of others
  const telling = all.filter(({ lastRtcp }) => lastRtcp !== undefined && now - lastRtcp < STALE_MS);
  const listeners = latest(telling, ({ lastRtcp }) => lastRtcp ?? 0);
  const weSend = session.own.isSender;
  const sources = [...(weSend ? [own] : []), ...talkers.map(member)];
  const columns = [...(weSend ? [undefined] : []), ...talkers];
  const rows = [...(view.listening ? [undefined] : []), ...listeners];
  const cells = rows.map((reporter) =>
    columns.map((source) => {
      if (reporter === source) return undefined;
      if (source === undefined) return reportedCell(view, reporter, session.ssrc, undefined);
      return reporter === undefined
        ? ownCell(view, source)
        : reportedCell(view, reporter, source.ssrc, source);
    }),
  );
  const reporters = [...(view.listening ? [own] : []), ...listeners.map(member)];
  const findings = matrixFindings({ sources, reporters, cells });
  return { medium: medium.index, mediaType: medium.mediaType, sources, reporters, cells, findings };
}

function latest(sources: readonly RtpSource[], time: (source: RtpSource) => Ms): readonly RtpSource[] {
  if (sources.length <= MOST) return sources;
  return [...sources].sort((a, b) => time(b) - time(a)).slice(0, MOST);
}

const UNKNOWN: ReceptionCell = {
  state: 'unknown',
  ageMs: undefined,
  lossPercent: undefined,
  jitterMs: undefined,
  mosLq: undefined,
};

function ownCell({ recentOf }: MatrixView, source: RtpSource): ReceptionCell {
  const recent = recentOf(source);
  if (recent === undefined || recent.seconds === 0) return UNKNOWN;
  return {
    state: recent.packets > 0 ? 'heard' : 'unheard',
    ageMs: undefined,
    lossPercent: recent.lossPercent,
    jitterMs: source.jitterSeconds * 1000,
    mosLq: undefined,
  };
}

/** @param source that is reported on; undefined: ourselves */
function reportedCell(
  { medium, now }: MatrixView,
  reporter: RtpSource | undefined,
  about: number,
  source: RtpSource | undefined,
): ReceptionCell {
  if (reporter === undefined) return UNKNOWN;
  const report = reporter.reports.get(about);
  const ageMs = report === undefined ? undefined : Math.max(0, now - report.at);
  if (report === undefined || ageMs === undefined || ageMs > STALE_MS) {
    const settled =
      now - reporter.firstHeard > SETTLE_MS &&
      (source === undefined ? medium.session.own.packetsSent > 0 : now - source.firstHeard > SETTLE_MS);
    // one that reports on as many as we remember may well have reported on this one too
    const told = reporter.reports.size < MOST;
    return settled && told ? { ...UNKNOWN, state: 'unheard', ageMs } : { ...UNKNOWN, ageMs };
  }
  const { fractionLost, jitter } = report.block;
  const rate = source?.clockRate ?? reporter.clockRate;
  return {
    state: 'heard',
    ageMs,
    lossPercent: (fractionLost * 100) / 256,
    jitterMs: rate === undefined ? undefined : (jitter * 1000) / rate,
    mosLq: reporter.extendedReports.get(about)?.voice?.mosLq,
  };
}

/**
 * The matrix as text, a row for each reporter: what a cell has is the loss, `–` when nothing is heard, `·` when nothing is
 * known. Columns that do not fit are left out, and counted in the last cell of the heading.
 *
 * @param columns that there is room for, the names of the reporters included
 */
export function matrixRows(matrix: ReceptionMatrix, columns: number): string[][] {
  const room = Math.max(1, columns - 1);
  const shown = matrix.sources.length <= room ? matrix.sources.length : room - 1;
  const more = matrix.sources.length - shown;
  const names = matrix.sources.slice(0, shown).map(({ name }) => name);
  const rows = matrix.reporters.map(({ name }, row) => [
    name,
    ...(matrix.cells[row] ?? []).slice(0, shown).map(cellText),
  ]);
  return [['', ...names, ...(more > 0 ? [`+${more}`] : [])], ...rows];
}

function cellText(cell: ReceptionCell | undefined): string {
  if (cell === undefined) return '';
  if (cell.state === 'unknown') return '·';
  if (cell.state === 'unheard') return '–';
  const loss = cell.lossPercent ?? 0;
  return `${loss > 0 && loss < 1 ? '<1' : Math.round(loss)} %`;
}

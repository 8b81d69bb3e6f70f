import type { MatrixCell } from '../../conference/monitor/index.ts';
import type { Screen, ScreenSize } from '../browse/screen.ts';
import { padTo, textWidth, truncate } from '../output/printable.ts';
import { tableLines } from '../output/table.ts';
import { detailLines, matrixLines, type Paint } from './details.ts';
import { cursorOf, selectedConference, shownConferences, type TableState } from './state.ts';
import { conferenceColumns } from './wording.ts';

/** Title, table header and key line. */
const FRAME_ROWS = 3;

/** How many conferences fit on the screen. */
export const tableRows = ({ rows }: ScreenSize): number => Math.max(1, rows - FRAME_ROWS);

export interface PictureOptions {
  readonly wall: number;
  readonly size: ScreenSize;
  readonly paint: Paint;
  readonly inverse: (text: string) => string;
  /** Who hears whom in the conference shown. */
  readonly matrix: () => readonly MatrixCell[];
  /** What is to be known of it all: what cannot be seen here. */
  readonly remark: string;
}

/** The screen, and how far down it can be scrolled. */
export interface Picture extends Screen {
  readonly lastScroll: number;
}

/** The whole screen as it has to look. */
export function drawTable(state: TableState, options: PictureOptions): Picture {
  const { size, inverse, paint } = options;
  const { columns, rows } = size;
  const height = Math.max(0, rows - 2);
  const all = state.view === 'table' ? tableBody(state, options) : detailsBody(state, options);
  const lastScroll = state.view === 'table' ? 0 : Math.max(0, all.length - height);
  const scroll = Math.min(state.view === 'table' ? 0 : state.scroll, lastScroll);
  const body = all.slice(scroll, scroll + height);
  const filler = Array.from({ length: Math.max(0, height - body.length) }, () => '');
  const title = inverse(padTo(truncate(` ${titleText(state)}`, columns), columns));
  if (state.isSearching) {
    const prompt = `Search: ${state.query}`;
    const cursor = { row: rows - 1, column: Math.min(textWidth(prompt), columns - 1) };
    const lines = [title, ...body, ...filler, truncate(prompt, columns)].slice(0, rows);
    return { lines, cursor, lastScroll };
  }
  const keys =
    state.view === 'table'
      ? '↑↓ move   Enter details   m who hears whom   / search   t trouble   q quit'
      : '↑↓ scroll   m who hears whom   Esc back   q back';
  const remark = options.remark === '' ? '' : `   ${options.remark}`;
  const bottom =
    state.message === '' ? paint('dim', truncate(keys + remark, columns)) : truncate(state.message, columns);
  return { lines: [title, ...body, ...filler, bottom].slice(0, rows), cursor: undefined, lastScroll };
}

function titleText(state: TableState): string {
  const { figures, query, onlyTrouble } = state;
  const shown = shownConferences(state).length;
  const count = (severity: string): number => figures.filter((it) => it.severity === severity).length;
  const alive = figures.filter((it) => it.state === 'alive').length;
  const noun = figures.length === 1 ? 'conference' : 'conferences';
  const some = shown === figures.length ? '' : `${shown} of `;
  const filter = `${query === '' ? '' : `, "${query}"`}${onlyTrouble ? ', only trouble' : ''}`;
  return `${some}${figures.length} ${noun}, ${alive} alive, ${count('error')} with errors, ${count('warning')} with warnings${filter}`;
}

function tableBody(state: TableState, { size, paint, inverse, wall }: PictureOptions): string[] {
  const shown = shownConferences(state);
  if (shown.length === 0) {
    const why =
      state.figures.length === 0
        ? 'There are no conferences to watch yet.'
        : 'Nothing fits; Esc shows everything.';
    return ['', truncate(`  ${why}`, size.columns)];
  }
  const height = tableRows(size);
  const cursor = cursorOf(state);
  const top = Math.max(0, Math.min(cursor - Math.floor(height / 2), shown.length - height));
  const window = shown.slice(top, top + height);
  const [header = '', ...rows] = tableLines(conferenceColumns(wall), window, size.columns);
  return [
    paint('bold', header),
    ...rows.map((row, i) => {
      if (top + i === cursor) return inverse(padTo(row, size.columns));
      const severity = window[i]?.severity;
      return severity === 'error' ? paint('red', row) : severity === 'warning' ? paint('yellow', row) : row;
    }),
  ];
}

function detailsBody(state: TableState, options: PictureOptions): string[] {
  const { size, paint, wall, matrix } = options;
  const conference = selectedConference(state);
  if (conference === undefined) return ['', '  It is not watched any more; Esc goes back.'];
  return state.view === 'matrix'
    ? matrixLines(conference.name, matrix(), size.columns, paint)
    : detailLines(conference, wall, size.columns, paint);
}

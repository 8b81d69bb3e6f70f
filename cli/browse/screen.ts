import { padTo, textWidth, truncate } from '../output/printable.ts';
import { tableLines } from '../output/table.ts';
import { conferenceColumns, conferencePairs, withOrigins } from '../view/conference.ts';
import { withWhere } from '../view/where.ts';
import { type BrowseState, selection, shown } from './state.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export type ScreenStyle = (style: 'bold' | 'dim' | 'inverse', text: string) => string;

export interface Screen {
  /** Exactly as many as there are rows, none wider than the screen. */
  readonly lines: readonly string[];
  /** Where the cursor blinks, from 0; undefined when it is hidden. */
  readonly cursor: { readonly row: number; readonly column: number } | undefined;
}

/** Rows of the details, at most; the list goes before them on a small screen. */
const DETAIL_ROWS = 11;
/** Title, table header and key line. */
const FRAME_ROWS = 3;
const SMALLEST_LIST = 5;

/** How many conferences fit on the screen. */
export function listRows({ rows }: ScreenSize): number {
  return Math.max(1, rows - FRAME_ROWS - detailRows(rows));
}

function detailRows(rows: number): number {
  const room = rows - FRAME_ROWS - SMALLEST_LIST;
  return room < 4 ? 0 : Math.min(room, DETAIL_ROWS + 1);
}

/** The whole screen as it has to look. */
export function drawScreen(
  state: BrowseState,
  where: string,
  now: Date,
  size: ScreenSize,
  style: ScreenStyle,
): Screen {
  const { columns, rows } = size;
  const visible = shown(state);
  const fit = (text: string): string => truncate(text, columns);
  const list = listLines(state, now, size, style);
  const details = detailLines(state, now, size, style);
  const body = rows <= FRAME_ROWS ? list.slice(0, Math.max(0, rows - 2)) : [...list, ...details];
  const filler = Array.from({ length: Math.max(0, rows - 2 - body.length) }, () => '');
  const title = style('inverse', padTo(fit(` ${titleText(visible.length, state)} — ${where}`), columns));
  const bottom = bottomLine(state, style, fit);
  const lines = [title, ...body, ...filler, bottom.text].slice(0, rows);
  const cursor =
    bottom.cursor === undefined
      ? undefined
      : { row: lines.length - 1, column: Math.min(bottom.cursor, columns - 1) };
  return { lines, cursor };
}

function titleText(visible: number, { conferences: { length: all }, when }: BrowseState): string {
  const noun = all === 1 ? 'conference' : 'conferences';
  const time = when === 'any time' ? '' : ` ${when}`;
  return visible === all && time === '' ? `${all} ${noun}` : `${visible} of ${all} ${noun}${time}`;
}

function listLines(state: BrowseState, now: Date, size: ScreenSize, style: ScreenStyle): string[] {
  const visible = shown(state);
  if (visible.length === 0) {
    const why =
      state.query !== ''
        ? `Nothing fits "${state.query}".`
        : state.when === 'any time'
          ? 'There are no conferences. Create one: rendezvous create NAME'
          : `Nothing takes place ${state.when}. t goes on to another time.`;
    return ['', truncate(`  ${why}`, size.columns)];
  }
  const height = listRows(size);
  const top = Math.max(0, Math.min(state.selected - Math.floor(height / 2), visible.length - height));
  const window = visible.slice(top, top + height);
  const { where } = state;
  const plain = withOrigins(conferenceColumns(now, false), window);
  const columns = where === undefined ? plain : withWhere(plain, where, true);
  const [header = '', ...rows] = tableLines(columns, window, size.columns - 2);
  return [
    style('bold', truncate(`  ${header}`, size.columns)),
    ...rows.map((row, i) => {
      const isSelected = top + i === state.selected;
      const line = truncate(`${isSelected ? '>' : ' '} ${row}`, size.columns);
      return isSelected ? style('inverse', padTo(line, size.columns)) : line;
    }),
  ];
}

function detailLines(
  state: BrowseState,
  now: Date,
  { columns, rows }: ScreenSize,
  style: ScreenStyle,
): string[] {
  const conference = selection(state);
  const height = detailRows(rows);
  if (conference === undefined || height === 0) return [];
  const used = Math.min(shown(state).length, listRows({ columns, rows }));
  const gap = Array.from({ length: listRows({ columns, rows }) - used }, () => '');
  const pairs = conferencePairs(conference, now, state.where?.(conference)).filter(
    ([, value]) => value !== undefined,
  );
  const width = Math.max(...pairs.map(([label]) => textWidth(label)));
  const lines = pairs.map(([label, value = '']) => {
    const room = columns - width - 4;
    if (room < 1) return truncate(`  ${label}  ${value}`, columns);
    return `  ${style('dim', padTo(label, width))}  ${truncate(value, room)}`;
  });
  return [...gap, style('dim', '─'.repeat(columns)), ...lines.slice(0, height - 1)];
}

function bottomLine(
  { isSearching, query, message }: BrowseState,
  style: ScreenStyle,
  fit: (text: string) => string,
): { readonly text: string; readonly cursor?: number } {
  if (isSearching && message === '') {
    const prompt = `Search: ${query}`;
    return { text: fit(prompt), cursor: textWidth(prompt) };
  }
  if (message !== '') return { text: fit(message) };
  const searched = query === '' ? '' : `"${query}", Esc shows all   `;
  return {
    text: style('dim', fit(`${searched}↑↓ move   Enter join   / search   t time   r read again   q quit`)),
  };
}

import type { ConferenceFigures } from '../../conference/monitor/index.ts';
import type { Key } from '../browse/state.ts';
import { inOrder } from './wording.ts';

/** What the live table shows and where the user is in it. */
export interface TableState {
  readonly figures: readonly ConferenceFigures[];
  /** Every word must be found in name, group, sender or finding. */
  readonly query: string;
  readonly isSearching: boolean;
  readonly onlyTrouble: boolean;
  /** Key of the conference the cursor is on: the order changes under it. */
  readonly selected: string | undefined;
  readonly view: 'table' | 'details' | 'matrix';
  /** Lines that the details are scrolled by. */
  readonly scroll: number;
  /** One line on what happened last. */
  readonly message: string;
}

/** What a key asks for that is more than another picture. */
export type TableWish = 'quit' | 'interrupt' | 'suspend' | 'redraw';

export interface TableStep {
  readonly state: TableState;
  readonly wish?: TableWish;
}

export const EMPTY_TABLE: TableState = {
  figures: [],
  query: '',
  isSearching: false,
  onlyTrouble: false,
  selected: undefined,
  view: 'table',
  scroll: 0,
  message: '',
};

/** What the query leaves, the worst first. */
export function shownConferences({ figures, query, onlyTrouble }: TableState): readonly ConferenceFigures[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = figures.filter((it) => {
    if (onlyTrouble && it.severity === undefined) return false;
    if (words.length === 0) return true;
    const text = searchText(it);
    return words.every((word) => text.includes(word));
  });
  return inOrder(fitting);
}

function searchText({ name, state, media, findings }: ConferenceFigures): string {
  const senders = media.flatMap((it) => it.senders);
  return [
    name,
    state,
    ...media.flatMap(({ group, port, formats }) => [`${group}:${port}`, ...formats]),
    ...senders.flatMap((it) => [it.name ?? '', it.cname ?? '', it.address ?? '']),
    ...findings.flatMap(({ code, title, severity }) => [code, title, severity]),
  ]
    .join('\n')
    .toLowerCase();
}

/** Where the cursor is; the first one when what it was on is not shown. */
export function cursorOf(state: TableState): number {
  const place = shownConferences(state).findIndex(({ key }) => key === state.selected);
  return Math.max(0, place);
}
export function selectedConference(state: TableState): ConferenceFigures | undefined {
  return shownConferences(state)[cursorOf(state)];
}

/**
 * What a key does; the keys are those of browse, as far as they are there.
 *
 * @param page       rows that Page Up and Page Down move by
 * @param lastScroll how far down the page that is shown goes
 */
export function pressTable(before: TableState, key: Key, page: number, lastScroll = 0): TableStep {
  const state = { ...before, message: '', scroll: Math.min(before.scroll, lastScroll) };
  const { name = '', sequence = '', ctrl = false } = key;
  if (ctrl) return controlKey(state, name);
  const step = STEPS[name];
  if (step !== undefined) return { state: move(state, step(page)) };
  if (name === 'return' || name === 'enter') return { state: open(state) };
  if (state.isSearching) return { state: searchKey(state, key) };
  switch (sequence) {
    case 'q':
    case 'Q':
      return back(state);
    case '/':
      return { state: { ...state, isSearching: true, view: 'table' } };
    case 't':
      return { state: { ...state, onlyTrouble: !state.onlyTrouble } };
    case 'm':
      return { state: { ...state, view: state.view === 'matrix' ? 'details' : 'matrix', scroll: 0 } };
    case 'j':
      return { state: move(state, 1) };
    case 'k':
      return { state: move(state, -1) };
    case 'g':
      return { state: move(state, -Infinity) };
    case 'G':
      return { state: move(state, Infinity) };
    case ' ':
      return { state: move(state, page) };
    default:
      return name === 'escape' || name === 'left' || name === 'backspace' ? back(state) : { state };
  }
}

const STEPS: Readonly<Record<string, (page: number) => number>> = {
  down: () => 1,
  up: () => -1,
  pagedown: (page) => page,
  pageup: (page) => -page,
  home: () => -Infinity,
  end: () => Infinity,
};

function controlKey(state: TableState, name: string): TableStep {
  const wishes: Readonly<Record<string, TableWish>> = {
    c: 'interrupt',
    d: 'quit',
    z: 'suspend',
    l: 'redraw',
  };
  const wish = wishes[name];
  if (wish !== undefined) return { state, wish };
  return { state: name === 'u' ? { ...state, query: '' } : state };
}

/** Out of the details, then out of the search, then out of the program. */
function back(state: TableState): TableStep {
  if (state.view !== 'table') return { state: { ...state, view: 'table', scroll: 0 } };
  if (state.query !== '' || state.onlyTrouble) return { state: { ...state, query: '', onlyTrouble: false } };
  return { state, wish: 'quit' };
}

function open(state: TableState): TableState {
  const selected = selectedConference(state)?.key;
  if (selected === undefined) return { ...state, message: 'There is nothing to show.' };
  return { ...state, selected, isSearching: false, view: 'details', scroll: 0 };
}

function move(state: TableState, rows: number): TableState {
  if (state.view !== 'table') return { ...state, scroll: Math.max(0, Math.min(10_000, state.scroll + rows)) };
  const shown = shownConferences(state);
  const place = Math.max(0, Math.min(shown.length - 1, cursorOf(state) + rows));
  return { ...state, selected: shown[place]?.key };
}

function searchKey(state: TableState, { name, sequence = '', meta }: Key): TableState {
  if (name === 'escape') return { ...state, query: '', isSearching: false };
  if (name === 'tab') return { ...state, isSearching: false };
  if (name === 'backspace') {
    return { ...state, query: withoutLast(state.query), isSearching: state.query !== '' };
  }
  if (meta === true || sequence === '' || /\p{Cc}/u.test(sequence)) return state;
  return { ...state, query: state.query + sequence };
}

const segmenter = new Intl.Segmenter();

function withoutLast(text: string): string {
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
    .slice(0, -1)
    .join('');
}

import type { Conference } from '../../directory/index.ts';
import { dayOf } from '../input/when.ts';
import type { Where } from '../view/where.ts';

/** What the list shows and where the user is in it. */
export interface BrowseState {
  /** In the order they are shown. */
  readonly conferences: readonly Conference[];
  /** What is searched for; every word must be found somewhere. */
  readonly query: string;
  /** Which of them by when they take place. */
  readonly when: When;
  /** What "now" and "today" mean. */
  readonly now: Date;
  /** The query is being typed. */
  readonly isSearching: boolean;
  /** Place in {@link shown}; 0 when nothing is. */
  readonly selected: number;
  /** One line on what just happened. */
  readonly message: string;
  /** In which directory a conference is; undefined when there is only one. */
  readonly where?: Where | undefined;
}

/** In the order in which the key goes through them. */
export const WHEN = ['any time', 'now', 'today', 'later'] as const;
export type When = (typeof WHEN)[number];

/** A key as `node:readline` tells it. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
}

/** What a key asks for that is more than another picture. */
export type Wish = 'join' | 'refresh' | 'quit' | 'interrupt' | 'suspend' | 'redraw';

export interface Step {
  readonly state: BrowseState;
  readonly wish?: Wish;
}

export const EMPTY: BrowseState = {
  conferences: [],
  query: '',
  when: 'any time',
  now: new Date(0),
  isSearching: false,
  selected: 0,
  message: '',
};

const segmenter = new Intl.Segmenter();

/** The conferences that the query and the time leave. */
export function shown({ conferences: all, query, where, when, now }: BrowseState): readonly Conference[] {
  const conferences =
    when === 'any time' ? all : all.filter((conference) => takesPlace(conference, when, now));
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return conferences;
  return conferences.filter((conference) => {
    const text = searchText(conference, where?.(conference));
    return words.every((word) => text.includes(word));
  });
}

function takesPlace(conference: Conference, when: When, now: Date): boolean {
  if (when === 'now') return conference.isActiveAt(now);
  if (when === 'later') return conference.nextStart(now) !== undefined;
  const { from, to } = dayOf(now);
  return conference.takesPlace(from, to);
}

function searchText(conference: Conference, directory = ''): string {
  const { name, description = '', originator = '', advertisingScope = '' } = conference;
  const groups = (conference.sdp?.media.toArray() ?? []).flatMap(({ groups }) => groups);
  return [name, description, originator, advertisingScope, directory, ...groups].join('\n').toLowerCase();
}

export function selection(state: BrowseState): Conference | undefined {
  return shown(state)[state.selected];
}

/** Other conferences; the selected one stays selected as long as it is there. */
export function withConferences(state: BrowseState, conferences: readonly Conference[]): BrowseState {
  return keepSelection(state, { ...state, conferences });
}

function keepSelection(before: BrowseState, after: BrowseState): BrowseState {
  const old = selection(before);
  const visible = shown(after);
  const place = visible.findIndex((it) => it.name === old?.name && after.where?.(it) === after.where?.(old));
  return { ...after, selected: place >= 0 ? place : clamp(before.selected, visible.length) };
}

function clamp(place: number, count: number): number {
  return Math.max(0, Math.min(place, count - 1));
}

/**
 * What a key does.
 *
 * @param page rows that Page Up and Page Down move by
 */
export function press(state: BrowseState, key: Key, page: number): Step {
  const quiet = { ...state, message: '' };
  const everywhere = key.ctrl === true ? controlKey(quiet, key, page) : moveKey(quiet, key, page);
  if (everywhere !== undefined) return everywhere;
  return state.isSearching ? searchKey(quiet, key) : listKey(quiet, key, page);
}

function controlKey(state: BrowseState, { name = '' }: Key, page: number): Step | undefined {
  switch (name) {
    case 'c':
      return { state, wish: 'interrupt' };
    case 'd':
      return { state, wish: 'quit' };
    case 'z':
      return { state, wish: 'suspend' };
    case 'l':
      return { state, wish: 'redraw' };
    case 'r':
      return { state, wish: 'refresh' };
    case 'n':
      return moveBy(state, 1);
    case 'p':
      return moveBy(state, -1);
    case 'f':
      return moveBy(state, page);
    case 'b':
      return moveBy(state, -page);
    case 'u':
      return { state: search(state, '') };
    default:
      return { state };
  }
}

function moveKey(state: BrowseState, { name = '' }: Key, page: number): Step | undefined {
  switch (name) {
    case 'down':
      return moveBy(state, 1);
    case 'up':
      return moveBy(state, -1);
    case 'pagedown':
      return moveBy(state, page);
    case 'pageup':
      return moveBy(state, -page);
    case 'home':
      return moveBy(state, Number.NEGATIVE_INFINITY);
    case 'end':
      return moveBy(state, Number.POSITIVE_INFINITY);
    case 'return':
    case 'enter':
      return selection(state) === undefined
        ? { state: { ...state, message: 'There is nothing to join.' } }
        : { state: { ...state, isSearching: false }, wish: 'join' };
    default:
      return undefined;
  }
}

function moveBy(state: BrowseState, rows: number): Step {
  return { state: { ...state, selected: clamp(state.selected + rows, shown(state).length) } };
}

function searchKey(state: BrowseState, { name, sequence = '', meta }: Key): Step {
  if (name === 'escape') return { state: { ...search(state, ''), isSearching: false } };
  if (name === 'tab') return { state: { ...state, isSearching: false } };
  if (name === 'backspace') {
    const left = Array.from(segmenter.segment(state.query), ({ segment }) => segment)
      .slice(0, -1)
      .join('');
    return { state: { ...search(state, left), isSearching: state.query !== '' } };
  }
  if (meta === true || sequence === '' || /\p{Cc}/u.test(sequence)) return { state };
  return { state: search(state, state.query + sequence) };
}

function listKey(state: BrowseState, { name, sequence = '' }: Key, page: number): Step {
  switch (sequence) {
    case '/':
      return { state: { ...state, isSearching: true } };
    case 'q':
    case 'Q':
      return { state, wish: 'quit' };
    case 'r':
    case 'R':
      return { state, wish: 'refresh' };
    case 't':
      return { state: nextWhen(state) };
    case 'j':
      return moveBy(state, 1);
    case 'k':
      return moveBy(state, -1);
    case 'g':
      return moveBy(state, Number.NEGATIVE_INFINITY);
    case 'G':
      return moveBy(state, Number.POSITIVE_INFINITY);
    case ' ':
      return moveBy(state, page);
    default:
      if (name !== 'escape') return { state };
      return state.query === '' ? { state, wish: 'quit' } : { state: search(state, '') };
  }
}

function nextWhen(state: BrowseState): BrowseState {
  const when = WHEN[(WHEN.indexOf(state.when) + 1) % WHEN.length] ?? 'any time';
  return keepSelection(state, { ...state, when });
}

function search(state: BrowseState, query: string): BrowseState {
  return keepSelection(state, { ...state, query });
}

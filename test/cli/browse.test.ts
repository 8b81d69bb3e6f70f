import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawScreen, listRows, type Screen, type ScreenSize } from '../../cli/browse/screen.ts';
import {
  type BrowseState,
  EMPTY,
  type Key,
  press,
  selection,
  shown,
  type Step,
  withConferences,
} from '../../cli/browse/state.ts';
import { textWidth } from '../../cli/output/printable.ts';
import { type Conference, createConference } from '../../directory/index.ts';

const NOW = new Date(2026, 10, 21, 10, 30);

function conference(name: string, description?: string): Conference {
  return createConference({
    name,
    now: NOW,
    originator: 'ann',
    machine: '192.0.2.1',
    group: '239.255.1.2',
    port: 5004,
    ...(description === undefined ? {} : { description }),
  });
}

const THREE = ['Lecture', 'Morning round', 'Paging'].map((name) =>
  conference(name, `About ${name.toLowerCase()}`),
);
const START: BrowseState = { ...EMPTY, conferences: THREE };

const text = (characters: string): Key[] =>
  Array.from(characters, (sequence) => ({ sequence, name: sequence }));
const key = (name: string): Key => ({ name, sequence: '' });
const ctrl = (name: string): Key => ({ name, ctrl: true, sequence: '' });

function pressAll(keys: readonly Key[], state = START): Step {
  return keys.reduce<Step>((step, it) => press(step.state, it, 10), { state });
}

describe('keys', () => {
  test('move, and stop at both ends', () => {
    const names = [
      key('down'),
      key('down'),
      key('down'),
      key('up'),
      key('home'),
      key('end'),
      ...text('gjjk'),
    ].reduce<[BrowseState, string[]]>(
      ([state, seen], it) => {
        const next = press(state, it, 10).state;
        return [next, [...seen, selection(next)?.name[0] ?? '']];
      },
      [START, []],
    )[1];
    expect(names.join('')).toBe('MPPMLPLMPM');
  });

  test('[APP-02] / searches while one types, in every word', () => {
    const step = pressAll(text('/round'));
    expect(shown(step.state).map(({ name }) => name)).toEqual(['Morning round']);
    expect(shown(pressAll(text('/about pag')).state).map(({ name }) => name)).toEqual(['Paging']);
    expect(shown(pressAll(text('/239.255.1')).state)).toHaveLength(3);
    expect(shown(pressAll(text('/zebra')).state)).toEqual([]);
  });

  test('letters that are keys in the list are letters in the search', () => {
    const step = pressAll(text('/qrjkgG'));
    expect([step.state.query, step.wish]).toEqual(['qrjkgG', undefined]);
  });

  test('a search keeps what was selected, as long as it is there', () => {
    const selected = pressAll([...text('jj'), ...text('/g')]).state;
    expect(selection(selected)?.name).toBe('Paging');
    expect(selection(pressAll([key('escape')], selected).state)?.name).toBe('Paging');
    expect(selection(pressAll(text('/lecture')).state)?.name).toBe('Lecture');
  });

  test('Backspace takes characters back, then ends the search', () => {
    const typed = pressAll([...text('/ab'), key('backspace')]).state;
    expect([typed.query, typed.isSearching]).toEqual(['a', true]);
    const emptied = pressAll([key('backspace'), key('backspace')], typed).state;
    expect([emptied.query, emptied.isSearching]).toEqual(['', false]);
    const emoji = pressAll([{ sequence: '👩‍🚀' }, key('backspace')], { ...START, isSearching: true }).state;
    expect(emoji.query).toBe('');
  });

  test('Escape: first the search, then the program', () => {
    const searched = pressAll([...text('/lec'), key('tab')]).state;
    expect(searched.isSearching).toBe(false);
    const all = press(searched, key('escape'), 10);
    expect([all.state.query, all.wish]).toEqual(['', undefined]);
    expect(press(all.state, key('escape'), 10).wish).toBe('quit');
  });

  test.each([
    [key('return'), 'join'],
    [{ sequence: 'q' }, 'quit'],
    [{ sequence: 'r' }, 'refresh'],
    [ctrl('r'), 'refresh'],
    [ctrl('c'), 'interrupt'],
    [ctrl('z'), 'suspend'],
    [ctrl('l'), 'redraw'],
    [{ sequence: 'x' }, undefined],
  ])('%j wishes %s', (it, wish) => expect(press(START, it, 10).wish).toBe(wish));

  test('[APP-04] Enter joins the selected one, also out of a search', () => {
    const { state, wish } = pressAll([...text('/pag'), key('return')]);
    expect([selection(state)?.name, wish, state.isSearching]).toEqual(['Paging', 'join', false]);
    expect(pressAll([...text('/zebra'), key('return')]).wish).toBeUndefined();
  });

  test('no sequence of keys leaves the list', () => {
    const anyKey = fc.oneof(
      fc
        .constantFrom(
          'down',
          'up',
          'pagedown',
          'pageup',
          'home',
          'end',
          'escape',
          'backspace',
          'tab',
          'return',
        )
        .map(key),
      fc.constantFrom('c', 'd', 'f', 'b', 'n', 'p', 'u', 'x').map(ctrl),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).map((sequence) => ({ sequence })),
    );
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 30 }), (keys) => {
        const { state } = pressAll(keys);
        const count = shown(state).length;
        expect(state.selected).toBeGreaterThanOrEqual(0);
        expect(state.selected).toBeLessThanOrEqual(Math.max(0, count - 1));
      }),
      { numRuns: 200 },
    );
  });
});

test('reading again keeps the selected conference, or its place when it is gone', () => {
  const onRound = pressAll([key('down')]).state;
  expect(selection(withConferences(onRound, [conference('A'), ...THREE]))?.name).toBe('Morning round');
  expect(
    selection(
      withConferences(
        onRound,
        THREE.filter(({ name }) => name !== 'Morning round'),
      ),
    )?.name,
  ).toBe('Paging');
  expect(selection(withConferences(onRound, []))).toBeUndefined();
});

describe('the screen', () => {
  const draw = (state: BrowseState, size: ScreenSize): Screen =>
    drawScreen(state, 'this computer', NOW, size, (_, it) => it);

  test('title, list with the selected one marked, details, keys', () => {
    const { lines, cursor } = draw(pressAll([key('down')]).state, { columns: 90, rows: 24 });
    expect(lines[0]?.trim()).toBe('3 conferences — this computer');
    expect(lines.filter((line) => line.startsWith('>'))).toEqual([
      expect.stringMatching(/^> Morning round +239\.255\.1\.2:5004 /),
    ]);
    expect(lines.join('\n')).toContain('Description  About morning round');
    expect(lines.at(-1)).toContain('Enter join');
    expect(cursor).toBeUndefined();
  });

  test('the prompt of the search has the cursor', () => {
    const { lines, cursor } = draw(pressAll(text('/日x')).state, { columns: 60, rows: 10 });
    expect(lines.at(-1)).toBe('Search: 日x');
    expect(cursor).toEqual({ row: 9, column: 11 });
    expect(lines.join('\n')).toContain('Nothing fits "日x"');
  });

  test('the selected one is in sight, however far down', () => {
    const many = Array.from({ length: 500 }, (_, i) => conference(`Conference ${i}`));
    const size = { columns: 80, rows: 20 };
    for (const selected of [0, 1, 7, 250, 498, 499]) {
      const { lines } = draw({ ...EMPTY, conferences: many, selected }, size);
      expect(lines.filter((line) => line.startsWith('>'))).toEqual([
        expect.stringContaining(`Conference ${selected} `),
      ]);
    }
  });

  test('what others wrote cannot paint it', () => {
    const hostile = conference('Lecture', 'x');
    hostile.description = '\u009b2J\u202egnp.exe';
    const { lines } = draw({ ...EMPTY, conferences: [hostile] }, { columns: 80, rows: 24 });
    expect(lines.join('\n')).not.toMatch(/[\u009b\u202e]/);
  });

  test('fits every size', () => {
    const state = fc.constantFrom(
      START,
      EMPTY,
      pressAll(text('/lec')).state,
      pressAll(text('/zebra')).state,
      { ...START, message: 'Up to date.' },
    );
    fc.assert(
      fc.property(
        state,
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 70 }),
        (it, columns, rows) => {
          const { lines, cursor } = draw(it, { columns, rows });
          expect(lines).toHaveLength(rows);
          expect(
            Math.max(...lines.map((line) => textWidth(stripVTControlCharacters(line)))),
          ).toBeLessThanOrEqual(columns);
          expect(cursor === undefined || (cursor.column < columns && cursor.row < rows)).toBe(true);
          expect(listRows({ columns, rows })).toBeGreaterThan(0);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('t', () => {
  const NOON = new Date(2026, 2, 20, 12);
  const at = (hour: number): Date => new Date(2026, 2, 20, hour);
  const conferences = [
    createConference({ name: 'Past', startTime: at(9), stopTime: at(10) }),
    createConference({ name: 'Now', startTime: at(11), stopTime: at(13) }),
    createConference({ name: 'Tonight', startTime: at(20), stopTime: at(21) }),
    createConference({ name: 'Tomorrow', startTime: at(36), stopTime: at(37) }),
  ];
  test('goes through what takes place now, today, later and at any time', () => {
    let state: BrowseState = { ...EMPTY, conferences, now: NOON };
    const seen = Array.from({ length: 4 }, () => {
      ({ state } = press(state, { sequence: 't' }, 10));
      return [state.when, shown(state).map(({ name }) => name)];
    });
    expect(seen).toEqual([
      ['now', ['Now']],
      ['today', ['Past', 'Now', 'Tonight']],
      ['later', ['Tonight', 'Tomorrow']],
      ['any time', ['Past', 'Now', 'Tonight', 'Tomorrow']],
    ]);
  });
  test('is told in the title, and where there is nothing', () => {
    const draw = (state: BrowseState): readonly string[] =>
      drawScreen(state, 'here', NOON, { columns: 80, rows: 24 }, (_style, line) => line).lines;
    const lines = draw({ ...EMPTY, conferences, now: NOON, when: 'later' });
    expect(lines[0]).toContain('2 of 4 conferences later');
    const none = draw({ ...EMPTY, conferences: [], now: NOON, when: 'now' });
    expect(none.join('\n')).toContain('Nothing takes place now.');
  });
});

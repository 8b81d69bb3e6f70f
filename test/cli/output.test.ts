import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wantsColor } from '../../cli/context.ts';
import { UsageError } from '../../cli/errors.ts';
import { EXIT, EXIT_MEANINGS, exitCodeOf } from '../../cli/exit-codes.ts';
import { DataOutput, type OutputSettings, Talk } from '../../cli/output/output.ts';
import { padTo, printable, textWidth, truncate } from '../../cli/output/printable.ts';
import { type Column, tableLines, tabLines } from '../../cli/output/table.ts';
import { momentText, spanFromNow, spanText } from '../../cli/output/times.ts';
import { DecodeError, NetworkError, TimeoutError } from '../../src/errors.ts';

describe('text from elsewhere', () => {
  test.each([
    ['plain', 'plain'],
    ['Größe 日本 👩‍🚀', 'Größe 日本 👩‍🚀'],
    ['a\u001b[2Jb', 'a\ufffd[2Jb'],
    ['a\u0007b\u009bc', 'a\ufffdb\ufffdc'],
    ['two\nlines\tand a tab', 'two lines and a tab'],
    ['abc\u202ecba', 'abc\ufffdcba'], // would turn the writing direction
  ])('%j becomes %j', (text, want) => expect(printable(text)).toBe(want));

  test('never keeps what a terminal would obey', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['abc', 3],
    ['日本', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['👩‍🚀', 2],
    ['', 0],
  ])('%j takes %i columns', (text, want) => expect(textWidth(text)).toBe(want));

  test.each([
    ['Morning round', 20, 'Morning round'],
    ['Morning round', 8, 'Morning…'],
    ['日本日本', 5, '日本…'],
    ['日本日本', 4, '日…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('%j cut to %i', (text, width, want) => expect(truncate(text, width)).toBe(want));

  test('cut and filled text is as wide as asked', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (raw, width) => {
        expect(textWidth(padTo(truncate(printable(raw), width), width))).toBe(width);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a table', () => {
  interface Row {
    readonly name: string;
    readonly count: number;
  }
  const columns: Column<Row>[] = [
    { title: 'NAME', human: ({ name }) => name, shrinks: 1 },
    { title: 'COUNT', human: ({ count }) => `${count} pieces`, plain: ({ count }) => String(count) },
  ];
  const rows: Row[] = [
    { name: 'short', count: 1 },
    { name: 'a rather long name', count: 20 },
  ];

  test('aligns columns below their titles', () => {
    expect(tableLines(columns, rows, 80)).toEqual([
      'NAME                COUNT',
      'short               1 pieces',
      'a rather long name  20 pieces',
    ]);
  });

  test('takes from the columns that may shrink', () => {
    const lines = tableLines(columns, rows, 24);
    expect(lines).toEqual(['NAME           COUNT', 'short          1 pieces', 'a rather lon…  20 pieces']);
  });

  test('cuts what matters least first, and nothing below eight columns', () => {
    const wide: Column<string>[] = [
      { title: 'A', human: (it) => it, shrinks: 3 },
      { title: 'B', human: (it) => it, shrinks: 1 },
      { title: 'C', human: (it) => it, shrinks: 2 },
    ];
    const cut = (width: number): string | undefined => tableLines(wide, ['0123456789'], width)[1];
    expect(cut(34)).toBe('0123456789  0123456789  0123456789');
    expect(cut(33)).toBe('0123456789  01234567…  0123456789');
    expect(cut(31)).toBe('0123456789  0123456…  01234567…');
    expect(cut(1)).toBe('0123456…  0123456…  0123456…');
  });

  test('is fields between tabs in a pipe, whatever is in them', () => {
    expect(tabLines(columns, [{ name: 'a\tb\nc', count: 3 }])).toEqual(['a b c\t3']);
  });

  test('[APP-02] a terminal gets the table, a pipe the fields', () => {
    const [terminal, pipe] = [new Captured(80), new Captured()];
    new DataOutput(terminal, plain).table(columns, rows);
    new DataOutput(pipe, plain).table(columns, rows);
    expect(terminal.text).toBe(
      'NAME                COUNT\nshort               1 pieces\na rather long name  20 pieces\n',
    );
    expect(pipe.text).toBe('short\t1\na rather long name\t20\n');
  });
});

describe('times for people', () => {
  const now = new Date(2026, 10, 21, 10, 30);
  const at = (day: number, hour: number, minute = 0): Date => new Date(2026, 10, day, hour, minute);

  test.each([
    [at(21, 14), 'today 14:00'],
    [at(22, 9, 5), 'tomorrow 09:05'],
    [at(20, 23, 59), 'yesterday 23:59'],
    [at(25, 9), '2026-11-25 09:00'],
    [new Date(2027, 0, 1, 0, 0), '2027-01-01 00:00'],
  ])('%s is %s', (date, want) => expect(momentText(date, now)).toBe(want));

  test.each([
    [0, '0 s'],
    [45_000, '45 s'],
    [59_600, '1 min'],
    [300_000, '5 min'],
    [5_400_000, '1 h 30 min'],
    [7_200_000, '2 h'],
    [86_400_000, '1 d'],
    [97_200_000, '1 d 3 h'],
  ])('%i ms is %s', (ms, want) => expect(spanText(ms)).toBe(want));

  test.each([
    [at(21, 10, 35), at(21, 11), 'in 5 min (today 10:35)'],
    [at(21, 10), at(21, 11), 'now, until today 11:00'],
    [at(21, 9), at(21, 10), 'over since today 10:00'],
    [undefined, null, 'permanent'],
    [at(21, 9), null, 'now, without end'],
    [at(22, 14), null, 'in 1 d 4 h (tomorrow 14:00)'],
  ])('[CNF-14] from %s to %s: %s', (start, stop, want) =>
    expect(spanFromNow({ start, stop }, now)).toBe(want),
  );
});

const plain: OutputSettings = { color: false, quiet: false, verbose: false };

class Captured extends PassThrough {
  readonly isTTY: boolean;
  readonly columns: number;
  text = '';
  constructor(columns?: number) {
    super();
    this.isTTY = columns !== undefined;
    this.columns = columns ?? 80;
    this.on('data', (chunk: Buffer) => {
      this.text += chunk.toString();
    });
  }
}

describe('the two streams', () => {
  test('quiet keeps warnings and errors', () => {
    const stream = new Captured();
    const talk = new Talk(stream, { ...plain, quiet: true });
    talk.note('nice to know');
    talk.warn('beware');
    talk.error('no');
    expect(stream.text).toBe('warning: beware\nrendezvous: no\n');
  });

  test('a stack is shown with verbose only, with its causes', () => {
    const [calm, loud] = [new Captured(), new Captured()];
    const error = new NetworkError('No route', { cause: new Error('ENETUNREACH') });
    new Talk(calm, plain).failure(error);
    new Talk(loud, { ...plain, verbose: true }).failure(error);
    expect(calm.text).toBe('rendezvous: No route\n');
    expect(loud.text).toMatch(/^rendezvous: No route\n(.*\n)+ +at .*\nError: ENETUNREACH\n/);
  });

  test('what an error says cannot paint the terminal', () => {
    const stream = new Captured();
    new Talk(stream, plain).failure(new NetworkError('No "\u001b[31mred\u0007"'));
    expect(stream.text).toBe('rendezvous: No "\ufffd[31mred\ufffd"\n');
  });

  test('colour is style alone: without it the text is the same', () => {
    const [colored, bare] = [new Captured(80), new Captured(80)];
    for (const [stream, color] of [
      [colored, true],
      [bare, false],
    ] as const) {
      new DataOutput(stream, { ...plain, color }).pairs([
        ['Name', 'Lecture'],
        ['Nothing', undefined],
        ['Description', 'Chapter 3'],
      ]);
    }
    expect(bare.text).toBe('Name         Lecture\nDescription  Chapter 3\n');
    expect(colored.text).toContain('\u001b[');
    expect(stripVTControlCharacters(colored.text)).toBe(bare.text);
  });

  test('after the reader has gone nothing is written and nobody is told off', () => {
    const stream = new Captured();
    const out = new DataOutput(stream, plain);
    let closed = 0;
    out.onClosed(() => closed++);
    stream.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    return new Promise<void>((resolve) => {
      stream.once('close', () => {
        out.line('more');
        expect([closed, out.isClosed, stream.text]).toEqual([1, true, '']);
        resolve();
      });
    });
  });

  test.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: false }, {}, false],
    [{ isTTY: true }, { NO_COLOR: '1' }, false],
    [{ isTTY: true }, { NO_COLOR: '' }, true], // no-color.org: only when not empty
    [{ isTTY: true }, { TERM: 'dumb' }, false],
    [{ isTTY: false }, { FORCE_COLOR: '1' }, true],
    [{ isTTY: true }, { FORCE_COLOR: '0' }, false],
    [{ isTTY: true }, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('colour on %j with %j: %s', (stream, env, want) => expect(wantsColor(stream, env)).toBe(want));
});

describe('the exit status', () => {
  test.each([
    [new UsageError('x'), EXIT.usage],
    [new DecodeError('SDP', 'x'), EXIT.failed],
    [new NetworkError('x'), EXIT.network],
    [new TimeoutError('x'), EXIT.network],
    [Object.assign(new Error('x'), { code: 'ENOENT' }), EXIT.notFound],
    [Object.assign(new Error('x'), { code: 'EACCES' }), EXIT.notPermitted],
    [Object.assign(new Error('x'), { code: 'commander.unknownCommand' }), EXIT.usage],
    [Object.assign(new Error('x'), { code: 'commander.helpDisplayed' }), EXIT.done],
    [Object.assign(new Error('x'), { code: 'commander.version' }), EXIT.done],
    [new Error('x'), EXIT.failed],
    ['thrown text', EXIT.failed],
  ])('%s: %i', (error, want) => expect(exitCodeOf(error)).toBe(want));

  test('each has a meaning', () => {
    expect(EXIT_MEANINGS.map(([code]) => code)).toEqual([0, 1, 2, 3, 4, 5, 130]);
  });
});

import { describe, expect, test } from 'vitest';
import { planDesk } from '../../cli/join/desk-plan.ts';
import { matrixLines } from '../../cli/join/reception-matrix.ts';
import { textWidth } from '../../cli/output/printable.ts';

const NAMES = [['hall.sdp', 'Hall'], ['Paging'], ['a=b']];

describe('priorities of several conferences', () => {
  test('are given by the name on the command line or that of the session', () => {
    const { options, talk } = planDesk(NAMES, {
      priority: ['Paging=paging', 'hall.sdp=emergency', 'a=b=normal'],
      duck: '12dB',
      talk: 'Hall',
    });
    expect([...options]).toEqual([
      [1, { priority: 'paging', ducksByDb: 12 }],
      [0, { priority: 'emergency' }],
      [2, { priority: 'normal' }],
    ]);
    expect(talk).toBe(0);
  });

  test.each([
    [
      { priority: ['Cellar=paging'] },
      /--priority names "Cellar", which is not joined; joined are Hall, Paging/,
    ],
    [{ priority: ['Hall=loud'] }, /--priority Hall=loud: write NAME=normal, NAME=paging, NAME=emergency/],
    [{ priority: ['paging'] }, /write NAME=/],
    [{ priority: ['Hall=paging'], duck: '90' }, /--duck 90 is not a number of dB from 1 to 60/],
    [{ duck: '10' }, /--duck is for a paging conference/],
    [{ talk: 'Cellar' }, /--talk names "Cellar"/],
  ])('%j is wrong usage', (given, why) => expect(() => planDesk(NAMES, given)).toThrow(why));
});

describe('the page of who hears whom', () => {
  const names = Array.from({ length: 30 }, (_, i) => `Participant ${i}`);
  const matrix = {
    hearers: names,
    sources: names,
    loss: names.map((_, row) => names.map((__, column) => (row === column ? undefined : row + column / 10))),
  };
  const plain = (_style: unknown, text: string): string => text;

  test.each([
    [80, 24],
    [40, 10],
    [20, 4],
  ])('fits %i × %i', (columns, rows) => {
    const lines = matrixLines(matrix, columns, rows, plain);
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(columns);
  });

  test('one row for each who hears, one column for each who is heard', () => {
    const lines = matrixLines(
      { hearers: ['Ann (you)', 'Bob'], sources: ['Bob', 'Ann (you)'], loss: [[0.5], [undefined, 12.34]] },
      80,
      10,
      plain,
    );
    expect(lines.slice(1).map((it) => it.trimEnd())).toEqual([
      '                     Bob    Ann (…',
      'Ann (you)            0.5    ·',
      'Bob                  ·      12.3',
    ]);
  });
});

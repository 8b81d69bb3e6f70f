import { describe, expect, test } from 'vitest';
import type { MatrixMember, ReceptionCell } from '../../conference/index.ts';
import { matrixFindings } from '../../conference/quality/index.ts';
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
  const member = (name: string, ssrc: number): MatrixMember => ({ name, ssrc, local: ssrc === 0 });
  const cell = (lossPercent: number | undefined): ReceptionCell => ({
    state: lossPercent === undefined ? 'unheard' : 'heard',
    lossPercent,
    ageMs: 0,
    jitterMs: 0,
    mosLq: undefined,
  });
  const matrixOf = (names: readonly string[], loss: readonly (readonly (number | undefined)[])[]) => {
    const members = names.map(member);
    const cells = loss.map((row, y) => row.map((it, x) => (x === y ? undefined : cell(it))));
    const of = { sources: members, reporters: members, cells };
    return { ...of, medium: 0, mediaType: 'audio', findings: matrixFindings(of) };
  };
  const plain = (_style: unknown, text: string): string => text;

  test.each([
    [80, 24],
    [40, 10],
    [20, 4],
  ])('fits %i × %i', (columns, rows) => {
    const names = Array.from({ length: 30 }, (_, i) => `Participant ${i}`);
    const matrix = matrixOf(
      names,
      names.map((_, row) => names.map((__, column) => row + column / 10)),
    );
    const lines = matrixLines([matrix, matrix], columns, rows, plain);
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(columns);
  });

  test('one row for each who hears, one column for each who is heard, and what it tells', () => {
    const matrix = matrixOf(
      ['Ann', 'Bob', 'Cid'],
      [
        [0, 0, 0],
        [0, 0, 0],
        [12.34, undefined, 0],
      ],
    );
    const lines = matrixLines([matrix], 70, 10, plain).slice(1);
    expect(lines.map((it) => it.trimEnd())).toEqual([
      '                     you    Bob    Cid',
      'Ann (you)                   0 %    0 %',
      'Bob                  0 %           0 %',
      'Cid                  12 %   –',
      'Cid hears all 2 badly (up to 12 % are lost), and others hear them',
      'well: look at the way to Cid',
    ]);
  });

  test('media are told apart, and the sentences do not drive out the table', () => {
    const matrix = matrixOf(
      ['Ann', 'Bob'],
      [
        [0, 7],
        [undefined, 0],
      ],
    );
    const lines = matrixLines([matrix, { ...matrix, mediaType: 'video' }], 60, 20, plain);
    expect(lines.filter((it) => it === 'audio' || it === 'video')).toEqual(['audio', 'video']);
    expect(lines.some((it) => it === 'Ann hears Bob, and Bob does not hear Ann')).toBe(true);
    expect(matrixLines([matrix], 60, 5, plain).filter((it) => it.startsWith('Bob '))).toHaveLength(1);
  });
});

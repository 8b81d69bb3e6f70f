import { readFileSync } from 'node:fs';
import { filesBelow } from '../files.ts';
import { PARITY_AREAS } from './rows.ts';

export type ParityStatus = 'done' | 'partly' | 'planned';
export interface ParityRow {
  readonly id: string;
  readonly area: string;
  readonly status: ParityStatus;
  readonly feature: string;
  readonly remark: string;
}
/** Test file → titles in it that name the row. */
export type Proof = Map<string, Map<string, number>>;

/** The rows as claimed by hand. @throws when a line is not `ID | status | feature | remark` or an id comes twice. */
export function parityRows(): ParityRow[] {
  const seen = new Set<string>();
  return PARITY_AREAS.flatMap(({ title, rows }) =>
    rows
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => {
        const [id = '', status = '', feature = '', remark = ''] = line.split('|').map((part) => part.trim());
        if (!/^[A-Z]{2,3}-\d\d$/.test(id) || !isStatus(status) || feature === '') {
          throw new Error(`Parity row not understood: ${line}`);
        }
        if (seen.has(id)) throw new Error(`Parity row ${id} is there twice`);
        seen.add(id);
        return { id, area: title, status, feature, remark };
      }),
  );
}

const isStatus = (text: string): text is ParityStatus =>
  text === 'done' || text === 'partly' || text === 'planned';

/** Row ids in the titles below `test/` (contracts that tests share too): id → file → number of titles, each on one line. */
export function testProof(root: URL): Proof {
  const proof: Proof = new Map();
  for (const file of filesBelow(new URL('test/', root), '.ts')) {
    const source = readFileSync(new URL(`test/${file}`, root), 'utf8');
    for (const [, , title = ''] of source.matchAll(/(['"`])((?:\\.|(?!\1)[^\\\n])*)\1/g)) {
      for (const id of new Set(
        [...title.matchAll(/\[([A-Z]{2,3}-\d\d)\]/g)].map((found) => found[1] ?? ''),
      )) {
        const files = proof.get(id) ?? new Map<string, number>();
        proof.set(id, files.set(file, (files.get(file) ?? 0) + 1));
      }
    }
  }
  return proof;
}

/** What is wrong between claims and tests, one sentence each; empty when the table is true. */
export function parityProblems(rows: readonly ParityRow[], proof: Proof): string[] {
  const known = new Set(rows.map(({ id }) => id));
  return [
    ...[...proof.entries()]
      .filter(([id]) => !known.has(id))
      .map(([id, files]) => `test/${[...files.keys()].join(', test/')}: no parity row is called ${id}`),
    ...rows
      .filter(({ id, status }) => status !== 'planned' && !proof.has(id))
      .map(({ id, status }) => `${id} claims to be ${status}, but no test names it`),
    ...rows
      .filter(({ status, remark }) => status === 'partly' && remark === '')
      .map(({ id }) => `${id} is partly done: the remark must say what is missing`),
  ];
}

/** `docs/parity.md`. */
export function parityMarkdown(rows: readonly ParityRow[], proof: Proof): string {
  const count = (status: ParityStatus): number => rows.filter((row) => row.status === status).length;
  const areas = [...new Set(rows.map(({ area }) => area))];
  return [
    '<!-- Written by `npm run docs` from tools/parity/rows.ts and the titles of the tests. -->',
    '',
    '# Parity with the conferencing part of TAPI 3',
    '',
    'Each row is one thing that the conferencing part of TAPI 3 (Windows 2000 to 2003) could do. *done* and *partly* are',
    'held against the tests: such a row has at least one test with its id in the title, and `npm run docs:check` fails if',
    'not. *planned* rows may have tests of parts already.',
    '',
    `**${count('done')} done, ${count('partly')} partly, ${count('planned')} planned** of ${rows.length}.`,
    ...areas.flatMap((area) => [
      '',
      `## ${area}`,
      '',
      '| id | feature | status | remark | tests |',
      '|---|---|---|---|---|',
      ...rows.filter((row) => row.area === area).map((row) => tableLine(row, proof)),
    ]),
    '',
  ].join('\n');
}

function tableLine({ id, feature, status, remark }: ParityRow, proof: Proof): string {
  const tests = [...(proof.get(id) ?? [])]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, titles]) => `[${file}](../test/${file})${titles > 1 ? ` (${titles})` : ''}`);
  return `| ${id} | ${feature} | ${status} | ${remark} | ${tests.join(', ')} |`;
}

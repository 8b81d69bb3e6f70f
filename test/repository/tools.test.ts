import { describe, expect, test } from 'vitest';
import { importsOf } from '../../tools/imports.ts';
import { missingOptionalEntries } from '../../tools/lockfile.ts';
import { type ParityRow, parityProblems } from '../../tools/parity/table.ts';

describe('import scanner', () => {
  test.each([
    { name: 'default', source: `import a from 'a';`, want: ['a'] },
    { name: 'named over lines', source: `import {\n  a,\n  type B,\n} from "a";`, want: ['a'] },
    { name: 'bare', source: `import './a.ts';`, want: ['./a.ts'] },
    {
      name: 're-export',
      source: `export * from './a.ts';\nexport { b } from './b.ts';`,
      want: ['./a.ts', './b.ts'],
    },
    { name: 'dynamic', source: `const a = await import('a');`, want: ['a'] },
    { name: 'minified', source: `import{a}from'a';import*as b from'b'`, want: ['a', 'b'] },
    { name: 'comment', source: `// import a from 'a';\n/* import b from 'b' */`, want: [] },
    { name: 'string', source: `const text = "import a from 'a'";`, want: [] },
    { name: 'a plain export', source: `export const a = 'b';`, want: [] },
  ])('$name', ({ source, want }) => {
    expect(importsOf(source).map(({ specifier }) => specifier)).toEqual(want);
  });

  test('tells types and lazy loading apart', () => {
    expect(importsOf(`import type { A } from 'a';\nawait import('b');`)).toEqual([
      { specifier: 'a', typeOnly: true, dynamic: false },
      { specifier: 'b', typeOnly: false, dynamic: true },
    ]);
  });
});

describe('parity', () => {
  const row = (id: string, status: ParityRow['status'], remark = ''): ParityRow => ({
    id,
    status,
    remark,
    area: 'Area',
    feature: 'Feature',
  });
  const proof = new Map([['AAA-01', new Map([['a.test.ts', 1]])]]);

  test.each([
    { name: 'done with a test', rows: [row('AAA-01', 'done')], want: [] },
    {
      name: 'done without a test',
      rows: [row('AAA-01', 'done'), row('AAA-02', 'done')],
      want: [/AAA-02 claims/],
    },
    { name: 'partly without a remark', rows: [row('AAA-01', 'partly')], want: [/remark/] },
    {
      name: 'a test of an unknown row',
      rows: [row('BBB-01', 'planned')],
      want: [/no parity row is called AAA-01/],
    },
  ])('$name', ({ rows, want }) => {
    const problems = parityProblems(rows, proof);
    expect(problems).toHaveLength(want.length);
    want.forEach((pattern, index) => expect(problems[index]).toMatch(pattern));
  });
});

test('the lock is completed with the platform that a name tells', () => {
  const parent = { version: '1.0.0', dev: true, license: 'MIT' };
  const optionalDependencies = {
    '@x/cli-linux-x64-musl': '1.0.0',
    '@x/cli-darwin-arm64': '1.0.0',
    '@x/there': '1.0.0',
  };
  expect(
    missingOptionalEntries({
      packages: {
        'node_modules/x': { ...parent, optionalDependencies },
        'node_modules/@x/there': { version: '1.0.0' },
      },
    }),
  ).toEqual([
    [
      'node_modules/@x/cli-linux-x64-musl',
      { ...parent, os: ['linux'], cpu: ['x64'], libc: ['musl'], optional: true },
    ],
    ['node_modules/@x/cli-darwin-arm64', { ...parent, os: ['darwin'], cpu: ['arm64'], optional: true }],
  ]);
});

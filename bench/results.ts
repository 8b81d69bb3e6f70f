import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Bench, machineKind, type Row } from './harness.ts';

const FILE = new URL('../docs/benchmarks.md', import.meta.url);
const HEAD = `# Benchmarks

Written by \`npm run bench -- --write\`. Every number stands beside somebody else's from the same run on the same machine:
compare the ratios, not the absolute figures. P1 to P12 and L1 to L3 are goals that we set ourselves; one that is missed
says so.
`;

const number = (value: number): string =>
  Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString('en-US')
    : String(Number(value.toPrecision(Math.abs(value) >= 100 ? 4 : 3)));

const ratioOf = ({ ours, peer }: Row): string =>
  peer && peer.value !== 0 ? `${number(ours / peer.value)} × ${peer.name}` : '';
const verdictOf = ({ target }: Row): string =>
  target ? `${target.id} ${target.text}: ${target.met ? 'met' : 'SHORT'}` : '';

export function formatRow(row: Row): string {
  const peer = row.peer ? `${row.peer.name} ${number(row.peer.value)}  →  ${ratioOf(row)}` : '';
  const parts = [`  ${row.what}: ${number(row.ours)} ${row.unit}`, peer, verdictOf(row), row.note ?? ''];
  return parts.filter((part) => part !== '').join('   ');
}

/** Replaces the sections of the programs that ran, keeps the others. */
export function writeResults(results: readonly { name: string; bench: Bench; rows: Row[] }[]): void {
  const old = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const sections = new Map(
    old
      .split(/^(?=## )/m)
      .slice(1)
      .map((section) => [/<!-- (\w+) -->/.exec(section)?.[1] ?? section, `${section.trimEnd()}\n`]),
  );
  const when = `${new Date().toISOString().slice(0, 10)}, ${machineKind()}`;
  for (const { name, bench, rows } of results) {
    sections.set(
      name,
      [
        `## ${bench.title}`,
        '',
        `<!-- ${name} -->`,
        bench.method,
        '',
        `*${when}*`,
        '',
        '| what | ours | unit | beside | ratio | goal | note |',
        '|---|--:|---|---|---|---|---|',
        ...rows.map((row) =>
          [
            '',
            row.what,
            number(row.ours),
            row.unit,
            row.peer ? `${row.peer.name} ${number(row.peer.value)}` : '',
            ratioOf(row),
            verdictOf(row),
            row.note ?? '',
            '',
          ]
            .join(' | ')
            .trim(),
        ),
        '',
      ].join('\n'),
    );
  }
  writeFileSync(FILE, [HEAD, ...sections.values()].join('\n'));
}

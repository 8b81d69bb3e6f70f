import type { Finding, Severity } from '../../src/sdp/receivers/index.ts';
import type { CliContext } from '../context.ts';
import { printable, truncate } from '../output/printable.ts';
import type { Column } from '../output/table.ts';
import type { Judgement } from './judge.ts';

type VerdictName = Severity | 'accepts';

const LOOKS = {
  accepts: ['green', '✓'],
  warns: ['yellow', '!'],
  misreads: ['magenta', '~'],
  refuses: ['red', '✗'],
} as const;

/** What each kind of source is called. */
const BASES: Readonly<Record<Finding['source']['basis'], string>> = {
  standard: 'standard',
  manual: 'manual',
  code: 'its source code',
  seen: 'seen in practice',
};

/** One description, for people: who says what, then why, line by line. */
export function tellJudgement(ctx: CliContext, { verdicts, findings }: Judgement): void {
  const { out } = ctx;
  const width = Math.max(...verdicts.map(({ receiver: { title } }) => title.length));
  for (const { receiver, verdict, findings: own } of verdicts) {
    const [color, mark] = LOOKS[verdict];
    const name = out.style('bold', receiver.title.padEnd(width));
    const words = out.style(color, verdict.padEnd(8));
    out.line(` ${out.style(color, mark)} ${name}  ${words}  ${countText(own)}`.trimEnd());
  }
  const titles = new Map(verdicts.map(({ receiver: { id, title } }) => [id, title]));
  let line = 0;
  for (const gathered of gather(findings)) {
    if (gathered.line !== line) tellLine(ctx, gathered);
    line = gathered.line;
    tellFinding(ctx, gathered, titles);
  }
}

function tellLine({ out }: CliContext, { line, text }: Gathered): void {
  const shown = text === undefined ? '' : `  ${truncate(printable(text), Math.max(40, out.columns - 12))}`;
  out.line();
  out.line(`${out.style('bold', `line ${line}`)}${out.style('cyan', shown)}`);
}

/** How many things there are to say, and of which lines. */
function countText(findings: readonly Finding[]): string {
  if (findings.length === 0) return '';
  const lines = [...new Set(findings.map(({ line }) => line))].sort((a, b) => a - b);
  const things = findings.length === 1 ? '1 thing' : `${findings.length} things`;
  return `${things}, ${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')}`;
}

/** The same thing that several receivers say of one line. */
interface Gathered {
  readonly line: number;
  readonly text: string | undefined;
  readonly reason: string;
  readonly all: Finding[];
}

function gather(findings: readonly Finding[]): Gathered[] {
  const byPlace = new Map<string, Gathered>();
  for (const finding of findings) {
    const { line, text, reason } = finding;
    const key = `${line} ${reason}`;
    const known = byPlace.get(key);
    if (known === undefined) byPlace.set(key, { line, text, reason, all: [finding] });
    else known.all.push(finding);
  }
  return [...byPlace.values()].sort((a, b) => a.line - b.line);
}

function tellFinding(
  { out }: CliContext,
  { reason, all }: Gathered,
  titles: ReadonlyMap<string, string>,
): void {
  out.line(`  ${printable(reason)}`);
  for (const severity of ['refuses', 'misreads', 'warns'] as const) {
    const own = all.filter((finding) => finding.severity === severity);
    if (own.length === 0) continue;
    const who = own.map(({ receiver }) => titles.get(receiver) ?? receiver).join(', ');
    out.line(`    ${out.style(LOOKS[severity][0], severity.padEnd(8))}  ${who}`);
  }
  for (const advice of new Set(all.map((finding) => finding.advice)))
    out.line(`    ${'do'.padEnd(8)}  ${printable(advice)}`);
  const sources = new Set(all.map(({ source: { basis, reference } }) => `${reference} (${BASES[basis]})`));
  out.line(`    ${out.style('dim', `${'from'.padEnd(8)}  ${[...sources].join('; ')}`)}`);
}

/** One description, for programs: values of one finding in each line. */
export function judgementFields({ verdicts }: Judgement): string[][] {
  return verdicts.flatMap(({ receiver: { id }, verdict, findings }) =>
    findings.length === 0
      ? [[id, verdict]]
      : findings.map(({ severity, rule, line, reason, advice, source }) => [
          id,
          severity,
          rule,
          String(line),
          reason,
          advice,
          source.basis,
          source.reference,
        ]),
  );
}

/** Columns of the table of all conferences: one for each receiver that was asked. */
export function judgementColumns(
  receivers: readonly { readonly id: string; readonly title: string }[],
): Column<Judgement>[] {
  const verdictOf = ({ verdicts }: Judgement, id: string): VerdictName | undefined =>
    verdicts.find(({ receiver }) => receiver.id === id)?.verdict;
  return [
    {
      title: 'NAME',
      human: ({ subject }) => printable(subject.name),
      plain: ({ subject }) => subject.name,
      shrinks: 1,
    },
    ...receivers.map(
      ({ id, title }): Column<Judgement> => ({
        title: receivers.length > 4 ? (SHORT[id] ?? title) : title.toUpperCase(),
        human: (row) => {
          const verdict = verdictOf(row, id);
          return verdict === undefined
            ? '?'
            : receivers.length > 4
              ? LOOKS[verdict][1]
              : `${LOOKS[verdict][1]} ${verdict}`;
        },
        plain: (row) => verdictOf(row, id) ?? '',
      }),
    ),
    {
      title: 'PROBLEM',
      human: ({ problem }) => printable(problem ?? ''),
      plain: ({ subject }) => subject.directory ?? '',
      shrinks: 2,
    },
  ];
}

/** Titles for narrow columns. */
const SHORT: Readonly<Record<string, string>> = {
  rfc8866: 'SDP',
  aes67: 'AES67',
  'st2110-30': '2110',
  dante: 'DANTE',
  ravenna: 'RAVENNA',
  pipewire: 'PIPEWIRE',
  ffmpeg: 'FFMPEG',
  gstreamer: 'GST',
  vlc: 'VLC',
  rendezvous: 'HERE',
};

/** What the marks mean. */
export const LEGEND = `✓ accepts, ! warns, ~ misreads, ✗ refuses. Why: rendezvous lint <name>`;

import { type Finding, lintDescription, type Receiver, type Verdict } from '../../src/sdp/receivers/index.ts';
import type { Subject } from './subject.ts';

/** What the receivers that were asked make of one description. */
export interface Judgement {
  readonly subject: Subject;
  /** One for each receiver; none when there is no description. */
  readonly verdicts: readonly Verdict[];
  readonly findings: readonly Finding[];
  /** Why it could not be judged. */
  readonly problem: string | undefined;
  /** Nobody refuses it. */
  readonly ok: boolean;
}

export function judge(subject: Subject, receivers: readonly Receiver[]): Judgement {
  const { description, heardOn } = subject;
  if (typeof description === 'string')
    return { subject, verdicts: [], findings: [], problem: description, ok: false };
  const verdicts = lintDescription(description, receivers, { heardOn });
  return {
    subject,
    verdicts,
    findings: verdicts.flatMap(({ findings }) => findings),
    problem: undefined,
    ok: verdicts.every(({ verdict }) => verdict !== 'refuses'),
  };
}

/** As `LINT_SHAPES` has it. */
export function judgementJson({ subject, verdicts, findings, problem, ok }: Judgement): object {
  return {
    name: subject.name,
    directory: subject.directory ?? null,
    ok,
    problem: problem ?? null,
    verdicts: verdicts.map(({ receiver: { id, title }, verdict }) => ({ receiver: id, title, verdict })),
    findings: findings.map(({ text, source, ...rest }) => ({ ...rest, text: text ?? null, ...source })),
  };
}

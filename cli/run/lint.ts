import type { LintOptions } from '../commands/lint.ts';
import type { CliContext } from '../context.ts';
import { FailedError, UsageError } from '../errors.ts';
import { type Judgement, judge, judgementJson } from '../lint/judge.ts';
import { chooseReceivers } from '../lint/receivers.ts';
import { judgementColumns, judgementFields, LEGEND, tellJudgement } from '../lint/report.ts';
import { allSubjects, readSubject } from '../lint/subject.ts';

/**
 * Tells who would refuse a description, or all of the directories.
 *
 * @throws {FailedError} when somebody does
 * @throws {UsageError} when neither one nor all are named, or both
 */
export async function runLint(
  ctx: CliContext,
  what: string | undefined,
  { all = false, for: list, json = false, sapWait }: LintOptions,
): Promise<void> {
  const receivers = chooseReceivers(list);
  if (all !== (what === undefined)) {
    throw new UsageError(
      all ? 'Give a name or --all, not both' : 'Lint what? Give a file, the name of a conference, or --all',
    );
  }
  if (what === undefined) return lintAll(ctx, receivers, json, sapWait);
  const judgement = judge(await readSubject(ctx, what, sapWait), receivers);
  if (json) ctx.out.json(judgementJson(judgement));
  else if (ctx.out.isTerminal) tellJudgement(ctx, judgement);
  else ctx.out.fields(judgementFields(judgement));
  const refusing = judgement.verdicts.filter(({ verdict }) => verdict === 'refuses');
  if (refusing.length === 0) return ctx.err.note('Nobody refuses it.');
  throw new FailedError(`Refused by ${refusing.map(({ receiver }) => receiver.title).join(', ')}`);
}

async function lintAll(
  ctx: CliContext,
  receivers: ReturnType<typeof chooseReceivers>,
  json: boolean,
  sapWait: string | undefined,
): Promise<void> {
  const judgements: Judgement[] = (await allSubjects(ctx, sapWait)).map((subject) =>
    judge(subject, receivers),
  );
  if (json) ctx.out.json(judgements.map(judgementJson));
  else if (judgements.length === 0)
    return ctx.err.note('No conferences. Create one: rendezvous create <name>');
  else {
    ctx.out.table(judgementColumns(receivers), judgements);
    if (ctx.out.isTerminal) ctx.err.note(LEGEND);
  }
  const bad = judgements.filter(({ ok }) => !ok).length;
  if (bad > 0)
    throw new FailedError(
      `${bad} of ${judgements.length} ${bad === 1 ? 'is' : 'are'} refused by somebody who was asked`,
    );
}

import type { DoctorOptions } from '../commands/doctor.ts';
import type { CliContext } from '../context.ts';
import type { Check } from '../doctor/check.ts';
import { judgeDoctor } from '../doctor/checks.ts';
import { examine } from '../doctor/examine.ts';
import { FailedError, UsageError } from '../errors.ts';
import { parseGroup } from '../input/group.ts';
import { printable } from '../output/printable.ts';

const MARKS = { ok: ['green', '✓'], warn: ['yellow', '!'], fail: ['red', '✗'] } as const;

/**
 * Looks at everything that decides whether conferences work here.
 *
 * @throws {FailedError} when a check fails
 */
export async function runDoctor(
  ctx: CliContext,
  what: string | undefined,
  options: DoctorOptions,
): Promise<void> {
  if (what !== undefined) {
    if (options.listen === true || options.probe !== undefined)
      throw new UsageError('Either a conference or group to listen to, or --listen, or --probe HOST');
    return (await import('./doctor-group.ts')).runDoctorGroup(ctx, what, options);
  }
  if (options.listen === true) return (await import('./doctor-listen.ts')).runDoctorListen(ctx, options);
  if (options.probe !== undefined)
    return (await import('./doctor-probe.ts')).runDoctorProbe(ctx, options.probe, options);
  const wanted = options.group === undefined ? undefined : parseGroup(options.group);
  const facts = await examine(ctx, {
    group: wanted?.address,
    port: wanted?.port,
    interface: options.interface,
  });
  const checks = judgeDoctor(facts);
  const failed = checks.filter(({ status }) => status === 'fail');
  if (options.json === true)
    ctx.out.json({ ok: failed.length === 0, group: facts.group, port: facts.port, checks });
  else {
    const several = facts.directories.length > 1;
    for (const line of checks.flatMap((check) => checkLines(ctx, check, several))) ctx.out.line(line);
  }
  if (failed.length > 0) {
    const titles = failed.map(({ title }) => title.toLowerCase()).join(', ');
    throw new FailedError(`Does not work here: ${titles}`);
  }
  const doubtful = checks.filter(({ status }) => status === 'warn').length;
  if (options.json !== true)
    ctx.err.note(
      doubtful === 0
        ? 'All is well.'
        : `It works, with ${doubtful === 1 ? 'one thing' : `${doubtful} things`} to know.`,
    );
}

/** A check as people read it. */
export function checkLines({ out }: CliContext, check: Check, several: boolean): string[] {
  const { title, status, detail, why, tryThis, directory } = check;
  const [color, mark] = MARKS[status];
  const label = title.padEnd(14);
  const where = several && directory !== undefined ? `${printable(directory)}: ` : '';
  const indent = ' '.repeat(3 + label.length);
  const lines = [` ${out.style(color, mark)} ${out.style('bold', label)}${where}${printable(detail)}`];
  if (why !== undefined) lines.push(`${indent}${out.style('dim', `why: ${printable(why)}`)}`);
  if (tryThis !== undefined) lines.push(`${indent}${out.style('dim', `try: ${printable(tryThis)}`)}`);
  return lines;
}

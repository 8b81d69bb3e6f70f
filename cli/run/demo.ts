import type { DemoOptions } from '../commands/demo.ts';
import type { CliContext } from '../context.ts';
import { demonstrate, expectedSteps } from '../demo/demonstration.ts';
import type { Step } from '../demo/judge.ts';
import { missingSteps, sdpLines, stepLines, summaryLine } from '../demo/report.ts';
import { FailedError, InterruptedError, UsageError } from '../errors.ts';
import { Interrupts } from '../interrupts.ts';

/**
 * Shows that everything works on this computer.
 *
 * @throws {FailedError} naming what did not happen
 */
export async function runDemo(ctx: CliContext, { wav = [], keep, json = false }: DemoOptions): Promise<void> {
  if (wav.length > 2) throw new UsageError('There are two participants: give --wav at most twice');
  const { out, clock } = ctx;
  const begun = clock.now();
  const steps: Step[] = [];
  let sdp: string | undefined;
  using interrupts = new Interrupts(ctx.host);
  using progress = await openProgress(ctx, json);
  const paint = out.style.bind(out);
  const tell = (lines: readonly string[]): void => {
    progress.show(undefined);
    if (!json) for (const line of lines) out.line(line);
  };
  tell([paint('bold', 'A conference on this computer, without a network'), '']);
  try {
    await demonstrate({
      ctx,
      wav,
      keep,
      signal: interrupts.signal,
      onStep(step) {
        steps.push(step);
        tell(stepLines(step, paint));
      },
      onDescription(text) {
        sdp = text;
        tell(sdpLines(text, paint));
      },
      onTalking: (leftMs) => progress.show(leftMs),
    });
  } catch (error) {
    if (!interrupts.happened) throw error;
  }
  if (interrupts.happened) throw new InterruptedError();
  const seconds = (clock.now() - begun) / 1000;
  const expected = expectedSteps(wav);
  const missing = missingSteps(steps, expected);
  if (json)
    out.json({
      ok: missing.length === 0,
      seconds: Math.round(seconds * 10) / 10,
      missing,
      sdp: sdp ?? null,
      steps,
    });
  const summary = summaryLine(steps, expected, seconds);
  if (missing.length > 0) throw new FailedError(`${summary} Look for what is in the way: rendezvous doctor`);
  tell(['', `${paint('green', summary)} Now the same by hand:`, ...NEXT.map((line) => `  $ ${line}`)]);
  if (keep !== undefined) tell([`The recordings are in ${keep}.`]);
}

const NEXT = [
  'rendezvous create "Morning round"',
  'rendezvous list',
  'rendezvous join "Morning round" --loopback selective    # in two terminals',
];

/** On a terminal, a line that moves while they talk. */
async function openProgress(
  { out, host }: CliContext,
  json: boolean,
): Promise<Disposable & { show(leftMs: number | undefined): void }> {
  if (json || !out.isTerminal || host.env['TERM'] === 'dumb') return { show() {}, [Symbol.dispose]() {} };
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(host.stdout, { showCursor: true });
  return {
    show(leftMs) {
      if (leftMs === undefined) update.clear();
      else
        update(
          out.style(
            'dim',
            `   Ann and Bob talk to each other, each in a process of its own … ${Math.ceil(leftMs / 1000)} s`,
          ),
        );
    },
    [Symbol.dispose]: () => update.clear(),
  };
}

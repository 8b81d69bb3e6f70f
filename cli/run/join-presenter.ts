import type { CliContext } from '../context.ts';
import type { Interrupts } from '../interrupts.ts';
import {
  jsonPresenter,
  type LiveView,
  linePresenter,
  livePresenter,
  type Presenter,
} from '../join/presenter.ts';
import type { Output } from '../output/output.ts';

/** Chooses how a join is told: to a program, a reader of lines, or live on a terminal. */
export async function openPresenter(
  ctx: CliContext,
  json: boolean,
  output: Output,
  view: LiveView,
  interrupts: Interrupts,
  stdinIsFree: boolean,
): Promise<Presenter> {
  if (json) return jsonPresenter(ctx);
  if (!output.isTerminal || ctx.host.env['TERM'] === 'dumb') return linePresenter(ctx, output);
  const keys = ctx.host.stdin.isTTY && stdinIsFree;
  return livePresenter(ctx, { output, view, keys, onInterrupt: () => interrupts.interrupt() });
}

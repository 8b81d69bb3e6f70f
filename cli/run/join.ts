import type { JoinOptions } from '../commands/join.ts';
import type { CliContext } from '../context.ts';
import { InterruptedError } from '../errors.ts';
import { Interrupts } from '../interrupts.ts';
import { findDescription, readKeys } from '../join/description.ts';
import { readJoinSettings } from '../join/options.ts';
import { Participation } from '../join/participation.ts';
import { jsonPresenter, linePresenter, livePresenter, type Presenter } from '../join/presenter.ts';
import { checkStandardStreams, isStandardStream, planTerminals, soundHere } from '../join/terminals.ts';
import type { Output } from '../output/output.ts';

/**
 * Joins a conference and stays until its end, `--duration`, a key or an interruption.
 *
 * @throws {InterruptedError} when it was interrupted, once everybody has been told goodbye
 */
export async function runJoin(ctx: CliContext, conference: string, given: JoinOptions): Promise<void> {
  const settings = await readJoinSettings(ctx, given);
  checkStandardStreams(conference, settings, settings.talk.commands);
  const plan = planTerminals(settings, soundHere(ctx.host.env));
  const { description, name, from, keys } = await findDescription(ctx, conference, given.sapWait);
  const output: Output = settings.receive.some(isStandardStream) ? ctx.err : ctx.out;
  using resources = new DisposableStack();
  const interrupts = resources.use(new Interrupts(ctx.host, () => resources.dispose()));
  let presenter: Presenter | undefined;
  const participation = new Participation({
    ctx,
    name,
    description,
    keys,
    readKeys: () => readKeys(ctx, conference),
    settings,
    plan,
    interrupted: interrupts.signal,
    tell: (event) => presenter?.tell(event),
    refresh: () => presenter?.refresh(),
  });
  const stdinIsFree = from !== 'stdin' && !settings.talk.commands && !isStandardStream(settings.send ?? '');
  presenter = resources.use(
    await openPresenter(ctx, settings.json, output, participation, interrupts, stdinIsFree),
  );
  const cause = await participation.run();
  if (cause === 'interrupted') throw new InterruptedError();
}

async function openPresenter(
  ctx: CliContext,
  json: boolean,
  output: Output,
  participation: Participation,
  interrupts: Interrupts,
  stdinIsFree: boolean,
): Promise<Presenter> {
  if (json) return jsonPresenter(ctx);
  if (!output.isTerminal || ctx.host.env['TERM'] === 'dumb') return linePresenter(ctx, output);
  return livePresenter(ctx, {
    output,
    call: () => participation.call,
    extras: () => participation.extras,
    keys: ctx.host.stdin.isTTY && stdinIsFree,
    onKey: (action) => (action.action === 'interrupt' ? interrupts.interrupt() : participation.press(action)),
  });
}

import type { JoinOptions } from '../commands/join.ts';
import type { CliContext } from '../context.ts';
import { InterruptedError, UsageError } from '../errors.ts';
import { Interrupts } from '../interrupts.ts';
import { CallView } from '../join/call-view.ts';
import { findDescription, readKeys } from '../join/description.ts';
import { readJoinSettings } from '../join/options.ts';
import { Participation } from '../join/participation.ts';
import type { Presenter } from '../join/presenter.ts';
import { checkStandardStreams, isStandardStream, planTerminals, soundHere } from '../join/terminals.ts';
import type { Output } from '../output/output.ts';
import { openPresenter } from './join-presenter.ts';
import { runJoinSeveral } from './join-several.ts';

/**
 * Joins a conference, or several, and stays until its end, `--duration`, a key or an interruption.
 *
 * @throws {InterruptedError} when it was interrupted, once everybody has been told goodbye
 */
export async function runJoin(
  ctx: CliContext,
  conferences: readonly string[],
  given: JoinOptions,
): Promise<void> {
  const [conference = '', ...more] = conferences;
  if (more.length > 0) return runJoinSeveral(ctx, conferences, given);
  if (given.priority !== undefined || given.duck !== undefined || given.talk !== undefined) {
    throw new UsageError('--priority, --duck and --talk are for several conferences: join A B');
  }
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
    await openPresenter(ctx, settings.json, output, new CallView(participation), interrupts, stdinIsFree),
  );
  const cause = await participation.run();
  if (cause === 'interrupted') throw new InterruptedError();
}

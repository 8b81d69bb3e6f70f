import type { Call } from '../../conference/index.ts';
import { isLoopback } from '../../src/ip/index.ts';
import { listenForMetrics, type MetricsListener } from '../../src/net/index.ts';
import { formatMetrics } from '../../src/prometheus/index.ts';
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
import { callMetrics } from '../join/metrics.ts';
import { openPresenter } from './join-presenter.ts';
import { parseMetricsPlace } from './serve.ts';
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
  if (more.length > 0 && given.metrics !== undefined) throw new UsageError('--metrics is for one conference');
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
  await using _metrics = await offerMetrics(ctx, given.metrics, participation.call, name, (url) =>
    presenter?.tell({ type: 'metrics', url }),
  );
  const cause = await participation.run();
  if (cause === 'interrupted') throw new InterruptedError();
}

const DEFAULT_METRICS = '127.0.0.1:9391';

/** @throws {UsageError} for a place that is none @throws {NetworkError} when it cannot listen there */
async function offerMetrics(
  ctx: CliContext,
  place: string | true | undefined,
  call: Call,
  name: string,
  tell: (url: string) => void,
): Promise<MetricsListener | undefined> {
  if (place === undefined) return undefined;
  const { host, port } = parseMetricsPlace(place === true ? DEFAULT_METRICS : place);
  const listener = await listenForMetrics(() => formatMetrics(callMetrics(call, name)), host, port);
  tell(listener.url);
  if (!isLoopback(host)) ctx.err.warn(`everyone who can reach ${listener.url} may read who takes part`);
  return listener;
}

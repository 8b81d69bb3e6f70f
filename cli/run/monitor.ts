import {
  type ConferenceFigures,
  type Severity,
  SEVERITIES,
  Watcher,
  worstSeverity,
} from '../../conference/monitor/index.ts';
import { listenForMetrics } from '../../src/net/index.ts';
import type { MonitorOptions } from '../commands/monitor.ts';
import type { CliContext } from '../context.ts';
import { FailedError, InterruptedError } from '../errors.ts';
import { Interrupts } from '../interrupts.ts';
import { conferenceJson, eventJson } from '../monitor/json.ts';
import { detailLines, matrixLines } from '../monitor/details.ts';
import { LiveTable } from '../monitor/live.ts';
import { monitorMetrics } from '../monitor/metrics.ts';
import { type MonitorSettings, readMonitorSettings } from '../monitor/settings.ts';
import { Subjects } from '../monitor/subjects.ts';
import { conferenceColumns, eventFields, inOrder } from '../monitor/wording.ts';
import { receptionMatrix } from '../../conference/monitor/index.ts';

/**
 * Watches conferences until it is interrupted, or for as long as `--once` says.
 *
 * @throws {FailedError} with `--once`, when something was found
 * @throws {InterruptedError} when it was interrupted
 */
export async function runMonitor(
  ctx: CliContext,
  names: readonly string[],
  options: MonitorOptions,
): Promise<void> {
  const settings = readMonitorSettings(names, options);
  await new MonitorRun(ctx, names, options, settings).run();
}

type Mode = 'once' | 'json' | 'lines' | 'live';

class MonitorRun {
  readonly #ctx: CliContext;
  readonly #names: readonly string[];
  readonly #options: MonitorOptions;
  readonly #settings: MonitorSettings;
  readonly #mode: Mode;
  #live: LiveTable | undefined;

  constructor(ctx: CliContext, names: readonly string[], options: MonitorOptions, settings: MonitorSettings) {
    this.#ctx = ctx;
    this.#names = names;
    this.#options = options;
    this.#settings = settings;
    this.#mode = modeOf(ctx, options);
  }

  async run(): Promise<void> {
    const { host, clock } = this.#ctx;
    const { interface: wanted, report = false, sapWait } = this.#options;
    await using resources = new AsyncDisposableStack();
    const interrupts = resources.use(new Interrupts(host, () => this.#live?.[Symbol.dispose]()));
    const watcher = resources.use(
      new Watcher({
        clock,
        random: host.random,
        dscp: this.#settings.dscp,
        report,
        cname: 'monitor',
        ...(wanted === undefined ? {} : { interface: wanted }),
        onEvent: (event) => this.#onEvent(event),
        onInterface: ({ message }) => this.#warn(message, 'interface'),
      }),
    );
    await this.#offerMetrics(watcher, resources);
    const opening = Subjects.open(this.#ctx, watcher, this.#names, sapWait, (it) =>
      this.#warn(it, 'warning'),
    );
    resources.use(await opening);
    this.#tellBeginning(watcher);
    const ended = await this.#stay(watcher, interrupts);
    if (ended === 'interrupted') throw new InterruptedError();
  }

  async #stay(watcher: Watcher, interrupts: Interrupts): Promise<'quit' | 'interrupted'> {
    const { onceMs, everyMs } = this.#settings;
    if (this.#mode === 'live') {
      this.#live = new LiveTable(this.#ctx, watcher, interrupts);
      return this.#live.run();
    }
    const closed = Promise.withResolvers<'quit'>();
    this.#ctx.out.onClosed(() => closed.resolve('quit'));
    const interrupted = interrupts.interrupted.then(() => 'interrupted' as const);
    if (onceMs !== undefined) {
      using time = this.#every(onceMs, () => closed.resolve('quit'));
      const ended = await Promise.race([interrupted, closed.promise]);
      time[Symbol.dispose]();
      if (ended === 'quit') this.#report(watcher, onceMs);
      return ended;
    }
    using _snapshots = this.#every(everyMs, () => this.#snapshot(watcher));
    return await Promise.race([interrupted, closed.promise]);
  }

  #every(ms: number, work: () => void): Disposable {
    const { clock } = this.#ctx;
    const timer = clock.timer(() => {
      timer.set(clock.now() + ms);
      work();
    });
    timer.set(clock.now() + ms);
    return { [Symbol.dispose]: () => timer.set(undefined) };
  }

  get #time(): string {
    return this.#ctx.now.toISOString();
  }

  #onEvent(event: Parameters<typeof eventJson>[0]): void {
    if (this.#mode === 'json') this.#ctx.out.ndjson(eventJson(event, this.#time));
    else if (this.#mode === 'lines') this.#ctx.out.fields([eventFields(event, this.#time)]);
  }

  #warn(message: string, type: 'interface' | 'warning'): void {
    if (this.#mode === 'json') this.#ctx.out.ndjson({ type, time: this.#time, message });
    else if (this.#live !== undefined) this.#live.tell(message);
    else this.#ctx.err.warn(message);
  }

  #tellBeginning(watcher: Watcher): void {
    const conferences = watcher.keys.length;
    const sends = this.#options.report === true ? 'RTCP reports are sent' : 'nothing is sent but the joins';
    if (this.#mode === 'json') this.#ctx.out.ndjson({ type: 'watching', time: this.#time, conferences });
    else if (this.#mode !== 'live') {
      const noun = conferences === 1 ? 'conference' : 'conferences';
      this.#ctx.err.note(`Watching ${conferences} ${noun}; ${sends}.`);
    }
  }

  #snapshot(watcher: Watcher): void {
    if (this.#mode !== 'json') return;
    const who = this.#options.matrix === true ? watcher : undefined;
    for (const figures of watcher.figures) {
      const snapshot = conferenceJson(figures, who, this.#ctx.clock.now());
      this.#ctx.out.ndjson({ type: 'snapshot', time: this.#time, ...snapshot });
    }
  }

  async #offerMetrics(watcher: Watcher, resources: AsyncDisposableStack): Promise<void> {
    const { metrics } = this.#settings;
    if (metrics === undefined) return;
    const text = (): string => monitorMetrics(watcher.figures);
    const { url } = resources.use(await listenForMetrics(text, metrics.host, metrics.port));
    if (this.#mode === 'json') this.#ctx.out.ndjson({ type: 'metrics', time: this.#time, url });
    else this.#ctx.err.note(`Figures for Prometheus are at ${url}`);
  }

  /** @throws {FailedError} when there is something as bad as was asked for */
  #report(watcher: Watcher, onceMs: number): void {
    const { out, err } = this.#ctx;
    const { json = false, matrix = false } = this.#options;
    const figures = inOrder(watcher.figures);
    const bad = figures.filter((it) => isBad(it, this.#settings.failOn));
    if (json) {
      const who = matrix ? watcher : undefined;
      out.json({
        ok: bad.length === 0,
        seconds: onceMs / 1000,
        severity: worstSeverity(figures.flatMap(({ severity }) => severity ?? [])) ?? null,
        conferences: figures.map((it) => conferenceJson(it, who, this.#ctx.clock.now())),
      });
    } else this.#print(watcher, figures);
    if (bad.length > 0) {
      throw new FailedError(
        `${bad.length} of ${figures.length} in trouble: ${bad
          .slice(0, 5)
          .map(({ name }) => name)
          .join(', ')}`,
      );
    }
    if (!json) err.note(figures.length === 0 ? 'There was nothing to watch.' : 'All is well.');
  }

  #print(watcher: Watcher, figures: readonly ConferenceFigures[]): void {
    const { out, clock } = this.#ctx;
    out.table(conferenceColumns(clock.wall()), figures);
    if (!out.isTerminal && this.#options.matrix !== true) return;
    const width = out.isTerminal ? out.columns : 100;
    const paint = (style: 'bold' | 'dim' | 'red' | 'yellow', text: string): string => out.style(style, text);
    for (const conference of figures) {
      if (conference.findings.length > 0 && out.isTerminal) {
        out.line();
        for (const line of detailLines(conference, clock.wall(), width, paint)) out.line(line);
      }
      if (this.#options.matrix !== true) continue;
      const media = watcher.watch(conference.key)?.media ?? [];
      const cells = media.flatMap((it) => receptionMatrix(it, clock.now()));
      out.line();
      for (const line of matrixLines(conference.name, cells, width, paint)) out.line(line);
    }
  }
}

function modeOf({ out, host }: CliContext, { once, json = false }: MonitorOptions): Mode {
  if (once !== undefined) return 'once';
  if (json) return 'json';
  return out.isTerminal && host.stdin.isTTY && host.env['TERM'] !== 'dumb' ? 'live' : 'lines';
}

function isBad({ findings }: ConferenceFigures, failOn: Severity): boolean {
  return findings.some(({ severity }) => SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failOn));
}

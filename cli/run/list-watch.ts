import type { Conference, ConferenceQuery, DirectorySet, WatchedIn } from '../../directory/index.ts';
import type { CliContext } from '../context.ts';
import { Interrupts } from '../interrupts.ts';
import { Screen } from '../join/screen.ts';
import { messageOf } from '../output/output.ts';
import { printable, truncate } from '../output/printable.ts';
import { Soon } from '../output/soon.ts';
import { tableLines } from '../output/table.ts';
import { clockText } from '../output/times.ts';
import { conferenceColumns, pipeColumns } from '../view/conference.ts';
import { LiveConferences } from '../view/live-conferences.ts';
import { jsonWithWhere, problemJson, thereText, whereIn, withWhere } from '../view/where.ts';
import { byStartThenName } from './list.ts';

/** "in 5 min" is worded anew this often. */
const REDRAW_MS = 15_000;

interface WatchListOptions {
  readonly long: boolean;
  readonly json: boolean;
}

/** The list for as long as nobody interrupts it: live on a terminal, one event per line in a pipe. */
export async function watchList(
  ctx: CliContext,
  directories: DirectorySet,
  query: ConferenceQuery,
  options: WatchListOptions,
): Promise<void> {
  using interrupts = new Interrupts(ctx.host);
  const ended = new AbortController();
  ctx.out.onClosed(() => ended.abort());
  const signal = AbortSignal.any([interrupts.signal, ended.signal]);
  const events = directories.watch({ ...query, signal });
  try {
    if (options.json) for await (const event of events) ctx.out.ndjson(eventJson(event));
    else if (!ctx.out.isTerminal) await printEvents(ctx, directories, events, options.long);
    else await drawEvents(ctx, directories, events, options.long);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (!signal.aborted) ctx.checkAnswered(directories); // nothing is left to watch
}

function eventJson({ label, event }: WatchedIn<Conference>): object {
  if (event.type === 'ready') return { event: event.type, directory: label, method: event.method };
  if (event.type === 'opened') return { event: event.type, directory: label };
  if (event.type === 'interrupted' || event.type === 'failed') {
    return { event: event.type, ...problemJson(label, event.reason) };
  }
  return { event: event.type, ...jsonWithWhere(event.object, label) };
}

async function printEvents(
  ctx: CliContext,
  directories: DirectorySet,
  events: AsyncIterable<WatchedIn<Conference>>,
  long: boolean,
): Promise<void> {
  for await (const { label, event } of events) {
    const columns = withWhere(pipeColumns(ctx.now, long), whereIn(directories), true);
    if (event.type === 'interrupted') ctx.err.warn(`${printable(label)}: ${messageOf(event.reason)}`);
    else if (event.type === 'opened') ctx.err.note(thereText(label));
    else if (event.type === 'failed') ctx.checkAnswered(directories);
    else if (event.type === 'ready') {
      ctx.out.fields([[event.type, ...columns.slice(1).map(() => ''), label]]);
    } else {
      const { object } = event;
      ctx.out.fields([[event.type, ...columns.map(({ human, plain = human }) => plain(object))]]);
    }
  }
}

async function drawEvents(
  ctx: CliContext,
  directories: DirectorySet,
  events: AsyncIterable<WatchedIn<Conference>>,
  long: boolean,
): Promise<void> {
  const live = new LiveConferences(directories);
  const several = directories.members.length > 1;
  const columnsNow = () => withWhere(conferenceColumns(ctx.now, long), whereIn(directories), several);
  const lines = (width: number, height: number): string[] => {
    const all = live.conferences().sort(byStartThenName(ctx.now));
    // One line each for the header and what is said about it all; the last one stays free.
    const room = Math.max(1, height - 3);
    const shown = all.length > room ? all.slice(0, room - 1) : all;
    const table = all.length === 0 ? ['No conferences.'] : tableLines(columnsNow(), shown, width);
    const [header = '', ...rows] = table;
    const more = all.length - shown.length;
    return [
      ctx.out.style('bold', header),
      ...rows,
      ...(more > 0 ? [`… and ${more} more`] : []),
      ctx.out.style('dim', truncate(`${live.status}   Ctrl-C ends`, width)),
    ];
  };
  const { host } = ctx;
  try {
    using screen = new Screen({ host, terminal: host.stdout, keys: false, onKey: () => {}, draw: lines });
    using _redraw = every(ctx, REDRAW_MS, () => screen.draw());
    using picture = new Soon(ctx.clock, () => screen.draw());
    screen.draw();
    for await (const watched of events) {
      const { label, event } = watched;
      live.take(watched);
      if (event.type === 'interrupted' || event.type === 'failed') {
        screen.tell([`${clockText(ctx.now)} ${printable(label)}: ${printable(messageOf(event.reason))}`]);
      }
      if (event.type === 'opened') screen.tell([`${clockText(ctx.now)} ${thereText(label)}`]);
      picture.ask();
    }
  } finally {
    const left = live.conferences().sort(byStartThenName(ctx.now));
    if (left.length > 0) ctx.out.table(columnsNow(), left); // what was there last stays to be read
  }
}

function every({ clock }: CliContext, ms: number, work: () => void): Disposable {
  const timer = clock.timer(() => {
    work();
    timer.set(clock.now() + ms);
  });
  timer.set(clock.now() + ms);
  return { [Symbol.dispose]: () => timer.set(undefined) };
}

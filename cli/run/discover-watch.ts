import type { Announcement, AnnouncementEvent, Listening } from '../../directory/index.ts';
import type { DiscoverOptions } from '../commands/discover.ts';
import type { CliContext } from '../context.ts';
import { Interrupts } from '../interrupts.ts';
import { Screen } from '../join/screen.ts';
import { printable, truncate } from '../output/printable.ts';
import { Soon } from '../output/soon.ts';
import { tableLines } from '../output/table.ts';
import { clockText } from '../output/times.ts';
import { ANNOUNCEMENT_FIELDS, announcementColumns, announcementJson } from '../view/announcement.ts';
import { byName, heardJson, placesText, remarks } from './discover.ts';

/** "3 s ago" is worded anew this often. */
const REDRAW_MS = 1000;

type Told = AnnouncementEvent | { readonly type: 'known'; readonly announcement: Announcement };

/** What is announced for as long as nobody interrupts it: live on a terminal, one event per line in a pipe. */
export async function watchAnnouncements(
  ctx: CliContext,
  listening: Listening,
  { json, long = false }: DiscoverOptions,
): Promise<void> {
  using interrupts = new Interrupts(ctx.host);
  const closed = Promise.withResolvers<void>();
  ctx.out.onClosed(() => closed.resolve());
  const end = Promise.race([interrupts.interrupted, closed.promise]);
  if (json === true || !ctx.out.isTerminal) await printEvents(ctx, listening, json === true, end);
  else await draw(ctx, listening, long, end);
}

async function printEvents(
  ctx: CliContext,
  listening: Listening,
  json: boolean,
  end: Promise<void>,
): Promise<void> {
  const tell = (told: Told): void => {
    const { type, announcement } = told;
    if (!json) {
      const columns = ANNOUNCEMENT_FIELDS.map(({ human }) => human(announcement));
      return ctx.out.fields([[type, ...columns]]);
    }
    const reason = 'reason' in told && told.reason !== undefined ? { reason: told.reason } : {};
    ctx.out.ndjson({
      event: type,
      time: ctx.now.toISOString(),
      ...reason,
      ...announcementJson(announcement),
    });
  };
  if (json) ctx.out.ndjson({ event: 'listening', time: ctx.now.toISOString(), ...heardJson(listening) });
  else ctx.err.note(`Listening ${placesText(listening)}; Ctrl-C ends it.`);
  for (const announcement of listening.announcements.sort(byName)) tell({ type: 'known', announcement });
  const stop = listening.on(tell);
  await end.finally(stop);
}

const NEWS = {
  appeared: 'appeared',
  changed: 'has changed',
  withdrawn: 'was withdrawn',
  expired: 'is not announced any more',
} as const;

async function draw(ctx: CliContext, listening: Listening, long: boolean, end: Promise<void>): Promise<void> {
  const { designations } = await import('../../directory/index.ts');
  const columnsFor = (all: readonly Announcement[]) => announcementColumns(ctx.now, long, designations(all));
  const lines = (width: number, height: number): string[] => {
    const all = listening.announcements.sort(byName);
    const more = remarks(listening, all).map((text) => truncate(text, width));
    const room = Math.max(1, height - 3 - more.length);
    const shown = all.length > room ? all.slice(0, room - 1) : all;
    const table =
      all.length === 0 ? ['Nothing was announced yet.'] : tableLines(columnsFor(all), shown, width);
    const [header = '', ...rows] = table;
    const count = all.length === 1 ? '1 session' : `${all.length} sessions`;
    const status = `${count}, listening ${placesText(listening)}   Ctrl-C ends`;
    return [
      ctx.out.style('bold', header),
      ...rows,
      ...(all.length > shown.length ? [`… and ${all.length - shown.length} more`] : []),
      ...more,
      ctx.out.style('dim', truncate(status, width)),
    ];
  };
  const { host, clock } = ctx;
  try {
    using screen = new Screen({ host, terminal: host.stdout, keys: false, onKey: () => {}, draw: lines });
    using picture = new Soon(clock, () => screen.draw());
    const timer = clock.timer(() => {
      screen.draw();
      timer.set(clock.now() + REDRAW_MS);
    });
    timer.set(clock.now() + REDRAW_MS);
    const stop = listening.on(({ type, announcement }) => {
      const news = `${printable(announcement.name)} (${announcement.sender}) ${NEWS[type]}`;
      screen.tell([`${clockText(ctx.now)} ${news}`]);
      picture.ask();
    });
    screen.draw();
    await end.finally(() => {
      stop();
      timer.set(undefined);
    });
  } finally {
    const left = listening.announcements.sort(byName);
    if (left.length > 0) ctx.out.table(columnsFor(left), left); // what was there last stays to be read
  }
}

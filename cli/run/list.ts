import type { Conference, ConferenceQuery } from '../../directory/index.ts';
import type { ListOptions } from '../commands/list.ts';
import { parseWait } from '../config-sap.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../errors.ts';
import { whenQuery } from '../input/when.ts';
import { messageOf } from '../output/output.ts';
import { tableWidth } from '../output/table.ts';
import {
  compareNames,
  conferenceColumns,
  conferencePairs,
  pipeColumns,
  withOrigins,
} from '../view/conference.ts';
import { withoutCopies } from '../view/copies.ts';
import { jsonWithWhere, problemJson, type Where, whereIn, withWhere } from '../view/where.ts';

export async function runList(
  ctx: CliContext,
  pattern: string | undefined,
  { filter, scope, long = false, json, ical, ndjson, watch, sapWait, ...when }: ListOptions,
): Promise<void> {
  const { now } = ctx;
  const times = whenQuery(when, now);
  if (filter !== undefined) await checkFilter(filter);
  const heard = sapWait === undefined ? {} : { waitMs: parseWait(sapWait) };
  await using directories = await ctx.openDirectories(undefined, heard);
  const where = whereIn(directories);
  const query: ConferenceQuery = {
    ...(pattern === undefined ? {} : { name: pattern }),
    ...(filter === undefined ? {} : { filter }),
    ...(scope === undefined ? {} : { scope }),
    ...times,
  };
  if (watch === true) {
    const { watchList } = await import('./list-watch.ts');
    await watchList(ctx, directories, query, { long, json: json === true || ndjson === true });
    return;
  }
  if (ndjson === true) {
    for await (const conference of directories.search(query)) {
      if (ctx.out.isClosed) break;
      ctx.out.ndjson(jsonWithWhere(conference, where(conference)));
    }
    for (const { label, error } of directories.problems) ctx.out.ndjson(problemJson(label, error));
    return ctx.checkAnswered(directories);
  }
  const all = await directories.search(query).toArray();
  const found = withoutCopies(all).sort(byStartThenName(now));
  const from = later(now, times.takesPlace?.from);
  const { problems } = directories;
  if (ical === true) {
    ctx.checkAnswered(directories);
    const { calendarOf, eventsOf } = await import('../calendar.ts');
    const events = found.flatMap((conference) => {
      const directory = directories.directoryOf(conference);
      return directory === undefined ? [] : eventsOf({ conference, directory }, now);
    });
    return ctx.out.write(calendarOf(events));
  }
  if (json === true) {
    ctx.out.json([
      ...found.map((it) => jsonWithWhere(it, where(it))),
      ...problems.map(({ label, error }) => problemJson(label, error)),
    ]);
    return ctx.checkAnswered(directories);
  }
  ctx.checkAnswered(directories);
  if (found.length === 0) return ctx.err.note(nothingFound(query));
  if (!ctx.out.isTerminal) return ctx.out.table(withWhere(pipeColumns(now, long, from), where, true), found);
  const several = directories.members.length > 1;
  const columns = withWhere(withOrigins(conferenceColumns(now, long, from), found), where, several);
  if (long && tableWidth(columns, found) > ctx.out.columns) {
    return blocks(ctx, found, several ? where : undefined);
  }
  ctx.out.table(columns, found);
}

/** Everything about each, one below the other: for terminals that a table with everything does not fit on. */
function blocks({ out, now }: CliContext, conferences: readonly Conference[], where?: Where): void {
  for (const [i, conference] of conferences.entries()) {
    if (i > 0) out.line();
    out.pairs(conferencePairs(conference, now, where?.(conference)));
  }
}

/** @throws {UsageError} where RFC 4515 is broken; the parentheses around the whole may be missing */
export async function checkFilter(text: string): Promise<void> {
  const { parseFilter } = await import('../../src/ldap/index.ts');
  try {
    parseFilter(text.startsWith('(') ? text : `(${text})`);
  } catch (error) {
    throw new UsageError(`"${text}" is not an LDAP filter like (description=*x*): ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** What takes place now comes first, then what comes next; what is over stands where it was. */
export function byStartThenName(now: Date): (a: Conference, b: Conference) => number {
  const starts = new Map<Conference, number>();
  const startOf = (conference: Conference): number => {
    const known = starts.get(conference);
    if (known !== undefined) return known;
    const [next = { start: conference.startTime }] = conference.occurrences(now).take(1).toArray();
    const start = next.start?.getTime() ?? 0;
    starts.set(conference, start);
    return start;
  };
  return (a, b) => startOf(a) - startOf(b) || compareNames(a, b);
}

const later = (a: Date, b: Date = a): Date => (a > b ? a : b);

function nothingFound(query: ConferenceQuery): string {
  return Object.keys(query).length === 0
    ? 'No conferences. Create one: rendezvous create NAME'
    : 'No conference fits. All of them: rendezvous list';
}

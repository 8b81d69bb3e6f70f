import type { Conference, ConferenceQuery } from '../../directory/index.ts';
import type { ListOptions } from '../commands/list.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../errors.ts';
import { messageOf } from '../output/output.ts';
import { tableWidth } from '../output/table.ts';
import { compareNames, conferenceColumns, conferencePairs, pipeColumns } from '../view/conference.ts';

export async function runList(
  ctx: CliContext,
  pattern: string | undefined,
  { filter, scope, active, long = false, json, ndjson }: ListOptions,
): Promise<void> {
  await using directory = await ctx.openDirectory();
  const { now } = ctx;
  if (filter !== undefined) await checkFilter(filter);
  const query: ConferenceQuery = {
    ...(pattern === undefined ? {} : { name: pattern }),
    ...(filter === undefined ? {} : { filter }),
    ...(scope === undefined ? {} : { scope }),
    ...(active === true ? { activeAt: now } : {}),
  };
  if (ndjson === true) {
    for await (const conference of directory.search(query)) {
      if (ctx.out.isClosed) break;
      ctx.out.ndjson(conference);
    }
    return;
  }
  const found = (await directory.search(query).toArray()).sort(byStartThenName);
  if (json === true) return ctx.out.json(found);
  if (found.length === 0) return ctx.err.note(nothingFound(query));
  if (!ctx.out.isTerminal) return ctx.out.table(pipeColumns(now, long), found);
  const columns = conferenceColumns(now, long);
  if (long && tableWidth(columns, found) > ctx.out.columns) return blocks(ctx, found);
  ctx.out.table(columns, found);
}

/** Everything about each, one below the other: for terminals that a table with everything does not fit on. */
function blocks({ out, now }: CliContext, conferences: readonly Conference[]): void {
  for (const [i, conference] of conferences.entries()) {
    if (i > 0) out.line();
    out.pairs(conferencePairs(conference, now));
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

function byStartThenName(a: Conference, b: Conference): number {
  const start = (a.startTime?.getTime() ?? 0) - (b.startTime?.getTime() ?? 0);
  return start === 0 ? compareNames(a, b) : start;
}

function nothingFound(query: ConferenceQuery): string {
  return Object.keys(query).length === 0
    ? 'No conferences. Create one: rendezvous create NAME'
    : 'No conference fits. All of them: rendezvous list';
}

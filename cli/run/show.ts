import type { ShowOptions } from '../commands/show.ts';
import { parseWait } from '../config-sap.ts';
import type { CliContext } from '../context.ts';
import { conferenceFields, conferencePairs } from '../view/conference.ts';
import { leaseFields, leaseJson, leaseLines } from '../view/lease.ts';
import { jsonWithWhere } from '../view/where.ts';
import { leasesToShow } from './conference-leases.ts';
import { findConference } from './find.ts';
import { alwaysOpen } from './invite.ts';

export async function runShow(
  ctx: CliContext,
  name: string,
  { sdp, key, sddl, ical, json, ndjson, sapWait }: ShowOptions,
): Promise<void> {
  const heard = sapWait === undefined ? {} : { waitMs: parseWait(sapWait) };
  await using directories = await ctx.openDirectories(undefined, heard);
  const { object: conference, label, directory } = await findConference(ctx, directories, name, heard.waitMs);
  if (key === true) {
    const { keyedDescription } = await import('./media-keys.ts');
    return ctx.out.write(keyedDescription(conference, ctx.now));
  }
  if (sdp === true) return ctx.out.write(conference.blob);
  if (sddl === true) {
    if (conference.acl !== undefined) return ctx.out.line(conference.acl.toSddl());
    return ctx.err.note(`"${conference.name}" does not say who may do what: the directory's rule applies`);
  }
  if (ical === true) {
    const { calendarOf, eventsOf } = await import('../calendar.ts');
    const events = eventsOf({ conference, directory }, ctx.now);
    if (events.length === 0) throw alwaysOpen(conference);
    return ctx.out.write(calendarOf(events));
  }
  const leases = await leasesToShow(ctx, conference);
  const whole = { ...jsonWithWhere(conference, label), leases: leases.map(leaseJson) };
  if (json === true) return ctx.out.json(whole);
  if (ndjson === true) return ctx.out.ndjson(whole);
  if (!ctx.out.isTerminal) {
    return ctx.out.fields([...conferenceFields(conference, ctx.now, label), ...leaseFields(leases)]);
  }
  const several = directories.members.length > 1;
  ctx.out.pairs([
    ...conferencePairs(conference, ctx.now, several ? label : undefined),
    ...leaseLines(leases, ctx.now),
  ]);
}

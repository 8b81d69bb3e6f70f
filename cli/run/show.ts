import type { ShowOptions } from '../commands/show.ts';
import type { CliContext } from '../context.ts';
import { conferenceFields, conferencePairs } from '../view/conference.ts';
import { findConference } from './find.ts';

export async function runShow(
  ctx: CliContext,
  name: string,
  { sdp, sddl, json, ndjson }: ShowOptions,
): Promise<void> {
  await using directory = await ctx.openDirectory();
  const conference = await findConference(directory, name);
  if (sdp === true) return ctx.out.write(conference.blob);
  if (sddl === true) {
    if (conference.acl !== undefined) return ctx.out.line(conference.acl.toSddl());
    return ctx.err.note(`"${conference.name}" does not say who may do what: the directory's rule applies`);
  }
  if (json === true) return ctx.out.json(conference);
  if (ndjson === true) return ctx.out.ndjson(conference);
  if (ctx.out.isTerminal) ctx.out.pairs(conferencePairs(conference, ctx.now));
  else ctx.out.fields(conferenceFields(conference, ctx.now));
}

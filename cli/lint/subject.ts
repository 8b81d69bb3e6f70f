import type { Conference } from '../../directory/index.ts';
import type { SessionDescription } from '../../src/sdp/index.ts';
import type { CliContext } from '../context.ts';
import { parseWait } from '../config-sap.ts';
import { FailedError } from '../errors.ts';
import { described, readGiven } from '../join/description.ts';
import { findConference } from '../run/find.ts';
import { whereIn } from '../view/where.ts';

/** A description to be judged, and where it is from. */
export interface Subject {
  readonly name: string;
  /** Label of the directory; undefined for a file. */
  readonly directory: string | undefined;
  /** The description, or why there is none. */
  readonly description: SessionDescription | string;
  /** SAP group that its announcement was heard on. */
  readonly heardOn: string | undefined;
}

/**
 * What `join` would take: a file, standard input, a conference or an announced session.
 *
 * @param sapWait how long announcements are waited for
 * @throws {NotThereError} when there is no such file or conference
 * @throws {FailedError} when it holds no session description
 */
export async function readSubject(ctx: CliContext, what: string, sapWait?: string): Promise<Subject> {
  const given = await readGiven(ctx, what);
  if (given !== undefined) {
    const { description } = described(given.bytes, given.where, given.from);
    return { name: what, directory: undefined, description, heardOn: undefined };
  }
  const heard = sapWait === undefined ? {} : { waitMs: parseWait(sapWait) };
  await using directories = await ctx.openDirectories(undefined, heard);
  const { object: conference, label } = await findConference(ctx, directories, what, heard.waitMs);
  const { name, sdp, sdpProblem } = conference;
  if (sdp === undefined) {
    throw new FailedError(`"${name}" cannot be judged: ${sdpProblem ?? 'it holds no session description'}`);
  }
  return { name, directory: label, description: sdp, heardOn: heardOn(conference) };
}

/** Every conference of the directories that are looked in, by name. */
export async function allSubjects(ctx: CliContext, sapWait?: string): Promise<Subject[]> {
  const heard = sapWait === undefined ? {} : { waitMs: parseWait(sapWait) };
  await using directories = await ctx.openDirectories(undefined, heard);
  const where = whereIn(directories);
  const found = await directories.search().toArray();
  ctx.checkAnswered(directories);
  return found
    .map((conference) => ({
      name: conference.name,
      directory: where(conference),
      description: conference.sdp ?? conference.sdpProblem ?? 'it holds no session description',
      heardOn: heardOn(conference),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Empty where an announcement was kept from before, and not heard again. */
const heardOn = ({ origin }: Conference): string | undefined => origin?.group || undefined;

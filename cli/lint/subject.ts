import type { SessionDescription } from '../../src/sdp/index.ts';
import type { CliContext } from '../context.ts';
import { findDescription } from '../join/description.ts';
import { whereIn } from '../view/where.ts';

/** A description to be judged, and where it is from. */
export interface Subject {
  readonly name: string;
  /** Label of the directory; undefined for a file, and where the first directory that has it is meant. */
  readonly directory: string | undefined;
  /** The description, or why there is none. */
  readonly description: SessionDescription | string;
}

/**
 * What `join` would take: a file, standard input, or a conference.
 *
 * @throws {NotThereError} when there is no such file or conference
 * @throws {FailedError} when it holds no session description
 */
export async function readSubject(ctx: CliContext, what: string): Promise<Subject> {
  const { description } = await findDescription(ctx, what);
  return { name: what, directory: undefined, description };
}

/** Every conference of the directories that are looked in, by name. */
export async function allSubjects(ctx: CliContext): Promise<Subject[]> {
  await using directories = await ctx.openDirectories();
  const where = whereIn(directories);
  const found = await directories.search().toArray();
  ctx.checkAnswered(directories);
  return found
    .map((conference) => ({
      name: conference.name,
      directory: where(conference),
      description: conference.sdp ?? conference.sdpProblem ?? 'it holds no session description',
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

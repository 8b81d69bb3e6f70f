import type { SessionDescription } from '../../src/sdp/index.ts';
import type { CliContext } from '../context.ts';
import { FailedError } from '../errors.ts';
import { messageOf } from '../output/output.ts';
import { readDescription } from '../input/description.ts';

/** A description to be judged, and where it is from. */
export interface Subject {
  readonly name: string;
  /** Label of the directory; undefined for a file. */
  readonly directory: string | undefined;
  /** The description, or why there is none. */
  readonly description: SessionDescription | string;
}

/**
 * The file, the standard input or the conference that a word of the command line means.
 *
 * @throws {FailedError} when it holds no session description
 * @throws {NotThereError} when it is a name, and there is no such conference
 */
export async function readSubject(ctx: CliContext, what: string): Promise<Subject> {
  const { SessionDescription } = await import('../../src/sdp/index.ts');
  if (await isFile(what)) {
    const description = SessionDescription.parse(await readDescription(ctx, what));
    return { name: what, directory: undefined, description };
  }
  const { findConference } = await import('../run/find.ts');
  await using directories = await ctx.openDirectories();
  const { object: conference, label } = await findConference(ctx, directories, what);
  if (conference.sdp !== undefined) return { name: what, directory: label, description: conference.sdp };
  throw new FailedError(
    `"${conference.name}" has no session description: ${messageOf(conference.sdpProblem ?? 'it is of another kind')}`,
  );
}

/** Every conference of the directories that are looked in. */
export async function* allSubjects(ctx: CliContext): AsyncGenerator<Subject> {
  await using directories = await ctx.openDirectories();
  for await (const { object: conference, label } of directories.searchFound({})) {
    const description = conference.sdp ?? messageOf(conference.sdpProblem ?? 'it is of another kind');
    yield { name: conference.name, directory: label, description };
  }
  ctx.checkAnswered(directories);
}

async function isFile(what: string): Promise<boolean> {
  if (what === '-' || what.endsWith('.sdp')) return true;
  const { stat } = await import('node:fs/promises');
  return stat(what).then(
    (entry) => !entry.isDirectory(),
    () => false,
  );
}

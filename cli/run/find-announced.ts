import type { Conference, Directory, DirectorySet, FoundIn } from '../../directory/index.ts';
import type { CliContext } from '../context.ts';
import { ANNOUNCED, type DirectoryChoice } from '../directories.ts';
import { printable } from '../output/printable.ts';
import { spanText } from '../output/times.ts';

/** What became of a look among announced sessions. */
interface Look {
  readonly found?: FoundIn<Conference>;
  /** What to say when nothing was found, behind the places that were looked in. */
  readonly advice?: string;
}

const CHOICE: DirectoryChoice = { label: ANNOUNCED, target: ANNOUNCED, origin: 'default' };

/**
 * Looks for a name among announced sessions: first those that earlier runs heard; then, when somebody waits for it or asked
 * for it, those that are announced now. Where directories were named and this is none of them, not at all.
 *
 * @param waitMs how long to listen, when that was said
 * @throws {AmbiguousNameError} when several sessions go by the name
 */
export async function lookForAnnounced(
  ctx: CliContext,
  set: DirectorySet,
  name: string,
  waitMs: number | undefined,
): Promise<Look> {
  const { AnnouncedDirectory, DEFAULT_WAIT_MS } = await import('../../directory/index.ts');
  const { sap = {} } = await ctx.config();
  const wait = waitMs ?? sap.waitMs ?? DEFAULT_WAIT_MS;
  const isWaitedFor = waitMs !== undefined || ctx.err.isTerminal;
  const member = set.open.find(({ directory }) => directory instanceof AnnouncedDirectory);
  if (member?.directory instanceof AnnouncedDirectory) {
    const asked = waitMs ?? member.directory.waitMs;
    return await lookIn(ctx, member.label, member.directory, name, asked);
  }
  if (sap.listen === false || (await isLimited(ctx))) return {};
  {
    await using earlier = await ctx.openChoice(CHOICE, undefined, { fromCacheOnly: true });
    const object = await earlier.get(name);
    if (object !== undefined) return { found: foundIn(CHOICE.label, earlier, object) };
  }
  if (!isWaitedFor || wait === 0) return {};
  await using directory = await ctx.openChoice(CHOICE, undefined, { waitMs: wait });
  if (!(directory instanceof AnnouncedDirectory)) return {};
  return await lookIn(ctx, CHOICE.label, directory, name, wait);
}

/** A directory that waits for a name. */
interface Listener extends Directory {
  lookFor(name: string, waitMs: number): Promise<Conference | undefined>;
}

async function lookIn(
  ctx: CliContext,
  label: string,
  directory: Listener,
  name: string,
  waitMs: number,
): Promise<Look> {
  if (waitMs > 0) {
    ctx.err.note(`Listening to announcements for "${printable(name)}", ${spanText(waitMs)} at most …`);
  }
  const object = await directory.lookFor(name, waitMs);
  if (object !== undefined) return { found: foundIn(label, directory, object) };
  const advice = `, and nobody announced it within ${spanText(waitMs)}; announcements may be 5 minutes apart: rendezvous discover --watch`;
  return waitMs > 0 ? { advice } : {};
}

const foundIn = (label: string, directory: Directory, object: Conference): FoundIn<Conference> => ({
  label,
  directory,
  object,
});

/** Whether directories were named: then no other is looked in. */
async function isLimited(ctx: CliContext): Promise<boolean> {
  const { directory = [], dataDir } = ctx.options;
  if (directory.length > 0) return true;
  if (dataDir !== undefined) return false;
  const choices = await ctx.directories();
  const { directory: configured } = await ctx.config();
  return configured !== undefined || choices.some(({ origin }) => origin === 'environment');
}

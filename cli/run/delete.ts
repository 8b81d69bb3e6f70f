import type { Directory, KeptLease, LeaseFile } from '../../directory/index.ts';
import type { CliContext } from '../context.ts';
import { NotThereError } from '../errors.ts';
import { codeOf, EXIT, exitCodeOf } from '../exit-codes.ts';
import { messageOf } from '../output/output.ts';
import { groupsIn, leasesOf, openLeasesIfAny, releaseLeases } from './conference-leases.ts';
import { findToChange, notThere } from './find.ts';

/** Deletes all it can before it tells what it could not. */
export async function runDelete(ctx: CliContext, names: readonly string[]): Promise<void> {
  await using directories = await ctx.openDirectories();
  using leases = await openLeasesIfAny(ctx);
  const missing: string[] = [];
  let refusal: unknown;
  for (const name of names) {
    try {
      const [only] = directories.members.length === 1 ? directories.open : [];
      const { directory, label } = only ?? (await findToChange(ctx, directories, name));
      const leased = leases === undefined ? [] : await leasedFor(leases, directory, name);
      await directory.delete(name);
      ctx.err.note(`Deleted "${name}"${only === undefined ? ` in ${label}` : ''}`);
      if (leases !== undefined) await releaseLeases(ctx, leases, leased);
    } catch (error) {
      if (exitCodeOf(error) === EXIT.notFound) missing.push(name);
      else if (codeOf(error) === 'ERR_DIRECTORY_NOT_PERMITTED') refusal ??= error;
      else throw error;
    }
  }
  if (refusal !== undefined) throw refusal;
  if (missing.length > 0) {
    const reasons = await Promise.all(missing.map((name) => notThere(directories, name)));
    throw new NotThereError(reasons.map(messageOf).join('\n'));
  }
}

/** What is leased for the conference of that name, which is still there. */
async function leasedFor(leases: LeaseFile, directory: Directory, name: string): Promise<KeptLease[]> {
  const conference = await directory.get(name);
  return conference === undefined ? [] : leasesOf(leases, name, groupsIn(conference));
}

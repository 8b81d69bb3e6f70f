import type { CliContext } from '../context.ts';
import { NotThereError } from '../errors.ts';
import { codeOf, EXIT, exitCodeOf } from '../exit-codes.ts';
import { notThere } from './find.ts';

/** Deletes all it can before it tells what it could not. */
export async function runDelete(ctx: CliContext, names: readonly string[]): Promise<void> {
  await using directory = await ctx.openDirectory();
  const missing: string[] = [];
  let refusal: unknown;
  for (const name of names) {
    try {
      await directory.delete(name);
      ctx.err.note(`Deleted "${name}"`);
    } catch (error) {
      if (exitCodeOf(error) === EXIT.notFound) missing.push(name);
      else if (codeOf(error) === 'ERR_DIRECTORY_NOT_PERMITTED') refusal ??= error;
      else throw error;
    }
  }
  if (refusal !== undefined) throw refusal;
  if (missing.length > 0) {
    throw new NotThereError((await Promise.all(missing.map((name) => notThere(directory, name)))).join('\n'));
  }
}

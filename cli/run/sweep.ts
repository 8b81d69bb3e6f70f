import type { Directory } from '../../directory/index.ts';
import type { SweepCommandOptions } from '../commands/sweep.ts';
import { CliContext } from '../context.ts';
import { parseDuration } from '../input/duration.ts';
import { Interrupts } from '../interrupts.ts';
import { messageOf } from '../output/output.ts';

const DEFAULT_GRACE = '60s';

export async function runSweep(
  ctx: CliContext,
  { dryRun = false, every, grace = DEFAULT_GRACE, json = false }: SweepCommandOptions,
): Promise<void> {
  const everyMs = every === undefined ? undefined : parseDuration(every, 's');
  const round = { dryRun, graceSeconds: parseDuration(grace, 's') / 1000, json };
  using interrupts = new Interrupts(ctx.host);
  await using directory = await ctx.openDirectory(interrupts.signal);
  if (everyMs !== undefined) {
    await keepSweeping(ctx, directory, everyMs, round, interrupts.signal);
    return; // awaited: the directory is closed behind it
  }
  const count = await sweepOnce(ctx, directory, { ...round, signal: interrupts.signal });
  ctx.err.note(dryRun ? `${count} to be removed` : `Removed ${count}`);
}

export interface SweepRound {
  readonly dryRun: boolean;
  readonly graceSeconds: number;
  readonly json: boolean;
}

/** @returns how many entries are gone now, or would be */
async function sweepOnce(
  ctx: CliContext,
  directory: Directory,
  { json, ...options }: SweepRound & { readonly signal: AbortSignal },
): Promise<number> {
  let count = 0;
  for await (const { dn, expiredAt, isRemoved } of directory.sweep(options)) {
    if (!isRemoved && !options.dryRun) continue; // its owner was faster
    count++;
    const type = isRemoved ? 'removed' : 'expired';
    if (json) ctx.out.ndjson({ type, dn, expiredAt: expiredAt.toISOString(), directory: directory.url });
    else ctx.out.line(`${type}\t${expiredAt.toISOString()}\t${dn}`);
  }
  return count;
}

const SERVE_EVERY_MS = 60_000;

/**
 * Sweeps directories beside other work, each with the account that the configuration file gives it: the one on the
 * command line is not theirs. One that is down is told, and tried again.
 */
export async function sweepOthers(
  { host, options, err }: CliContext,
  names: readonly string[],
  json: boolean,
  signal: AbortSignal,
): Promise<void> {
  const round = { dryRun: false, graceSeconds: parseDuration(DEFAULT_GRACE, 's') / 1000, json };
  const { color, quiet, verbose, timeout } = options;
  await Promise.all(
    names.map(async (name) => {
      const own = new CliContext(host);
      own.configure({
        color,
        directory: [name],
        ...(quiet === undefined ? {} : { quiet }),
        ...(verbose === undefined ? {} : { verbose }),
        ...(timeout === undefined ? {} : { timeout }),
      });
      while (!signal.aborted) {
        try {
          await using directory = await own.openDirectory(signal);
          await keepSweeping(own, directory, SERVE_EVERY_MS, round, signal);
        } catch (error) {
          if (!signal.aborted) err.warn(`could not sweep ${name}: ${messageOf(error)}`);
          await pause(own, SERVE_EVERY_MS, signal);
        }
      }
    }),
  );
}

/** Until the signal. A round that fails is told, and the next one comes all the same. */
export async function keepSweeping(
  ctx: CliContext,
  directory: Directory,
  everyMs: number,
  round: SweepRound,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const count = await sweepOnce(ctx, directory, { ...round, signal });
      if (count > 0) ctx.err.detail(`Removed ${count} from ${directory.displayName}`);
    } catch (error) {
      if (!signal.aborted) ctx.err.warn(`could not sweep ${directory.displayName}: ${messageOf(error)}`);
    }
    await pause(ctx, everyMs, signal);
  }
}

function pause({ clock }: CliContext, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.timer(() => done());
    const done = (): void => {
      timer.set(undefined);
      signal.removeEventListener('abort', done);
      resolve();
    };
    if (signal.aborted) return done();
    signal.addEventListener('abort', done, { once: true });
    timer.set(clock.now() + ms);
  });
}

import type { Directory } from '../../directory/index.ts';
import type { CliContext } from '../context.ts';
import { FailedError } from '../errors.ts';
import type { Interrupts } from '../interrupts.ts';
import { messageOf } from '../output/output.ts';
import { spanText } from '../output/times.ts';

/** The wall clock is looked at this often: it may be set, and the computer may sleep. */
const LOOK_MS = 30_000;

/**
 * Keeps what was published alive until an interruption or `until`, tells what happens, and removes it at the end. The
 * directory is closed then.
 *
 * @throws {FailedError} when somebody else has the name by now
 */
export async function stayAlive(
  ctx: CliContext,
  directory: Directory,
  interrupts: Interrupts,
  until: Date | null = null,
): Promise<void> {
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => {}); // looked at below, and perhaps too late
  directory.on('refreshed', (name, seconds) => ctx.err.detail(`Refreshed "${name}" for ${seconds} s`));
  directory.on('readded', (name) => ctx.err.note(`"${name}" was gone, and is published again.`));
  directory.on('refreshFailed', (name, reason, ms) => {
    ctx.err.warn(`could not refresh "${name}": ${messageOf(reason)} (again in ${spanText(ms)})`);
  });
  directory.on('disconnected', (reason) => ctx.err.note(messageOf(reason)));
  directory.on('reconnected', (server) => ctx.err.note(`Connected to ${server}.`));
  directory.on('taken', (_, reason) => reject(new FailedError(messageOf(reason), { cause: reason })));
  using ended = untilWall(ctx, until);
  await Promise.race([interrupts.interrupted, ended.promise, lost]);
  await directory.close({ withdraw: true });
}

export function untilWall(
  { clock }: CliContext,
  until: Date | null,
): Disposable & { readonly promise: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (until === null) return;
    const left = until.getTime() - clock.wall();
    if (left <= 0) resolve();
    else timer.set(clock.now() + Math.min(left, LOOK_MS));
  };
  const timer = clock.timer(look);
  look();
  return { promise, [Symbol.dispose]: () => timer.set(undefined) };
}

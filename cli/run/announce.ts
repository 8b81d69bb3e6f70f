import { stat } from 'node:fs/promises';
import type { Conference, DirectorySet } from '../../directory/index.ts';
import type { AnnounceOptions } from '../commands/announce.ts';
import type { CliContext } from '../context.ts';
import { FailedError, UsageError } from '../errors.ts';
import { parseDuration } from '../input/duration.ts';
import { Interrupts } from '../interrupts.ts';
import { readGiven } from '../join/description.ts';
import { messageOf } from '../output/output.ts';
import { Announcing } from './announcing.ts';
import { findConference } from './find.ts';

/** A file is looked at this often. */
const LOOK_MS = 1000;

/**
 * Announces a session until its end, `--for` or an interruption, and withdraws it.
 *
 * @throws {FailedError} when it cannot be announced
 */
export async function runAnnounce(ctx: CliContext, session: string, options: AnnounceOptions): Promise<void> {
  const forMs = options.for === undefined ? undefined : parseDuration(options.for);
  const settings = { ...readSettings(options), json: options.json === true };
  const stamp = await stampOf(session); // before it is read: what is written from then on is a change
  const given = await readGiven(ctx, session);
  using interrupts = new Interrupts(ctx.host, () => {}, ['SIGINT', 'SIGTERM']);
  /** From the beginning of the announcing: what comes before takes its time. */
  const lastMs = (): number | undefined => (forMs === undefined ? undefined : ctx.clock.wall() + forMs);
  if (given !== undefined) {
    await using announcing = await Announcing.begin(ctx, given.bytes, given.where, settings);
    using _follow = given.from === 'file' ? followFile(ctx, given.where, stamp, announcing) : undefined;
    return await announcing.untilEnd(interrupts, lastMs());
  }
  await using directories = await ctx.openDirectories();
  const { object: conference, label } = await findConference(ctx, directories, session);
  checkOwn(conference);
  await using announcing = await Announcing.begin(ctx, conference.blob, `"${conference.name}"`, settings);
  using _follow = followConference(ctx, directories, label, conference, announcing);
  await announcing.untilEnd(interrupts, lastMs());
}

/** @throws {FailedError} for what somebody else announces */
function checkOwn({ name, origin }: Conference): void {
  if (origin === undefined) return;
  throw new FailedError(
    `"${name}" is announced already, by ${origin.source}: announcing it again would make it two`,
  );
}

export interface AnnounceSettings {
  readonly interfaces?: readonly string[];
  readonly groups?: readonly string[];
  readonly ttl?: number;
  readonly intervalMs?: number;
}

/** @throws {UsageError} when an option says what cannot be */
function readSettings({
  interface: interfaces,
  group: groups,
  ttl,
  interval,
}: AnnounceOptions): AnnounceSettings {
  const hops = ttl === undefined ? undefined : Number(ttl);
  if (hops !== undefined && !(Number.isInteger(hops) && hops >= 1 && hops <= 255)) {
    throw new UsageError(`"${ttl}" is no TTL: it is 1 to 255`);
  }
  return {
    ...(interfaces === undefined ? {} : { interfaces }),
    ...(groups === undefined ? {} : { groups }),
    ...(hops === undefined ? {} : { ttl: hops }),
    ...(interval === undefined ? {} : { intervalMs: parseDuration(interval) }),
  };
}

/** Reads the file again when it was written to, or when SIGHUP says so. */
function followFile(
  ctx: CliContext,
  path: string,
  stamp: string | undefined,
  announcing: Announcing,
): Disposable {
  const { clock, host } = ctx;
  let last = stamp;
  let isOver = false;
  const again = async (): Promise<void> => {
    try {
      const given = await readGiven(ctx, path);
      if (given !== undefined && !isOver) announcing.change(given.bytes);
    } catch (error) {
      ctx.err.warn(`${messageOf(error)}; what was announced before stays announced`);
    }
  };
  const look = async (): Promise<void> => {
    const now = (await stampOf(path)) ?? last; // one that is being replaced is gone for a moment
    if (now !== last) await again();
    last = now;
    if (!isOver) timer.set(clock.now() + LOOK_MS);
  };
  const timer = clock.timer(() => void look());
  void look();
  const unsubscribe = host.onSignal('SIGHUP', () => void again());
  return {
    [Symbol.dispose]() {
      isOver = true;
      timer.set(undefined);
      unsubscribe();
    },
  };
}

/** Other when the file was written to; undefined when there is none. */
async function stampOf(path: string): Promise<string | undefined> {
  return stat(path).then(
    ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
    () => undefined,
  );
}

/** Announces a conference as it is changed in its directory, and ends when it is removed there. */
function followConference(
  ctx: CliContext,
  directories: DirectorySet,
  label: string,
  { name, sdp }: Conference,
  announcing: Announcing,
): Disposable {
  const stop = new AbortController();
  const follow = async (): Promise<void> => {
    for await (const { label: where, event } of directories.watch({ name, signal: stop.signal })) {
      if (where !== label || !('object' in event) || event.object.sdp?.key !== sdp?.key) continue;
      if (event.type === 'removed') announcing.end(`"${name}" is not in the directory any more.`);
      else announcing.change(event.object.blob);
    }
  };
  follow().catch((error: unknown) => {
    if (!stop.signal.aborted) ctx.err.warn(`changes of "${name}" are not followed: ${messageOf(error)}`);
  });
  return { [Symbol.dispose]: () => stop.abort(new Error('over')) };
}

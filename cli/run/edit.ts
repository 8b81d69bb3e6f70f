import type { Conference, ConferenceOrigin, Directory } from '../../directory/index.ts';
import { SCOPE_RANGES } from '../../src/ip/index.ts';
import { createSessionDescription, type MediaInit } from '../../src/sdp/index.ts';
import type { EditOptions } from '../commands/edit.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../errors.ts';
import type { GroupSpec } from '../input/group.ts';
import type { MediaSpec } from '../input/media.ts';
import { shellWord } from '../output/shell-word.ts';
import { ConferenceLeases } from './conference-leases.ts';
import { type ConferencePlan, placeMedia, readPlan, warnOfIssues } from './conference-plan.ts';
import { moveMedia, tell, tellOfFlag } from './create.ts';
import { changeKeys } from './media-keys.ts';
import { findToChange } from './find.ts';
import { type LeasedGroups, leaseMissing, mayBeDone, neededSpan } from './lease-plan.ts';
import { type RepeatPlan, seriesOf } from './repeat-plan.ts';
import { carriedSources } from './source-plan.ts';

export async function runEdit(ctx: CliContext, name: string, options: EditOptions): Promise<void> {
  const { json: _json, ...changes } = options;
  if (Object.keys(changes).length === 0) {
    throw new UsageError('Nothing to change. See what can be: rendezvous edit --help');
  }
  const plan = await readPlan(ctx, options);
  plan.times(undefined, ctx.now); // a wrong time is wrong at once
  await using directories = await ctx.openDirectories();
  const { directory, label, object: published } = await findToChange(ctx, directories, name);
  if (published.origin !== undefined) throw await notOurs(published, published.origin);
  const found = { directory, label, published };
  if (options.editor !== true) return await commit(ctx, found, plan, options, plan.sdp);
  const { editBytes } = await import('./editor.ts');
  const draft = await editBytes(ctx, 'description.sdp', published.blob);
  if (draft === undefined) return ctx.err.note('Nothing was changed.');
  try {
    await commit(ctx, found, plan, options, draft.bytes);
  } catch (error) {
    ctx.err.note(
      `Your text is kept. Once it is right: ${ctx.callText('edit', name)} --sdp ${shellWord(draft.path)}`,
    );
    throw error;
  }
  await draft.remove();
}

async function notOurs({ name }: Conference, { source, gateway }: ConferenceOrigin): Promise<Error> {
  const { ReadOnlyError } = await import('../../directory/index.ts');
  return new ReadOnlyError(
    `"${name}" is a copy of what ${source} announces by SAP${gateway === null ? '' : `, kept by gateway ${gateway}`}: it changes when it is changed there`,
  );
}

interface Found {
  readonly directory: Directory;
  readonly label: string;
  readonly published: Conference;
}

/** @param sdp the description to take the place of the published one; undefined to leave that */
async function commit(
  ctx: CliContext,
  { directory, label, published }: Found,
  plan: ConferencePlan,
  options: EditOptions,
  sdp: Uint8Array | undefined,
): Promise<void> {
  const { name } = published;
  let conference = sdp === undefined ? published : published.withDescription(sdp);
  await using leases = await ConferenceLeases.open(ctx, published);
  const timesBefore = timesText(published);
  await using added = await apply(ctx, directory, conference, plan, options);
  await changeKeys(ctx, conference, options);
  warnOfIssues(ctx, conference, options.sdp ?? `"${name}"`);
  tellOfFlag(ctx, conference, options);
  const timesMoved = timesBefore !== timesText(conference);
  if (timesMoved) await leases.renew(conference);
  const keepLeases = (): void => {
    leases.keep();
    added?.keep();
  };
  await directory.modify(conference).catch((error: unknown) => {
    if (mayBeDone(error)) keepLeases();
    throw error;
  });
  keepLeases();
  await leases.settle(conference); // whether it can be renamed or not
  const { rename } = options;
  if (rename !== undefined && rename !== conference.name) {
    // as a published object, so that the directory knows which entry goes away
    conference = (await directory.get(name)) ?? conference;
    conference.name = rename;
    await directory.modify(conference);
    leases.rename(conference);
  }
  await keepAlive(ctx, directory, conference, plan, timesMoved);
  tell(ctx, (await directory.get(conference.name)) ?? conference, label, options.json === true);
  ctx.err.note(`Changed on ${directory.displayName}.`);
}

async function apply(
  ctx: CliContext,
  directory: Directory,
  conference: Conference,
  plan: ConferencePlan,
  options: EditOptions,
): Promise<LeasedGroups | undefined> {
  const { originator, description, url } = options;
  const orNothing = (text: string): string | undefined => (text === '' ? undefined : text);
  if (originator !== undefined) conference.originator = orNothing(originator);
  if (description !== undefined) conference.description = orNothing(description);
  if (url !== undefined) conference.url = orNothing(url);
  if (plan.acl !== undefined) conference.acl = plan.acl;
  if (options.encrypted === false) conference.isEncrypted = false;
  const { sdp } = conference;
  if (plan.repeat !== undefined) await applyRepeat(conference, plan, plan.repeat, ctx.now);
  else applyTimes(ctx, conference, plan, options);
  if (sdp !== undefined && plan.emails !== undefined) sdp.emails = plan.emails;
  if (sdp !== undefined && plan.phones !== undefined) sdp.phones = plan.phones;
  const leased =
    plan.media === undefined
      ? undefined
      : await replaceMedia(ctx, directory, conference, plan.media, plan, options);
  if (plan.media === undefined && plan.groups.length > 0) moveMedia(conference, plan);
  if (plan.scope !== undefined) conference.advertisingScope = plan.scope;
  return leased;
}

const timesText = ({ startTime, stopTime }: Conference): string =>
  `${startTime?.getTime()} ${stopTime?.getTime()}`;

function applyTimes(
  ctx: CliContext,
  conference: Conference,
  plan: ConferencePlan,
  { start, duration }: EditOptions,
): void {
  const times = plan.times({ start: conference.startTime, stop: conference.stopTime }, ctx.now);
  if (times === undefined) return;
  if (conference.repeats && (start !== undefined || duration !== undefined)) {
    throw new UsageError(`"${conference.name}" repeats: say how often from now on with --repeat`);
  }
  conference.setTimes(times.start, times.stop);
}

/** Another series, beginning as the old one did unless times are given; or its first occurrence alone. */
async function applyRepeat(
  conference: Conference,
  plan: ConferencePlan,
  repeat: RepeatPlan,
  now: Date,
): Promise<void> {
  const { clearRepeat, setRepeat } = await import('../../directory/index.ts');
  if (conference.repeats) clearRepeat(conference);
  const before = { start: conference.startTime, stop: conference.stopTime };
  const times = plan.times(before, now);
  if (repeat.rule !== null) setRepeat(conference, seriesOf(repeat, times ?? before));
  else if (times !== undefined) conference.setTimes(times.start, times.stop);
}

/**
 * New media; each keeps group and port of the one in its place, unless it is given others.
 *
 * @returns what was leased for those that have no place to take
 */
async function replaceMedia(
  ctx: CliContext,
  directory: Directory,
  conference: Conference,
  media: readonly MediaSpec[],
  plan: ConferencePlan,
  options: EditOptions,
): Promise<LeasedGroups | undefined> {
  const { sdp } = conference;
  if (sdp === undefined)
    throw new UsageError(`"${conference.name}" has no session description: give one with --sdp`);
  const scope = plan.scope ?? conference.advertisingScope ?? 'site';
  const old = sdp.media.toArray();
  const kept = media.map((_, i): Required<GroupSpec> | undefined => {
    const address = plan.groups[i]?.address ?? old[i]?.groups[0];
    const port = plan.groups[i]?.port ?? old[i]?.port;
    return address === undefined || port === undefined ? undefined : { address, port };
  });
  const unplaced = media.filter((_, i) => kept[i] === undefined);
  await using stack = new AsyncDisposableStack();
  const leased = await leaseMissing(ctx, directory, options, {
    media: unplaced,
    groups: [],
    conference: conference.name,
    scope,
    span: neededSpan(conference, ctx.now),
  });
  if (leased !== undefined) stack.use(leased);
  const groups = leased?.complete([], unplaced.length) ?? [];
  const drawn = await placeMedia(ctx, directory, unplaced, groups, scope, leased?.ttlFor(scope));
  const placed = media.map(({ kind, formats }, i): MediaInit => {
    const { address, port } = kept[i] ?? {};
    if (address === undefined || port === undefined) return drawn.shift() ?? { kind, formats, port: 5004 };
    const ttl = address.includes(':') ? {} : { ttl: old[i]?.ttl ?? SCOPE_RANGES[scope].ttl };
    const attributes = old[i] === undefined ? [] : carriedSources(old[i], address);
    return { kind, formats, port, group: address, ...ttl, attributes };
  });
  const model = createSessionDescription({
    sessionId: '2208988800',
    machineAddress: 'localhost',
    media: placed,
  });
  while (sdp.media.length > 0) sdp.media.remove(sdp.media.length - 1);
  for (const { kind, port, portCount, proto, formats, connection, attributes } of model.media) {
    const medium = sdp.media.add({ kind, port, portCount, proto, formats });
    medium.connection.all = connection.all;
    medium.attributes.list = [...attributes];
  }
  stack.move(); // the caller has to dispose of it from now on
  return leased;
}

/** Lets the entry last as long as the conference, or as long as was asked for. */
async function keepAlive(
  ctx: CliContext,
  directory: Directory,
  conference: Conference,
  { ttlSeconds }: ConferencePlan,
  timesMoved: boolean,
): Promise<void> {
  if (!directory.isDynamic || (ttlSeconds === undefined && !timesMoved)) return;
  const { ttlUntilStop } = await import('../../directory/index.ts');
  await directory.refresh(conference, ttlSeconds ?? ttlUntilStop(conference, ctx.now));
}

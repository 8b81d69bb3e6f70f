import { formatEndpoint } from '../../src/ip/index.ts';
import type { Conference, ConferenceInit, Directory } from '../../directory/index.ts';
import { type AdvertisingScope, SCOPE_RANGES } from '../../src/ip/index.ts';
import type { ConferenceOptions } from '../commands/conference-options.ts';
import type { CreateOptions } from '../commands/create.ts';
import type { CliContext } from '../context.ts';
import { FailedError, UsageError } from '../errors.ts';
import { codeOf } from '../exit-codes.ts';
import type { GroupSpec } from '../input/group.ts';
import { type MediaSpec, parseMedia } from '../input/media.ts';
import { Interrupts } from '../interrupts.ts';
import { shellWord } from '../output/shell-word.ts';
import { momentText } from '../output/times.ts';
import { packageVersion } from '../version.ts';
import { conferencePairs, pipeColumns } from '../view/conference.ts';
import { jsonWithWhere, withWhere } from '../view/where.ts';
import { type ConferencePlan, placeMedia, readPlan, type Times, warnOfIssues } from './conference-plan.ts';
import { type LeasedGroups, leaseMissing, mayBeDone, plannedSpan, tellOfLease } from './lease-plan.ts';
import { encrypt, readSuite } from './media-keys.ts';
import {
  dressed,
  originAddress,
  profileGroups,
  type ProfilePlan,
  readProfile,
  tellOfProfile,
  withProfileMedia,
  withProfilePorts,
} from './profile-plan.ts';
import { seriesOf } from './repeat-plan.ts';
import {
  moveSources,
  readSources,
  type SourcePlan,
  sourceSpecificGroups,
  withSources,
} from './source-plan.ts';
import { stayAlive } from './stay.ts';

const DEFAULT_SCOPE: AdvertisingScope = 'site';

export async function runCreate(ctx: CliContext, name: string, options: CreateOptions): Promise<void> {
  const [asked, { createConference, DEFAULT_SPAN_MS, DEFAULT_TTL_SECONDS, ttlUntilStop }] = await Promise.all(
    [readPlan(ctx, options), import('../../directory/index.ts')],
  );
  const { now } = ctx;
  const sources = readSources(options.source, options.ipv6);
  const profile = readProfile(options);
  const plan = withProfileMedia(asked, profile);
  readSuite(options.encrypted); // what there is none of is wrong at once
  if (sources !== undefined && plan.sdp !== undefined) {
    throw new UsageError('--sdp brings its own a=source-filter lines: leave out --source');
  }
  const times = plan.times(undefined, now); // before anything is opened: a wrong time is wrong at once
  const [keep, announce] = [options.keepAlive === true, options.announce === true];
  using interrupts = keep || announce ? new Interrupts(ctx.host) : undefined;
  // what cannot be is wrong before anything is opened or leased for it
  if (plan.sdp === undefined) {
    const trial = createConference({ name, now, ...textOf(options), ...initialTimes(times) });
    await finish(trial, plan, times, now);
  }
  const { label } = await ctx.firstDirectory();
  await using directory = await ctx.openDirectory();
  const drawn = plan.sdp === undefined ? freshMedia(ctx, plan, sources, options.oneGroup) : undefined;
  const fresh = drawn && { ...drawn, groups: await profileGroups(ctx, directory, drawn, profile) };
  const span = plannedSpan(plan, times, now, DEFAULT_SPAN_MS);
  await using leased =
    fresh && (await leaseMissing(ctx, directory, options, { ...fresh, conference: name, span }));
  const conference = createConference({
    name,
    now,
    ...textOf(options),
    ...(fresh !== undefined
      ? await freshParts(ctx, directory, plan, fresh, leased, profile)
      : { sdp: plan.sdp, ...(plan.scope === undefined ? {} : { scope: plan.scope }) }),
    ...initialTimes(times),
  });
  if (plan.acl !== undefined) conference.acl = plan.acl;
  if (options.encrypted === false) conference.isEncrypted = false;
  await finish(conference, plan, times, now);
  await encrypt(ctx, conference, options.encrypted);
  if (announce && conference.isEncrypted) {
    throw new UsageError(`"${name}" is encrypted, and such are not announced: leave out --announce`);
  }
  tellOfFlag(ctx, conference, options);
  warnOfIssues(ctx, conference, options.sdp === undefined ? `"${name}"` : options.sdp);
  if (profile !== undefined) await tellOfProfile(ctx, profile, conference);
  if (plan.sdp !== undefined) await tellOfDifferences(ctx, directory, conference, plan.sdp);
  if (conference.stopTime !== null && conference.stopTime <= now) {
    ctx.err.warn(`"${name}" is over already: it ended ${momentText(conference.stopTime, now)}`);
  }
  const ownTtl = keep ? DEFAULT_TTL_SECONDS : ttlUntilStop(conference, now);
  directory.autoRefresh = keep;
  await publish(ctx, directory, conference, plan.ttlSeconds ?? ownTtl).catch((error: unknown) => {
    if (mayBeDone(error)) leased?.keep(); // its groups may be in use
    throw error;
  });
  if (!keep) leased?.keep(); // what is kept alive takes its groups along when it is removed
  tell(ctx, conference, label, options.json === true);
  if (leased !== undefined) tellOfLease(ctx, leased.lease, span, keep);
  ctx.err.note(`Published on ${directory.displayName}. Join it: ${ctx.callText('join', name)}`);
  if (interrupts === undefined) return;
  if (keep) ctx.err.note('Kept alive until its end or Ctrl-C.');
  using _renewed = leased?.renewUntil(span.stop);
  const alive = keep ? stayAlive(ctx, directory, interrupts, conference.stopTime) : undefined;
  if (announce) {
    const { announceCreated } = await import('./create-announce.ts');
    await announceCreated(ctx, conference, interrupts, alive);
  }
  await alive;
  if (keep) ctx.err.note(`Removed "${name}" again.`);
}

/** The flag is a word to people; keys and a secure transport are in the description. */
export function tellOfFlag(
  { err }: CliContext,
  { name, describesEncryption }: Conference,
  { encrypted }: ConferenceOptions,
): void {
  if (encrypted === false && describesEncryption) {
    err.note(`note: "${name}" stays encrypted: its description has keys or RTP/SAVP`);
  }
}

/** What whoever gives a description of his own may not expect: another session name, and company on its groups. */
async function tellOfDifferences(
  ctx: CliContext,
  directory: Directory,
  conference: Conference,
  given: Uint8Array,
): Promise<void> {
  const [{ SessionDescription }, { findGroupUsers, groupsOf }] = await Promise.all([
    import('../../src/sdp/index.ts'),
    import('../../directory/index.ts'),
  ]);
  const before = SessionDescription.parse(given).name;
  if (before !== undefined && before !== conference.name) {
    if (conference.sdp?.origin === undefined) {
      throw new FailedError(
        `A description without an o= line can only be published as it is, under its own name: ${shellWord(before)}`,
      );
    }
    ctx.err.note(`note: its session name (s=) was "${before}" and is "${conference.name}" now`);
  }
  for (const { address, port } of groupsOf(conference)) {
    const [user] = await findGroupUsers(directory, address, port);
    if (user !== undefined) ctx.err.warn(`"${user.name}" uses ${formatEndpoint(address, port)} too`);
  }
}

async function publish(
  ctx: CliContext,
  directory: Directory,
  conference: Conference,
  ttlSeconds: number,
): Promise<void> {
  try {
    await directory.add(conference, { ttlSeconds });
  } catch (error) {
    if (codeOf(error) !== 'ERR_DIRECTORY_ALREADY_EXISTS') throw error;
    const { name } = conference;
    throw new FailedError(
      `There is a conference "${name}" on ${directory.displayName} already. Change it: ${ctx.callText('edit', name)}`,
      { cause: error },
    );
  }
}

/** Media of a new description, and the groups that are known for them: of the first ones. */
interface FreshMedia {
  readonly media: readonly MediaSpec[];
  readonly groups: readonly GroupSpec[];
  readonly sources: SourcePlan | undefined;
  readonly scope: AdvertisingScope;
}

function freshMedia(
  ctx: CliContext,
  plan: ConferencePlan,
  sources: SourcePlan | undefined,
  oneGroup = false,
): FreshMedia {
  const { media = [parseMedia('audio')], scope = DEFAULT_SCOPE } = plan;
  const drawn =
    sources === undefined
      ? plan.groups
      : sourceSpecificGroups(sources, plan.groups, oneGroup ? 1 : media.length, scope, ctx.host.random);
  const [first] = drawn;
  const others = oneGroup && first !== undefined ? media.length - drawn.length : 0;
  const same = Array.from({ length: Math.max(0, others) }, () => ({ address: first?.address ?? '' }));
  return { media, groups: [...drawn, ...same], sources, scope };
}

async function freshParts(
  ctx: CliContext,
  directory: Directory,
  plan: ConferencePlan,
  fresh: FreshMedia,
  leased: LeasedGroups | undefined,
  profile: ProfilePlan | undefined,
): Promise<Partial<ConferenceInit>> {
  const { sources, scope } = fresh;
  const complete = leased?.complete(fresh.groups, fresh.media.length) ?? fresh.groups;
  const groups = withProfilePorts(complete, profile);
  const placed = await placeMedia(ctx, directory, fresh.media, groups, scope, leased?.ttlFor(scope));
  const sourced = sources === undefined ? placed : withSources(sources, placed);
  const media = profile === undefined ? sourced : dressed(profile, sourced);
  const [first] = media;
  const machine = profile === undefined ? undefined : await originAddress(first?.group);
  return {
    scope,
    media,
    tool: `Rendezvous ${packageVersion()}`,
    ...(plan.emails === undefined ? {} : { emails: plan.emails }),
    ...(plan.phones === undefined ? {} : { phones: plan.phones }),
    ...(first?.group === undefined ? {} : { group: first.group }),
    ...(machine === undefined ? {} : { machine }),
  };
}

function textOf({ originator, description, url }: ConferenceOptions): Partial<ConferenceInit> {
  return {
    ...(originator === undefined ? {} : { originator }),
    ...(description === undefined || description === '' ? {} : { description }),
    ...(url === undefined || url === '' ? {} : { url }),
  };
}

function initialTimes(times: Times | undefined): Partial<ConferenceInit> {
  if (times?.start === undefined) return {};
  return { startTime: times.start, stopTime: times.stop };
}

/** What `createConference` cannot be told. */
async function finish(
  conference: Conference,
  plan: ConferencePlan,
  times: Times | undefined,
  now: Date,
): Promise<void> {
  const { sdp } = conference;
  if (sdp === undefined) return;
  const version = sdp.sessionVersion;
  if (times !== undefined && times.start === undefined) conference.setTimes(undefined, times.stop);
  if (plan.repeat !== undefined && plan.repeat.rule !== null) {
    const first = times ?? { start: conference.startTime ?? now, stop: conference.stopTime };
    const { setRepeat } = await import('../../directory/index.ts');
    setRepeat(conference, seriesOf(plan.repeat, first));
  }
  if (plan.sdp !== undefined) {
    if (plan.emails !== undefined) sdp.emails = plan.emails;
    if (plan.phones !== undefined) sdp.phones = plan.phones;
    if (plan.groups.length > 0) moveMedia(conference, plan);
    return;
  }
  if (version !== undefined) sdp.sessionVersion = version; // a new description is not a changed one
}

/**
 * Gives media other groups and ports, in their order.
 *
 * @throws {UsageError} when there are more groups than media
 */
export function moveMedia(
  { name, sdp }: Conference,
  { groups, scope = DEFAULT_SCOPE }: ConferencePlan,
): void {
  const media = sdp?.media.toArray() ?? [];
  if (sdp === undefined || groups.length > media.length) {
    throw new UsageError(`There are ${groups.length} groups for the ${media.length} media of "${name}"`);
  }
  for (const [i, { address, port }] of groups.entries()) {
    const medium = media[i];
    if (medium === undefined) continue;
    const ttl = address.includes(':') ? undefined : (medium.ttl ?? SCOPE_RANGES[scope].ttl);
    const hasOwn = medium.connection.field !== undefined;
    // the only medium and the session name the same group: readers that look at one of them shall not be misled
    moveSources(medium, medium.effectiveConnection?.address, address);
    const isAlone = media.length === 1 && sdp.connection.address === medium.effectiveConnection?.address;
    if (isAlone) sdp.connection.setAddress(address, { ttl });
    if (hasOwn || !isAlone) medium.connection.setAddress(address, { ttl });
    if (port !== undefined) medium.setPorts(port, medium.portCount);
  }
}

/** The conference on standard output: JSON, a line of fields in a pipe, or what `show` says. */
export function tell(ctx: CliContext, conference: Conference, directory: string, json: boolean): void {
  if (json) ctx.out.json(jsonWithWhere(conference, directory));
  else if (ctx.out.isTerminal) ctx.out.pairs(conferencePairs(conference, ctx.now));
  else
    ctx.out.table(
      withWhere(pipeColumns(ctx.now, false), () => directory, true),
      [conference],
    );
}

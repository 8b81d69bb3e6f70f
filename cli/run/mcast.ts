import type { KeptLease, Lease, LeaseFile, McastScope, MulticastAllocator } from '../../directory/index.ts';
import { ADVERTISING_SCOPES, type IpFamily } from '../../src/ip/index.ts';
import type {
  LeaseTimes,
  McastLeasesOptions,
  McastRenewOptions,
  McastRequestOptions,
  McastScopesOptions,
  McastSource,
} from '../commands/mcast.ts';
import type { CliContext } from '../context.ts';
import { NotThereError, UsageError } from '../errors.ts';
import { parseDuration } from '../input/duration.ts';
import { parseStop, parseTime } from '../input/time.ts';
import { messageOf } from '../output/output.ts';
import { grantedColumns, grantedJson, grantedPipeColumns } from '../view/granted-lease.ts';
import {
  leaseColumns,
  leaseEnd,
  leaseJson,
  leasePairs,
  leasePipeColumns,
  SCOPE_COLUMNS,
  scopeJson,
} from '../view/lease.ts';
import { allocatorOf } from './conference-leases.ts';
import {
  type AllocationChoice,
  callWitnesses,
  chosenAllocation,
  grantedLeases,
  openAllocation,
  openLeases,
} from './allocation.ts';

const familyOf = ({ ipv6 }: McastSource): IpFamily => (ipv6 === true ? 6 : 4);

/** Who asks for addresses wants them from a server, unless something else was said. */
async function sourceOf(ctx: CliContext, asked: McastSource): Promise<AllocationChoice> {
  const chosen = await chosenAllocation(ctx, asked);
  return chosen ?? { method: 'madcap', server: undefined, interface: asked.interface };
}

export async function runMcastScopes(ctx: CliContext, options: McastScopesOptions): Promise<void> {
  const { json, language } = options;
  const choice = await sourceOf(ctx, options);
  using leases = await openLeases(ctx);
  const family = familyOf(options);
  await using allocator = await openAllocation(ctx, choice, { leases, family });
  const query = language === undefined ? {} : { language };
  const all = await allocator.scopes(query).toArray();
  const scopes = all.filter((scope) => scope.family === family);
  if (json === true) return ctx.out.json(scopes.map(scopeJson));
  if (scopes.length === 0) return ctx.err.note('No scope is offered.');
  ctx.out.table(SCOPE_COLUMNS, scopes);
}

export async function runMcastRequest(ctx: CliContext, options: McastRequestOptions): Promise<void> {
  const count = readCount(options.count, '--count') ?? 1;
  const minimumCount = readCount(options.atLeast, '--at-least') ?? count;
  const { now } = ctx;
  const { start = now, stop } = readTimes(options, now);
  const choice = await sourceOf(ctx, options);
  using leases = await openLeases(ctx);
  await using set = choice.method === 'local' ? await ctx.openDirectories() : undefined;
  await using witnesses = set && (await callWitnesses(ctx, choice, set));
  const family = familyOf(options);
  await using allocator = await openAllocation(ctx, choice, {
    leases,
    family,
    ...(witnesses === undefined ? {} : { userOf: witnesses.userOf }),
  });
  const scope = await chooseScope(allocator, options.scope, family);
  const lease = await allocator.request({
    scope,
    count,
    minimumCount,
    start,
    ...(stop === undefined || stop === null ? {} : { stop }),
  });
  tell(ctx, leases, lease, options.json === true);
  if (lease.addresses.length < count) {
    ctx.err.warn(`${lease.addresses.length} of ${count} addresses were granted`);
  }
  if (stop !== undefined && stop !== null) tellOfEnd(ctx, lease, stop);
  ctx.err.note(`Give it back: ${ctx.callText('mcast release', lease.id)}`);
}

export async function runMcastRenew(ctx: CliContext, id: string, options: McastRenewOptions): Promise<void> {
  using leases = await openLeases(ctx);
  const { lease } = findLease(leases, id);
  const begun = lease.start <= ctx.now;
  const { start, stop } = readTimes(options, ctx.now, begun ? undefined : lease.start);
  const wanted = lease.withTimes(start ?? lease.start, stop ?? null);
  await using allocator = await allocatorOf(ctx, leases, lease);
  const renewed = await allocator.renew(wanted);
  tell(ctx, leases, renewed, options.json === true);
  if (stop !== undefined && stop !== null) tellOfEnd(ctx, renewed, stop);
}

/** Releases all it can before it tells what it could not. */
export async function runMcastRelease(
  ctx: CliContext,
  ids: readonly string[],
  forget: boolean,
): Promise<void> {
  using leases = await openLeases(ctx);
  let trouble: unknown;
  for (const id of ids) {
    try {
      await release(ctx, leases, findLease(leases, id).lease, forget);
    } catch (error) {
      if (trouble !== undefined) ctx.err.failure(trouble);
      trouble = error;
    }
  }
  if (trouble !== undefined) throw trouble;
}

async function release(ctx: CliContext, leases: LeaseFile, lease: Lease, forget: boolean): Promise<void> {
  const what = `${lease.addresses.join(', ')} (lease ${lease.id})`;
  try {
    await using allocator = await allocatorOf(ctx, leases, lease);
    await allocator.release(lease);
    ctx.err.note(`Released ${what}`);
  } catch (error) {
    if (!forget) throw error;
    leases.remove(lease.id);
    ctx.err.warn(`forgot ${what}, though its server does not know: ${messageOf(error)}`);
  }
}

export async function runMcastLeases(
  ctx: CliContext,
  { json = false, granted = false }: McastLeasesOptions,
): Promise<void> {
  if (granted) return await listGranted(ctx, json);
  using leases = await openLeases(ctx);
  leases.dropEnded(ctx.now);
  const all = leases.all();
  if (json) return ctx.out.json(all.map(leaseJson));
  if (all.length === 0) return ctx.err.note('No leases. Get one: rendezvous mcast request');
  ctx.out.table(ctx.out.isTerminal ? leaseColumns(ctx.now) : leasePipeColumns(ctx.now), all);
}

/** What the server of this computer has leased to others. */
async function listGranted(ctx: CliContext, json: boolean): Promise<void> {
  const all = await grantedLeases(ctx);
  if (json) return ctx.out.json(all.map(grantedJson));
  if (all.length === 0) return ctx.err.note('The MADCAP server of this computer has granted nothing.');
  ctx.out.table(ctx.out.isTerminal ? grantedColumns(ctx.now) : grantedPipeColumns(ctx.now), all);
}

async function chooseScope(
  allocator: MulticastAllocator,
  wanted: string | undefined,
  family: IpFamily,
): Promise<McastScope> {
  const { scopeForAdvertising, scopeNamed } = await import('../../directory/index.ts');
  const scopes = (await allocator.scopes().toArray()).filter((scope) => scope.family === family);
  const advertising = ADVERTISING_SCOPES.find((it) => it === wanted);
  if (advertising !== undefined) return scopeForAdvertising(scopes, advertising, family);
  if (wanted !== undefined) return scopeNamed(scopes, wanted);
  const [only] = scopes;
  return only !== undefined && scopes.length === 1 ? only : scopeForAdvertising(scopes, 'site', family);
}

/** The one lease whose id begins so. */
function findLease(leases: LeaseFile, id: string): KeptLease {
  const digits = id.trim().toLowerCase();
  const found = /^[0-9a-f]+$/.test(digits) ? leases.beginningWith(digits) : [];
  const [first, ...others] = found;
  if (first === undefined) {
    throw new NotThereError(`There is no lease "${id}" here. See those there are: rendezvous mcast leases`);
  }
  if (others.length === 0 || first.lease.id === digits) return first;
  throw new UsageError(`${found.length} leases begin with "${id}": give more of the id`);
}

function readTimes(
  { start, stop, duration }: LeaseTimes,
  now: Date,
  before?: Date,
): { readonly start: Date | undefined; readonly stop: Date | null | undefined } {
  const begin = start === undefined ? before : parseTime(start, now);
  const from = begin !== undefined && begin > now ? begin : now;
  if (stop !== undefined) return { start: begin, stop: parseStop(stop, now, from) };
  if (duration === undefined) return { start: begin, stop: undefined };
  return { start: begin, stop: new Date(from.getTime() + parseDuration(duration)) };
}

function readCount(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 65_535) return count;
  throw new UsageError(`${option} is 1 to 65535, not "${text}"`);
}

function tell(ctx: CliContext, leases: LeaseFile, lease: Lease, json: boolean): void {
  const kept = leases.get(lease.id) ?? { lease, conference: undefined };
  if (json) ctx.out.json(leaseJson(kept));
  else if (ctx.out.isTerminal) ctx.out.pairs(leasePairs(kept, ctx.now));
  else ctx.out.table(leasePipeColumns(ctx.now), [kept]);
}

/** Servers may grant less than was asked for. */
export function tellOfEnd(ctx: CliContext, lease: Lease, wanted: Date): void {
  const { stop } = lease;
  if (stop === null || stop.getTime() >= wanted.getTime() - 1000) return;
  ctx.err.warn(
    `the lease was granted only ${leaseEnd(lease, ctx.now)}; renew it: ${ctx.callText('mcast renew', lease.id)}`,
  );
}

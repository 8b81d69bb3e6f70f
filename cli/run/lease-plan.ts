import type {
  Conference,
  Directory,
  Lease,
  LeaseFile,
  LeaseRequest,
  MulticastAllocator,
} from '../../directory/index.ts';
import { type AdvertisingScope, type IpFamily, SCOPE_RANGES } from '../../src/ip/index.ts';
import type { AllocationOptions } from '../commands/allocation-options.ts';
import type { CliContext } from '../context.ts';
import { asksNobody } from '../directories.ts';
import type { GroupSpec } from '../input/group.ts';
import { codeOf } from '../exit-codes.ts';
import { messageOf } from '../output/output.ts';
import { momentText } from '../output/times.ts';
import {
  type AllocationAsked,
  type AllocationChoice,
  callWitnesses,
  chosenAllocation,
  openAllocation,
  openLeases,
} from './allocation.ts';
import type { ConferencePlan, Times } from './conference-plan.ts';
import { serverFound } from './find-server.ts';

/** When the addresses of a conference are needed; null for without end. */
export interface LeaseSpan {
  readonly start: Date;
  readonly stop: Date | null;
}

export interface LeaseWish {
  /** Name of the conference. */
  readonly conference: string;
  /** How many addresses. */
  readonly count: number;
  readonly family: IpFamily;
  readonly scope: AdvertisingScope;
  readonly span: LeaseSpan;
}

/** A lease that is renewed while its conference is kept alive is so when half of it is over, or at the latest now and then. */
const MOST_UNTIL_RENEWAL_MS = 3_600_000;
const LEAST_UNTIL_RENEWAL_MS = 10_000;

/**
 * Addresses for a conference that is about to be published. Disposed of before {@link keep} they are given back: whatever
 * goes wrong in between leaves nothing behind.
 */
export class LeasedGroups implements AsyncDisposable {
  readonly #ctx: CliContext;
  readonly #allocator: MulticastAllocator;
  readonly #leases: LeaseFile;
  #lease: Lease;
  #isKept = false;

  constructor(ctx: CliContext, leases: LeaseFile, allocator: MulticastAllocator, lease: Lease) {
    this.#ctx = ctx;
    this.#leases = leases;
    this.#allocator = allocator;
    this.#lease = lease;
  }

  get lease(): Lease {
    return this.#lease;
  }

  /** What a group is sent to with: no more than the lease and the scope allow. */
  ttlFor(scope: AdvertisingScope): number {
    return Math.min(this.#lease.ttl, SCOPE_RANGES[scope].ttl);
  }

  /** The groups that were given, and the leased ones for the media behind; the last of them for all that are left. */
  complete(given: readonly GroupSpec[], media: number): GroupSpec[] {
    const { addresses } = this.#lease;
    const leased = Array.from({ length: Math.max(0, media - given.length) }, (_, i) => {
      const address = addresses[Math.min(i, addresses.length - 1)] ?? '';
      return { address };
    });
    return [...given, ...leased];
  }

  /** They are in use now. */
  keep(): void {
    this.#isKept = true;
  }

  /**
   * Renews the lease each time that half of it is over, until it lasts as long as it is needed or this is disposed of.
   *
   * @param until null for without end
   */
  renewUntil(until: Date | null): Disposable {
    const { clock, err } = this.#ctx;
    const isEnough = (): boolean => {
      const { stop } = this.#lease;
      return stop === null || (until !== null && stop.getTime() >= until.getTime() - 1000);
    };
    const renew = async (): Promise<void> => {
      try {
        this.#lease = await this.#allocator.renew(this.#lease.withTimes(this.#lease.start, until));
        err.detail(`Renewed the lease of ${this.#lease.addresses.join(', ')}`);
      } catch (error) {
        err.warn(
          `the lease of ${this.#lease.addresses.join(', ')} could not be renewed: ${messageOf(error)}`,
        );
      }
      if (!isOver) schedule();
    };
    const timer = clock.timer(() => void renew());
    const schedule = (): void => {
      const { stop } = this.#lease;
      if (stop === null || isEnough()) return;
      const half = (stop.getTime() - clock.wall()) / 2;
      timer.set(clock.now() + Math.max(LEAST_UNTIL_RENEWAL_MS, Math.min(half, MOST_UNTIL_RENEWAL_MS)));
    };
    let isOver = false;
    schedule();
    return {
      [Symbol.dispose]: () => {
        isOver = true;
        timer.set(undefined);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.#isKept)
        await releaseOrSay(this.#ctx, this.#lease, () => this.#allocator.release(this.#lease));
    } finally {
      await this.#allocator[Symbol.asyncDispose]();
      this.#leases[Symbol.dispose]();
    }
  }
}

/**
 * Leases addresses where that was said: on the command line, in the configuration; else, when the directory on this
 * computer is used alone, they are drawn here; else from a server that is found.
 *
 * @throws {UsageError} when nobody said where they come from, others share the directory, and no server is found (DEF-14)
 * @throws {AllocationError} when the server refuses or does not answer: nothing is drawn instead (MAA-07)
 */
export async function leaseGroups(
  ctx: CliContext,
  directory: Directory,
  asked: AllocationAsked,
  wish: LeaseWish,
): Promise<LeasedGroups> {
  const choice = (await chosenAllocation(ctx, asked)) ?? (await unsaid(ctx, wish.family));
  const { scopeForAdvertising } = await import('../../directory/index.ts');
  const { conference, count, family, scope, span } = wish;
  const leases = await openLeases(ctx);
  let allocator: MulticastAllocator | undefined;
  try {
    await using witnesses = await callWitnesses(ctx, choice, directory);
    allocator = await openAllocation(ctx, choice, {
      leases,
      family,
      conference,
      ...(witnesses === undefined ? {} : { userOf: witnesses.userOf }),
    });
    const scopes = await allocator.scopes().toArray();
    const request: LeaseRequest = {
      scope: scopeForAdvertising(scopes, scope, family),
      count,
      start: span.start,
      ...(span.stop === null ? {} : { stop: span.stop }),
    };
    const lease = await allocator.request(request);
    return new LeasedGroups(ctx, leases, allocator, lease);
  } catch (error) {
    await allocator?.[Symbol.asyncDispose]();
    leases[Symbol.dispose]();
    throw error;
  }
}

/** What leaves groups open: media, and groups of the first of them. */
export interface OpenMedia extends Pick<LeaseWish, 'conference' | 'scope' | 'span'> {
  readonly media: readonly unknown[];
  readonly groups: readonly GroupSpec[];
}

/** Leases for the media of a conference that have no group yet; undefined when none is missing. */
export async function leaseMissing(
  ctx: CliContext,
  directory: Directory,
  options: AllocationOptions & { readonly ipv6?: boolean; readonly oneGroup?: boolean },
  { conference, scope, span, media, groups }: OpenMedia,
): Promise<LeasedGroups | undefined> {
  const missing = media.length - groups.length;
  if (missing <= 0) return undefined;
  const isIpv6 = options.ipv6 ?? groups[0]?.address.includes(':') ?? false;
  const count = options.oneGroup === true ? 1 : missing;
  const asked = { local: options.local, server: options.madcap };
  return await leaseGroups(ctx, directory, asked, { conference, count, family: isIpv6 ? 6 : 4, scope, span });
}

/** With nothing said: this computer alone may draw for itself; where others share the directory a server is looked for. */
async function unsaid(ctx: CliContext, family: IpFamily): Promise<AllocationChoice> {
  const directories = await ctx.directories();
  if (directories.every(({ target }) => asksNobody(target))) return { method: 'local' };
  return await serverFound(ctx, family);
}

/** From when to when a conference that is planned so needs its addresses: all occurrences of a series. */
export function plannedSpan(
  { repeat }: ConferencePlan,
  times: Times | undefined,
  now: Date,
  spanMs: number,
): LeaseSpan {
  const { start = now, stop } = times ?? { start: now, stop: new Date(now.getTime() + spanMs) };
  if (repeat === undefined || repeat.rule === null) return { start, stop };
  return { start, stop: repeat.until };
}

/** The same of one that there is. */
export function neededSpan({ startTime, stopTime }: Conference, now: Date): LeaseSpan {
  return { start: startTime ?? now, stop: stopTime };
}

/** A lease that ends before the conference does is said, with what keeps it. */
export function tellOfLease(ctx: CliContext, lease: Lease, span: LeaseSpan, isKeptAlive: boolean): void {
  const { stop, id } = lease;
  if (stop === null || isKeptAlive) return;
  if (span.stop !== null && stop.getTime() >= span.stop.getTime() - 1000) return;
  const groups = lease.addresses.length > 1 ? 'groups are' : 'group is';
  ctx.err.warn(
    `its ${groups} leased only until ${momentText(stop, ctx.now)}. Before that: ${ctx.callText('mcast renew', id)}`,
  );
}

/** Whether a change that failed may have been made: its answer was lost. Nothing is undone then. */
export function mayBeDone(error: unknown): boolean {
  return error instanceof Error && 'outcomeUnknown' in error && error.outcomeUnknown === true;
}

/** Gives a lease back, or says that it could not be, and how it can. */
export async function releaseOrSay(
  ctx: CliContext,
  { id, addresses }: Lease,
  release: () => Promise<void>,
): Promise<void> {
  const what = addresses.join(', ');
  try {
    await release();
    ctx.err.detail(`Released ${what}`);
  } catch (error) {
    const why = messageOf(error);
    if (codeOf(error) === 'ERR_ALLOCATION_UNKNOWN_LEASE') {
      ctx.err.detail(`${what} had not to be given back: ${why}`); // and is not kept here any longer
      return;
    }
    ctx.err.warn(`${what} could not be given back: ${why}. Try again: ${ctx.callText('mcast release', id)}`);
  }
}

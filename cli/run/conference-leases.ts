import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Conference, KeptLease, Lease, LeaseFile, MulticastAllocator } from '../../directory/index.ts';
import { formatEndpoint } from '../../src/ip/index.ts';
import { MADCAP_PORT } from '../../src/madcap/index.ts';
import type { CliContext } from '../context.ts';
import { codeOf } from '../exit-codes.ts';
import { messageOf } from '../output/output.ts';
import { openAllocation } from './allocation.ts';
import { neededSpan, releaseOrSay, tellOfLease } from './lease-plan.ts';

/** The leases of this user, when there have ever been any. A damaged file is said and does without: it stops no conference. */
export async function openLeasesIfAny(ctx: CliContext): Promise<LeaseFile | undefined> {
  const [{ LEASE_FILE, LeaseFile: File }, folder] = await Promise.all([
    import('../../directory/index.ts'),
    ctx.requireDataDir(),
  ]);
  const path = join(folder, LEASE_FILE);
  if (!existsSync(path)) return undefined;
  try {
    return new File(path);
  } catch (error) {
    if (codeOf(error) !== 'ERR_DATABASE_FILE') throw error;
    ctx.err.warn(messageOf(error));
    return undefined;
  }
}

/** Groups that the media of a conference have. */
export function groupsIn({ sdp }: Conference): string[] {
  const all = (sdp?.media.toArray() ?? []).flatMap(({ groups }) => groups);
  return [...new Set(all)];
}

/** The leases of a conference, to be shown. */
export async function leasesToShow(ctx: CliContext, conference: Conference): Promise<KeptLease[]> {
  using leases = await openLeasesIfAny(ctx);
  return leases === undefined ? [] : leasesOf(leases, conference.name, groupsIn(conference));
}

/** Leases that this user has for a conference of that name, and whose addresses it has. */
export function leasesOf(leases: LeaseFile, name: string, groups: readonly string[]): KeptLease[] {
  const lower = name.toLowerCase();
  return leases.withAddresses(groups).filter(({ conference }) => conference?.toLowerCase() === lower);
}

/** Gives back what is leased for a conference that is gone, or for groups that it no longer has. */
export async function releaseLeases(
  ctx: CliContext,
  leases: LeaseFile,
  kept: readonly KeptLease[],
): Promise<void> {
  for (const { lease } of kept) {
    await releaseOrSay(ctx, lease, async () => {
      await using allocator = await allocatorOf(ctx, leases, lease);
      await allocator.release(lease);
    });
  }
}

/** The allocator that a lease is from, by the way to the server that granted it. */
export async function allocatorOf(
  ctx: CliContext,
  leases: LeaseFile,
  { method, family, server, serverPort = MADCAP_PORT }: Lease,
): Promise<MulticastAllocator> {
  const from = server === undefined ? undefined : formatEndpoint(server, serverPort);
  const choice = method === 'local' ? { method } : { method, server: from, interface: undefined };
  return await openAllocation(ctx, choice, { leases, family });
}

/**
 * The leases of a conference that is being changed. What was renewed is set back when this is disposed of before
 * {@link keep}: the conference and its addresses last equally long, whatever goes wrong.
 */
export class ConferenceLeases implements AsyncDisposable {
  readonly #ctx: CliContext;
  readonly #name: string;
  readonly #kept: readonly KeptLease[];
  #file: LeaseFile | undefined;
  readonly #renewed: Lease[] = [];

  private constructor(
    ctx: CliContext,
    name: string,
    file: LeaseFile | undefined,
    kept: readonly KeptLease[],
  ) {
    this.#ctx = ctx;
    this.#name = name;
    this.#file = file;
    this.#kept = kept;
  }

  /** @param conference before it is changed */
  static async open(ctx: CliContext, conference: Conference): Promise<ConferenceLeases> {
    const { name } = conference;
    const file = await openLeasesIfAny(ctx);
    const kept = file === undefined ? [] : leasesOf(file, name, groupsIn(conference));
    return new ConferenceLeases(ctx, name, file, kept);
  }

  /**
   * Renews what is leased for a conference that has other times now.
   *
   * @throws {AllocationError} when it is refused, or no server answers: nothing has changed
   */
  async renew(conference: Conference): Promise<void> {
    const { start, stop } = neededSpan(conference, this.#ctx.now);
    const groups = groupsIn(conference);
    for (const { lease } of this.#kept) {
      if (this.#file === undefined || !isUsed(lease, groups)) continue;
      await using allocator = await allocatorOf(this.#ctx, this.#file, lease);
      const begin = lease.start <= this.#ctx.now && start <= this.#ctx.now ? lease.start : start;
      const renewed = await allocator.renew(lease.withTimes(begin, stop)).catch((error: unknown) => {
        const forget = this.#ctx.callText('mcast release --forget', lease.id);
        this.#ctx.err.note(`Nothing was changed. To go on without the lease, drop it first: ${forget}`);
        throw error;
      });
      this.#renewed.push(lease);
      tellOfLease(this.#ctx, renewed, { start, stop }, false);
    }
  }

  /** The conference has the new times too. */
  keep(): void {
    this.#renewed.length = 0;
  }

  /** Gives back what the conference no longer has. @param conference as it is now */
  async settle(conference: Conference): Promise<void> {
    const groups = groupsIn(conference);
    this.#file ??= await openLeasesIfAny(this.#ctx);
    if (this.#file === undefined) return;
    const unused = this.#kept.filter(({ lease }) => !isUsed(lease, groups));
    await releaseLeases(this.#ctx, this.#file, unused);
  }

  /** Calls the leases by the new name of the conference. @param conference as it is now */
  rename(conference: Conference): void {
    for (const { lease } of this.#file === undefined
      ? []
      : leasesOf(this.#file, this.#name, groupsIn(conference))) {
      this.#file?.keep({ lease, conference: conference.name }, this.#ctx.now);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const lease of this.#renewed.splice(0)) await this.#restore(lease);
    this.#file?.[Symbol.dispose]();
  }

  async #restore(lease: Lease): Promise<void> {
    if (this.#file === undefined) return;
    try {
      await using allocator = await allocatorOf(this.#ctx, this.#file, lease);
      await allocator.renew(lease);
    } catch (error) {
      this.#ctx.err.warn(
        `the lease of ${lease.addresses.join(', ')} could not be set back to its old times: ${messageOf(error)}`,
      );
    }
  }
}

const isUsed = ({ addresses }: Lease, groups: readonly string[]): boolean =>
  addresses.some((address) => groups.includes(address));

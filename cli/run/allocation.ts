import { join } from 'node:path';
import type { Directory, DirectorySet, LeaseFile, MulticastAllocator } from '../../directory/index.ts';
import type { IpFamily } from '../../src/ip/index.ts';
import type { GrantedLease } from '../../src/madcap/index.ts';
import { readAllocation } from '../config-madcap.ts';
import type { CliContext } from '../context.ts';
import { ANNOUNCED, type DirectoryChoice } from '../directories.ts';
import { UsageError } from '../errors.ts';
import { parseHostPort } from '../input/host-port.ts';

/** What the command line says of where addresses come from. */
export interface AllocationAsked {
  readonly local?: boolean | undefined;
  /** `host` or `host:port`; `find` to look on the network. */
  readonly server?: string | undefined;
  readonly interface?: string | undefined;
}

export type AllocationChoice =
  | { readonly method: 'local' }
  | {
      readonly method: 'madcap';
      readonly server: string | undefined;
      readonly interface: string | undefined;
    };

/** In place of a server: look for one. */
export const FIND = 'find';

/**
 * Where addresses come from by what was said: on the command line, in the environment, in the configuration file.
 *
 * @returns undefined when nothing was said. Nobody is drawn for locally because a server is not there (MAA-07, DEF-14).
 * @throws {UsageError} when it cannot be understood
 */
export async function chosenAllocation(
  ctx: CliContext,
  { local, server, interface: iface }: AllocationAsked,
): Promise<AllocationChoice | undefined> {
  const { allocation, madcap = {} } = await ctx.config();
  const leased = (from: string | undefined): AllocationChoice => ({
    method: 'madcap',
    server: from === FIND ? undefined : from,
    interface: iface ?? madcap.interface,
  });
  if (local === true) return { method: 'local' };
  if (server !== undefined) return leased(server);
  const said = ctx.host.env['RENDEZVOUS_ALLOCATION'];
  const method =
    said === undefined || said === '' ? allocation : readAllocation(said, 'RENDEZVOUS_ALLOCATION');
  if (method === 'local') return { method };
  return method === 'madcap' || madcap.server !== undefined ? leased(madcap.server) : undefined;
}

export interface AllocatorNeeds {
  readonly leases: LeaseFile;
  readonly family: IpFamily;
  /** Conference that leases are for. */
  readonly conference?: string;
  /** Who else uses an address. */
  readonly userOf?: (address: string, signal: AbortSignal | undefined) => Promise<string | undefined>;
}

/** @throws {NetworkError} when the server's name cannot be resolved, or the interface is none */
export async function openAllocation(
  ctx: CliContext,
  choice: AllocationChoice,
  { leases, family, conference, userOf }: AllocatorNeeds,
): Promise<MulticastAllocator> {
  const { LocalAllocator, openMadcapAllocator } = await import('../../directory/index.ts');
  const { clock, host } = ctx;
  const common = { leases, clock, ...(conference === undefined ? {} : { conference }) };
  if (choice.method === 'local') {
    return new LocalAllocator({
      ...common,
      random: host.random,
      ...(userOf === undefined ? {} : { userOf }),
    });
  }
  const { server, interface: iface } = choice;
  return await openMadcapAllocator({
    ...common,
    family,
    timeoutMs: await ctx.timeoutMs(),
    ...(server === undefined ? {} : { server: parseHostPort(server) }),
    ...(iface === undefined ? {} : { interface: iface }),
  });
}

/** The leases of this user. @throws {DatabaseFileError} when the file is damaged */
export async function openLeases(ctx: CliContext): Promise<LeaseFile> {
  const [{ LEASE_FILE, LeaseFile: File }, folder] = await Promise.all([
    import('../../directory/index.ts'),
    ctx.requireDataDir(),
  ]);
  return new File(join(folder, LEASE_FILE));
}

/** Where users of an address are looked for: directories, and what is announced. */
type Looked = Pick<Directory, 'search'> | Pick<DirectorySet, 'search'>;

/** Who may know of other users of an address, for those who draw by themselves; nobody waits for others. */
export interface Witnesses extends AsyncDisposable {
  readonly userOf: NonNullable<AllocatorNeeds['userOf']>;
}

/**
 * Directories, announced sessions that earlier runs heard, and what the MADCAP server of this computer has granted. For
 * a server that leases nobody has to be asked: undefined.
 */
export async function callWitnesses(
  ctx: CliContext,
  { method }: AllocationChoice,
  directories: Looked,
): Promise<Witnesses | undefined> {
  if (method !== 'local') return undefined;
  const choice: DirectoryChoice = { label: ANNOUNCED, target: ANNOUNCED, origin: 'default' };
  const granted = await grantedAddresses(ctx);
  const heard = await ctx.openChoice(choice, undefined, { fromCacheOnly: true });
  const userOf: Witnesses['userOf'] = async (address, signal) => {
    if (granted.has(address)) return 'the MADCAP server of this computer';
    const query = { group: { address }, sizeLimit: 1, ...(signal === undefined ? {} : { signal }) };
    for (const place of [directories, heard]) {
      for await (const { name } of place.search(query)) return name;
    }
    return undefined;
  };
  return { userOf, [Symbol.asyncDispose]: () => heard[Symbol.asyncDispose]() };
}

async function grantedAddresses(ctx: CliContext): Promise<ReadonlySet<string>> {
  const all = await grantedLeases(ctx);
  return new Set(
    all.filter(({ stop }) => stop * 1000 > ctx.clock.wall()).flatMap(({ addresses }) => addresses),
  );
}

/** What the MADCAP server of the data directory has granted, whether it runs or not. */
export async function grantedLeases(ctx: CliContext): Promise<readonly GrantedLease[]> {
  const { GRANTED_LEASES_FILE, readGrantedLeases } = await import('../../directory/madcap/index.ts');
  return readGrantedLeases(join(await ctx.requireDataDir(), GRANTED_LEASES_FILE));
}

/** Nobody said where addresses come from. @param why there is no server either @returns what can be done */
export function nowhereToAllocate(why: string): UsageError {
  return new UsageError(
    `Nobody says where group addresses come from, and ${why}. ` +
      'Give one with --group; lease from a server with --madcap HOST, or ' +
      '--madcap find to look for one longer; or draw on this computer with --local. For always: allocation = "local" ' +
      'or "madcap" in the configuration file',
  );
}

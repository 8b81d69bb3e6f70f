import { formatEndpoint, type IpFamily } from '../../src/ip/index.ts';
import type { CliContext } from '../context.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { messageOf } from '../output/output.ts';
import { type AllocationChoice, nowhereToAllocate } from './allocation.ts';

/**
 * Looks shortly for address servers on the network, where others share the directory and nothing was said.
 *
 * @throws {UsageError} when nobody answers: nothing is drawn instead (DEF-14, MAA-07)
 */
export async function serverFound(ctx: CliContext, family: IpFamily): Promise<AllocationChoice> {
  const { findMadcapServers, interfacesToLookOn, QUICK_LOOK_MS } = await import('../../directory/index.ts');
  const { madcap } = await ctx.config();
  const waitMs = Math.min(QUICK_LOOK_MS, await ctx.timeoutMs());
  const look = async (name: string): Promise<Found> => {
    const servers = await findMadcapServers({ family, interface: name, clock: ctx.clock, waitMs });
    return { interface: name, servers: servers.map(({ from }) => formatEndpoint(from.address, from.port)) };
  };
  let where: string;
  let found: readonly Found[];
  try {
    const names = madcap?.interface === undefined ? await interfacesToLookOn(family) : [madcap.interface];
    where = names.join(', ');
    ctx.err.note(`Looking for a MADCAP server on ${where}…`);
    found = await Promise.all(names.map(look));
  } catch (error) {
    // an interface that was named and is none is a mistake; a computer without a network is none
    if (madcap?.interface !== undefined || exitCodeOf(error) !== EXIT.network) throw error;
    throw nowhereToAllocate(`no MADCAP server can be looked for (${messageOf(error)})`);
  }
  const there = found.find(({ servers }) => servers.length > 0);
  if (there === undefined) throw nowhereToAllocate(`no MADCAP server answered on ${where}`);
  const [only, ...others] = there.servers;
  const isOnly = others.length === 0;
  ctx.err.note(`Leasing from ${isOnly ? '' : 'one of '}${there.servers.join(', ')}`);
  // of several, the one with the best offer
  return { method: 'madcap', server: isOnly ? only : undefined, interface: there.interface };
}

/** Who answers on an interface. */
interface Found {
  readonly interface: string;
  readonly servers: readonly string[];
}

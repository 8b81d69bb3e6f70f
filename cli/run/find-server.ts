import { formatEndpoint, type IpFamily } from '../../src/ip/index.ts';
import type { CliContext } from '../context.ts';
import { codeOf, EXIT, exitCodeOf } from '../exit-codes.ts';
import { messageOf } from '../output/output.ts';
import { type AllocationChoice, nowhereToAllocate } from './allocation.ts';

/**
 * Looks shortly for address servers on the network, where others share the directory and nothing was said.
 *
 * @throws {UsageError} when nobody answers: nothing is drawn instead (DEF-14, MAA-07)
 */
export async function serverFound(ctx: CliContext, family: IpFamily): Promise<AllocationChoice> {
  const { findMadcapServers, QUICK_LOOK_MS } = await import('../../directory/index.ts');
  const { madcap } = await ctx.config();
  const waitMs = Math.min(QUICK_LOOK_MS, await ctx.timeoutMs());
  const look = async (name: string): Promise<Found> => {
    try {
      const servers = await findMadcapServers({ family, interface: name, clock: ctx.clock, waitMs });
      return { interface: name, servers: servers.map(({ from }) => formatEndpoint(from.address, from.port)) };
    } catch (error) {
      // an interface that was named and is none is a mistake; one that leads nowhere is none
      if (exitCodeOf(error) !== EXIT.network || codeOf(error) === 'ERR_INTERFACE') throw error;
      return { interface: name, servers: [], problem: messageOf(error) };
    }
  };
  const names = madcap?.interface === undefined ? await placesToLook(family) : [madcap.interface];
  const where = names.join(', ');
  ctx.err.note(`Looking for a MADCAP server on ${where}…`);
  const found = await Promise.all(names.map(look));
  const there = found.find(({ servers }) => servers.length > 0);
  if (there === undefined) {
    const problem = found.find((it) => it.problem !== undefined)?.problem;
    const why = problem === undefined ? '' : ` (${problem})`;
    throw nowhereToAllocate(`no MADCAP server answered on ${where}${why}`);
  }
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
  /** Why nobody could be asked there. */
  readonly problem?: string;
}

/** @throws {UsageError} when this computer has no network at all */
async function placesToLook(family: IpFamily): Promise<readonly string[]> {
  const { interfacesToLookOn } = await import('../../directory/index.ts');
  try {
    return await interfacesToLookOn(family);
  } catch (error) {
    if (exitCodeOf(error) !== EXIT.network) throw error;
    throw nowhereToAllocate(`no MADCAP server can be looked for (${messageOf(error)})`);
  }
}

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
  const { findMadcapServers, QUICK_LOOK_MS } = await import('../../directory/index.ts');
  const { madcap } = await ctx.config();
  const iface = madcap?.interface;
  let where = '';
  const found = await findMadcapServers({
    family,
    clock: ctx.clock,
    waitMs: Math.min(QUICK_LOOK_MS, await ctx.timeoutMs()),
    onLook: (name) => {
      where = ` on ${name}`;
      ctx.err.note(`Looking for a MADCAP server${where}…`);
    },
    ...(iface === undefined ? {} : { interface: iface }),
  }).catch((error: unknown) => {
    // an interface that was named and is none is a mistake; a computer without a network is none
    if (iface !== undefined || exitCodeOf(error) !== EXIT.network) throw error;
    throw nowhereToAllocate(`no MADCAP server can be looked for (${messageOf(error)})`);
  });
  const [only] = found;
  if (only === undefined) throw nowhereToAllocate(`no MADCAP server answered${where}`);
  const names = found.map(({ from }) => formatEndpoint(from.address, from.port)).join(', ');
  ctx.err.note(`Leasing from ${found.length > 1 ? 'one of ' : ''}${names}`);
  // of several, the one with the best offer
  return { method: 'madcap', server: found.length > 1 ? undefined : names, interface: iface };
}

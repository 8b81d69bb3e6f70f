import { lookup } from 'node:dns/promises';
import { NetworkError } from '../../src/errors.ts';
import { type IpFamily, tryParseIp } from '../../src/ip/index.ts';
import { MADCAP_PORT } from '../../src/madcap/index.ts';
import { openMadcapSocket, systemNetwork } from '../../src/net/index.ts';
import { MadcapAllocator, type MadcapAllocatorOptions } from './madcap-allocator.ts';

export interface OpenMadcapOptions extends Omit<MadcapAllocatorOptions, 'socket' | 'server'> {
  /** Family of the addresses wanted, and of what travels; default 4. */
  readonly family?: IpFamily;
  /** The one server to ask, by name or address; default all that are found by multicast. */
  readonly server?: { readonly host: string; readonly port: number | undefined };
  /** Interface to look for servers on, by name or address; default the one of the route to their group. */
  readonly interface?: string;
}

/**
 * Leases from MADCAP servers over a socket of its own.
 *
 * @throws {NetworkError} when the server's name has no address of the family
 * @throws {InterfaceError} when the interface cannot be used
 */
export async function openMadcapAllocator(options: OpenMadcapOptions): Promise<MadcapAllocator> {
  const { family = 4, server, interface: iface, clock, ...rest } = options;
  const address = server === undefined ? undefined : await resolve(server.host, family);
  const common = clock === undefined ? {} : { clock };
  // a server that is named is reached by the route to it, and not by that to the group of servers
  const by = iface ?? (address === undefined ? undefined : await systemNetwork.sourceAddressFor(address));
  const socket = await openMadcapSocket({
    family,
    ...common,
    ...(by === undefined ? {} : { interface: by }),
  });
  return new MadcapAllocator({
    ...rest,
    ...common,
    socket,
    ...(address === undefined ? {} : { server: { address, port: server?.port ?? MADCAP_PORT } }),
  });
}

async function resolve(host: string, family: IpFamily): Promise<string> {
  const given = tryParseIp(host)?.family;
  if (given === family) return host;
  try {
    if (given === undefined) return (await lookup(host, { family })).address;
  } catch (cause) {
    throw new NetworkError(`The MADCAP server ${host} has no IPv${family} address that can be found`, {
      cause,
    });
  }
  throw new NetworkError(
    `The MADCAP server ${host} is not reached by IPv${family}, which the addresses wanted are of`,
  );
}

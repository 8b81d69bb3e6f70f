import { NetworkError } from '../errors.ts';
import type { IpFamily } from '../ip/index.ts';
import type { ChosenInterface } from './interfaces.ts';

/** The system's code of an error, from Node or from a call of our own; '' when it has none. */
export function systemCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('systemCode' in error) return String(error.systemCode);
  return 'code' in error ? String(error.code) : '';
}

/** Why a port could not be bound. */
export function explainBind(error: unknown, address: string, port: number): NetworkError {
  const code = systemCode(error);
  const hints: Record<string, string> = {
    EADDRINUSE: 'another program has the port and does not share it; stop it or choose another port',
    EACCES: 'ports below 1024 need a privilege; choose a higher one',
    EADDRNOTAVAIL: 'the address is not one of this host',
  };
  const hint = hints[code] ?? (error instanceof Error ? error.message : String(error));
  return new NetworkError(`Cannot bind UDP port ${port} on ${address} (${code}): ${hint}`, { cause: error });
}

/** Why a group could not be joined. @param sources how many were named with it */
export function explainJoin(
  error: unknown,
  group: string,
  name: string,
  family: IpFamily,
  sources = 0,
): NetworkError {
  const code = systemCode(error);
  const sourceLimit = family === 4 ? 'net.ipv4.igmp_max_msf' : 'net.ipv6.mld_max_msf';
  const hints: Record<string, string> = {
    ENOBUFS:
      sources > 1
        ? `${sources} sources are more than the system takes for one group; name fewer, or raise ${sourceLimit}`
        : 'too many groups on one socket; raise net.ipv4.igmp_max_memberships',
    ENODEV: 'the interface has gone away',
    EADDRINUSE: 'already joined there on this socket',
    EINVAL: 'the system does not take it for a multicast group',
    EADDRNOTAVAIL: 'the interface does not do multicast, or has no address of that family',
  };
  const hint = hints[code] ?? (error instanceof Error ? error.message : String(error));
  return new NetworkError(`Cannot join ${group} on ${name} (${code}): ${hint}`, { cause: error });
}

/** What a code that came back from sending means, and what to do about it. */
export function explainSend(code: string, error: unknown, group: string, chosen: ChosenInterface): string {
  const { name } = chosen;
  const wayOut =
    chosen.internal && chosen.family === 6
      ? '; loopback carries no IPv6 groups, but ff11::… on another interface stays within this host'
      : '; name another interface or add a route';
  const hints: Record<string, string> = {
    ENETUNREACH: `no route to ${group} on ${name}${wayOut}`,
    EHOSTUNREACH: `${group} cannot be reached from ${name}`,
    ENETDOWN: `${name} is down`,
    ENODEV: `${name} has gone away`,
    EPERM: `a firewall on this host refuses to send to ${group}`,
    EACCES: `the system does not allow sending to ${group}`,
    ECONNREFUSED: `nobody listens at ${group} any more`,
    EMSGSIZE: 'the datagram is too large for the network; use shorter packets',
    ENOBUFS: `the queue of ${name} is full`,
  };
  const detail = error instanceof Error ? error.message : String(error);
  const hint = hints[code];
  return hint === undefined ? detail : `${hint} (${detail})`;
}

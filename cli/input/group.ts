import { formatIp, isMulticast, tryParseIp } from '../../src/ip/index.ts';
import { UsageError } from '../errors.ts';

export interface GroupSpec {
  readonly address: string;
  readonly port?: number;
}

/**
 * `ADDR` or `ADDR:PORT`; an IPv6 group with a port stands in brackets, `[ff15::1]:5004`.
 *
 * @throws {UsageError} when it is no multicast address, or the port no port
 */
export function parseGroup(text: string): GroupSpec {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  const plain = /^([\d.]+)(?::(\d+))?$/.exec(text);
  const [, host = text, portText] = bracketed ?? plain ?? [];
  const ip = tryParseIp(host);
  if (ip === undefined) {
    throw new UsageError(
      `"${text}" is not a group: write it like 239.255.1.2, 239.255.1.2:5004 or [ff15::1]:5004`,
    );
  }
  const address = formatIp(ip);
  if (!isMulticast(address)) {
    throw new UsageError(`${address} is not a multicast address: use one of 239.255.0.0 to 239.255.254.255`);
  }
  if (portText === undefined) return { address };
  const port = Number(portText);
  if (port < 1 || port > 65_535) throw new UsageError(`Port ${portText} is not one: 1 to 65535 are`);
  return { address, port };
}

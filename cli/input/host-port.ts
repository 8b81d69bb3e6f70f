import { isIp } from '../../src/ip/index.ts';
import { UsageError } from '../errors.ts';

export interface HostPort {
  /** Name or address. */
  readonly host: string;
  readonly port: number | undefined;
}

/** `host`, `host:port`, an IPv6 address, or `[address]:port`. @throws {UsageError} when it is none of them */
export function parseHostPort(text: string): HostPort {
  const trimmed = text.trim();
  if (isIp(trimmed)) return { host: trimmed, port: undefined };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d+))?$/.exec(trimmed) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? undefined : Number(digits);
  const isGood = host !== undefined && (bracketed === undefined || isIp(bracketed));
  if (isGood && (port === undefined || (port >= 1 && port <= 65_535))) return { host, port };
  throw new UsageError(`"${text}" is no server: write host, host:port or [address]:port`);
}

import { formatIp, tryParseIp } from '../ip/index.ts';

/**
 * Whom a message is put down to, for limits: its IPv4 address, or the first 64 bits of an IPv6 address, of which a host can
 * have as many as it likes.
 */
export function clientKey(address: string): string {
  const ip = tryParseIp(address);
  if (ip === undefined || ip.family === 4) return address;
  return `${formatIp({ bytes: Uint8Array.from(ip.bytes, (octet, at) => (at < 8 ? octet : 0)) })}/64`;
}

import { formatIp, tryParseIp } from '../../src/ip/index.ts';

// A locator service keeps IPv4 addresses as the decimal number that a little-endian machine sees in their four bytes.

/** `a.b.c.d` as the decimal `a + 256 b + 65536 c + 16777216 d`; undefined for what is no IPv4 address. */
export function encodeIlsAddress(text: string): string | undefined {
  const ip = tryParseIp(text);
  if (ip?.family !== 4) return undefined;
  return String(ip.bytes.reduceRight((sum, byte) => sum * 256 + byte, 0));
}

/** Undoes {@link encodeIlsAddress}; undefined when it is no number below 2^32. Dotted addresses are taken as they are. */
export function decodeIlsAddress(text: string): string | undefined {
  if (!/^\d{1,10}$/.test(text)) return canonical(text);
  const number = Number(text);
  if (number > 0xffff_ffff) return undefined;
  return formatIp({ bytes: Uint8Array.from([0, 8, 16, 24], (shift) => (number >>> shift) & 0xff) });
}

function canonical(text: string): string | undefined {
  const ip = tryParseIp(text);
  return ip === undefined ? undefined : formatIp(ip);
}

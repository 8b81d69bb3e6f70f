import { tryParseIp } from './address.ts';
import { isWithin } from './range.ts';
import { ipv6Zone } from './scopes.ts';

/** Ranges that must not carry a conference, and why. */
const RESERVED: readonly (readonly [first: string, last: string, reason: string])[] = [
  ['224.0.0.0', '224.0.0.255', 'link-local control block, never forwarded (RFC 5771 §4)'],
  ['224.0.1.0', '224.0.1.255', 'internetwork control block (RFC 5771 §5)'],
  ['224.2.127.254', '224.2.127.255', 'a SAP group (RFC 2974 §3)'],
  ['225.0.0.0', '231.255.255.255', 'reserved block (RFC 5771 §13)'],
  ['234.0.0.0', '238.255.255.255', 'reserved block (RFC 5771 §13)'],
  ['232.0.0.0', '232.0.0.255', 'reserved part of the SSM block (RFC 4607 §4.3)'],
  ['239.255.255.0', '239.255.255.255', 'top /24 of its scope, kept for relative assignments (RFC 2365 §9)'],
  ['239.195.255.0', '239.195.255.255', 'top /24 of its scope, kept for relative assignments (RFC 2365 §9)'],
];

/**
 * Why a group address should not carry a conference, or undefined when nothing speaks against it.
 *
 * @see RFC 5771 §4, §5, §8, §13; RFC 2365 §9; RFC 4291 §2.7; RFC 3306 §4, §6; RFC 3307 §4; RFC 4607 §4.3
 */
export function reservedGroupReason(group: string): string | undefined {
  const address = tryParseIp(group);
  if (address === undefined) return 'not an IP address';
  if (address.family === 6) return reservedIpv6Reason(address.bytes);
  return RESERVED.find(([first, last]) => isWithin(group, first, last))?.[2];
}

function reservedIpv6Reason(bytes: Uint8Array): string | undefined {
  const [a = 0, b = 0] = bytes;
  if (a !== 0xff) return undefined; // no group at all: said elsewhere
  const flags = b >>> 4;
  const scop = b & 0x0f;
  if (scop === 0 || scop === 15) return `scope ${scop} of an IPv6 group is reserved (RFC 4291 §2.7)`;
  const id = new DataView(bytes.buffer, bytes.byteOffset).getUint32(12);
  const hasPrefix = bytes.subarray(2, 12).some((byte) => byte !== 0);
  switch (flags) {
    case 0:
      return hasPrefix || !isConferenceId(id) ? wellKnownReason(id, hasPrefix) : undefined;
    case 1:
      return !hasPrefix && id > topOfTransient(scop)
        ? 'top 256 addresses of its scope, kept for relative assignments (RFC 2365 §9)'
        : undefined;
    case 3:
      return hasPrefix || id >= 0x8000_0000 ? undefined : sourceSpecificReason(id);
    case 7: // embeds the address of a rendezvous point (RFC 3956)
      return undefined;
    default:
      return `flags ${flags} of an IPv6 group are not defined (RFC 3306 §4, RFC 3956 §2)`;
  }
}

/** ff0X::2:0 to 2:7ffd are for conferences, 2:8000 to 2:ffff for sessions announced by SAP (RFC 2375 §3). */
function isConferenceId(id: number): boolean {
  return id >>> 16 === 2 && id !== SAP_ID && id !== SAP_ID + 1;
}

const SAP_ID = 0x2_7ffe;

function wellKnownReason(id: number, hasPrefix: boolean): string {
  if (!hasPrefix && (id === SAP_ID || id === SAP_ID + 1)) return 'a SAP group (RFC 2974 §3)';
  return 'a well-known group that only IANA assigns; take one of ff1X:: (RFC 4291 §2.7, RFC 3307 §4)';
}

function sourceSpecificReason(id: number): string {
  return id < 0x4000_0000
    ? 'not a valid source-specific group; ids begin at 4000:1 (RFC 4607 §4.3)'
    : 'a source-specific group that only IANA assigns; take ff3X::8000:0 and up (RFC 4607 §4.3)';
}

function topOfTransient(scop: number): number {
  const { bytes } = tryParseIp(ipv6Zone(scop).last) ?? { bytes: new Uint8Array(16) };
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(12) - 256;
}

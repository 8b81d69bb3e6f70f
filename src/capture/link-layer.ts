import type { SkipReason } from './types.ts';

/** Link types of <https://www.tcpdump.org/linktypes.html> that carry IP. */
export const LINK_TYPES = {
  null: 0,
  ethernet: 1,
  /** What OpenBSD and others call raw IP; `raw` is the one to write. */
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  loop: 108,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  linuxCooked2: 276,
} as const;

const IP_ETHERTYPES = new Set([0x0800, 0x86dd]);
const VLAN_ETHERTYPES = new Set([0x8100, 0x88a8, 0x9100]);

/** Where the IP packet of a captured frame begins. It is told from the version field whether it is IPv4 or IPv6. */
export function ipOffset(frame: Uint8Array, linkType: number): number | SkipReason {
  switch (linkType) {
    case LINK_TYPES.ethernet:
      return afterEthertype(frame, 12);
    case LINK_TYPES.linuxCooked:
      return afterEthertype(frame, 14);
    case LINK_TYPES.linuxCooked2:
      return IP_ETHERTYPES.has(u16(frame, 0)) ? 20 : 'notIp';
    case LINK_TYPES.null:
    case LINK_TYPES.loop:
      return 4; // a family whose numbers differ from system to system; the version field is the same everywhere
    case LINK_TYPES.raw:
    case LINK_TYPES.rawBsd:
    case LINK_TYPES.rawOpenBsd:
    case LINK_TYPES.ipv4:
    case LINK_TYPES.ipv6:
      return 0;
    default:
      return 'notIp';
  }
}

/** VLAN tags (IEEE 802.1Q, 802.1ad) may stand before the type. */
function afterEthertype(frame: Uint8Array, typeAt: number): number | SkipReason {
  let at = typeAt;
  while (VLAN_ETHERTYPES.has(u16(frame, at))) at += 4;
  return IP_ETHERTYPES.has(u16(frame, at)) ? at + 2 : 'notIp';
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

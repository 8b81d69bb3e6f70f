import { formatIp, isMulticast, tryParseIp } from '../../src/ip/index.ts';
import type { Conference } from '../conference.ts';

/** A group and port that a medium uses. */
export interface GroupUse {
  readonly address: string;
  readonly port: number;
}

/** Attributes hold at most this many; more are not worth looking up. */
const MAX_GROUPS = 64;

/** The multicast groups and ports of a conference's media, in canonical spelling, each once. */
export function groupsOf(conference: Conference): GroupUse[] {
  const found = new Map<string, GroupUse>();
  for (const medium of conference.sdp?.media ?? []) {
    for (const { address, port } of medium.endpoints) {
      if (!isMulticast(address) || found.size >= MAX_GROUPS) continue;
      const ip = tryParseIp(address);
      const canonical = ip === undefined ? address : formatIp(ip);
      found.set(`${canonical} ${port}`, { address: canonical, port });
    }
  }
  return [...found.values()];
}

import { InvalidValueError } from '../errors.ts';
import type { IpFamily } from '../ip/index.ts';
import type { NativeSockets } from './native.ts';

/** Differentiated services code points in use here: RFC 4594 §2.3 figure 3, RFC 8622 for LE. */
export const DSCP = {
  CS7: 56,
  CS6: 48,
  EF: 46,
  CS5: 40,
  AF41: 34,
  CS4: 32,
  CS3: 24,
  CS1: 8,
  LE: 1,
  DF: 0,
} as const;

/** What became of a wish for a DSCP. Told to the user as it is. */
export interface QosResult {
  /** The code point asked for, 0 to 63. */
  readonly requested: number;
  /** The code point that outgoing datagrams carry as they leave the socket, as read back from the system. */
  readonly effective: number;
  /** How it was set: by the system's setsockopt, or not at all. */
  readonly method: 'setsockopt' | 'none';
  /** SO_PRIORITY in effect (0 to 6): the queue on this host and the 802.1p class where a VLAN maps it. */
  readonly priority?: number;
  /** Why `effective` is not `requested`; absent when it is. */
  readonly reason?: string;
}

/** Writes the DSCP of everything that one socket sends. */
export interface QosMarker {
  readonly method: QosResult['method'];
  /**
   * @param dscp 0 to 63
   * @throws {InvalidValueError} when `dscp` is out of range; never because the system refuses
   */
  mark(dscp: number): QosResult;
}

/** The marker of a socket whose options cannot be reached; it says so instead of failing. */
export function noMarker(reason: string): QosMarker {
  return {
    method: 'none',
    mark(dscp) {
      requireDscp(dscp);
      const requested = { requested: dscp, effective: DSCP.DF, method: 'none' } as const;
      return dscp === DSCP.DF ? requested : { ...requested, reason };
    },
  };
}

/** Marks through `setsockopt(IP_TOS | IPV6_TCLASS)` on a descriptor that the caller keeps open. */
export function setsockoptMarker(
  native: NativeSockets,
  fd: () => number | undefined,
  family: IpFamily,
): QosMarker {
  const { constants } = native;
  const [level, option] =
    family === 4 ? [constants.IPPROTO_IP, constants.IP_TOS] : [constants.IPPROTO_IPV6, constants.IPV6_TCLASS];
  return {
    method: 'setsockopt',
    mark(dscp) {
      requireDscp(dscp);
      const open = fd();
      if (open === undefined) {
        return { requested: dscp, effective: DSCP.DF, method: 'none', reason: 'the socket is closed' };
      }
      let refusal: string | undefined;
      try {
        native.setInt(open, level, option, dscp << 2); // the two low bits are ECN's (RFC 2474 §3)
        // IP_TOS sets a priority of its own, so ours comes after it.
        native.setInt(open, constants.SOL_SOCKET, constants.SO_PRIORITY, priorityOf(dscp));
      } catch (error) {
        refusal = error instanceof Error ? error.message : String(error);
      }
      const effective = native.getInt(open, level, option) >> 2;
      const priority = native.getInt(open, constants.SOL_SOCKET, constants.SO_PRIORITY);
      const result = { requested: dscp, effective, method: 'setsockopt', priority } as const;
      if (effective === dscp) return result;
      return { ...result, reason: refusal ?? `the system kept DSCP ${effective}` };
    },
  };
}

/** The code point's class selector, at most 6: a higher SO_PRIORITY needs CAP_NET_ADMIN. */
function priorityOf(dscp: number): number {
  return Math.min(6, dscp >> 3);
}

function requireDscp(dscp: number): void {
  if (!Number.isInteger(dscp) || dscp < 0 || dscp > 63) {
    throw new InvalidValueError(`DSCP ${dscp} is not an integer from 0 to 63 (RFC 2474 §3)`);
  }
}

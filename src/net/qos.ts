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

/** Code points by name: class selectors, assured forwarding, EF, VOICE-ADMIT (RFC 5865), LE, DF. */
export function dscpByName(name: string): number | undefined {
  const text = name.toUpperCase();
  const [, af, drop] = /^AF([1-4])([1-3])$/.exec(text) ?? [];
  if (af !== undefined) return Number(af) * 8 + Number(drop) * 2; // RFC 2597 §6
  const [, selector] = /^CS([0-7])$/.exec(text) ?? [];
  if (selector !== undefined) return Number(selector) * 8; // RFC 2474 §4.2.2.2
  return { EF: 46, VA: 44, 'VOICE-ADMIT': 44, LE: 1, DF: 0, BE: 0 }[text];
}

/** Labels that a packet has on this host beside its DSCP, for queues, firewalls and routing (QUA-06). */
export interface TrafficLabels {
  /**
   * SO_PRIORITY: the queue on this host and the 802.1p class where a VLAN maps it. 0 to 6 for everybody, above that only
   * with CAP_NET_ADMIN. Default: the class selector of the DSCP, at most 6.
   */
  readonly priority?: number;
  /** SO_MARK, 0 to 4294967295: the firewall mark that nft and ip rule see. Needs CAP_NET_ADMIN or CAP_NET_RAW. */
  readonly mark?: number;
}

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
  /** SO_MARK in effect, where one was asked for. */
  readonly mark?: number;
  /** What else was asked for and could not be had: priority, mark. */
  readonly problems?: readonly string[];
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
export function noMarker(reason: string, labels: TrafficLabels = {}): QosMarker {
  requireLabels(labels);
  const problems = LABELS.flatMap(([key, name]) =>
    labels[key] === undefined ? [] : [`${name} ${labels[key]} could not be set: ${reason}`],
  );
  return {
    method: 'none',
    mark(dscp) {
      requireDscp(dscp);
      const requested = {
        requested: dscp,
        effective: DSCP.DF,
        method: 'none',
        ...(problems.length === 0 ? {} : { problems }),
      } as const;
      return dscp === DSCP.DF ? requested : { ...requested, reason };
    },
  };
}

/** Marks through `setsockopt(IP_TOS | IPV6_TCLASS)` on a descriptor that the caller keeps open. */
export function setsockoptMarker(
  native: NativeSockets,
  fd: () => number | undefined,
  family: IpFamily,
  labels: TrafficLabels = {},
): QosMarker {
  requireLabels(labels);
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
        if (labels.priority === undefined) {
          native.setInt(open, constants.SOL_SOCKET, constants.SO_PRIORITY, priorityOf(dscp));
        }
      } catch (error) {
        refusal = error instanceof Error ? error.message : String(error);
      }
      const problems = setLabels(native, open, labels);
      const effective = native.getInt(open, level, option) >> 2;
      const priority = native.getInt(open, constants.SOL_SOCKET, constants.SO_PRIORITY);
      const result = {
        requested: dscp,
        effective,
        method: 'setsockopt',
        priority,
        ...(labels.mark === undefined
          ? {}
          : { mark: native.getInt(open, constants.SOL_SOCKET, constants.SO_MARK) >>> 0 }),
        ...(problems.length === 0 ? {} : { problems }),
      } as const;
      if (effective === dscp) return result;
      return { ...result, reason: refusal ?? `the system kept DSCP ${effective}` };
    },
  };
}

const LABELS = [
  ['priority', 'SO_PRIORITY', 'above 6 it needs CAP_NET_ADMIN'],
  ['mark', 'SO_MARK', 'it needs CAP_NET_ADMIN or CAP_NET_RAW'],
] as const;

/** Sets and reads back. @returns what could not be had */
function setLabels(native: NativeSockets, fd: number, labels: TrafficLabels): string[] {
  const { constants } = native;
  const problems: string[] = [];
  for (const [key, name, needs] of LABELS) {
    const wanted = labels[key];
    if (wanted === undefined) continue;
    let why = 'the system kept another value';
    try {
      native.setInt(fd, constants.SOL_SOCKET, constants[name], wanted | 0);
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    const now = native.getInt(fd, constants.SOL_SOCKET, constants[name]) >>> 0;
    if (now !== wanted) problems.push(`${name} is ${now} and not ${wanted} (${needs}): ${why}`);
  }
  return problems;
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

function requireLabels({ priority, mark }: TrafficLabels): void {
  const check = (name: string, value: number | undefined, most: number): void => {
    if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= most)) return;
    throw new InvalidValueError(`${name} ${value} is not an integer from 0 to ${most}`);
  };
  check('priority', priority, 0x7fffffff);
  check('mark', mark, 0xffffffff);
}

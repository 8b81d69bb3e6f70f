import type { ReceiverSigns, Tally } from '../../../src/probe/index.ts';

/** One direction of a path: what was sent at one end, and what arrived at the other. */
export interface DirectionFacts {
  readonly sent: number;
  readonly ttlSent: number;
  readonly dscpSent: number;
  readonly tally: Tally;
  /** Of the end that receives. */
  readonly receiver: ReceiverSigns;
  /** Of the end that sends. */
  readonly sender: ReceiverSigns;
}

/** What a probe found out about a path. */
export interface PathFacts {
  readonly group: string;
  readonly port: number;
  /** The host as it was asked for. */
  readonly host: string;
  readonly here: ReceiverSigns;
  readonly peer: ReceiverSigns;
  /** From here to the host, and back. Undefined: it was broken off before. */
  readonly there: DirectionFacts | undefined;
  readonly back: DirectionFacts | undefined;
}

/** Value that was seen most, and whether there were others. */
export function usual(counts: ReadonlyMap<number, number>): { value: number; alone: boolean } | undefined {
  const [first] = [...counts].toSorted(([, a], [, b]) => b - a);
  return first === undefined ? undefined : { value: first[0], alone: counts.size === 1 };
}

/** Routers between the two: what was taken from the TTL. Undefined where it cannot be seen. */
export function hopsOf({ ttlSent, tally }: DirectionFacts): number | undefined {
  const ttl = usual(tally.ttls);
  return ttl === undefined ? undefined : Math.max(0, ttlSent - ttl.value);
}

/** A direction as `--json` tells it. */
export function directionJson(facts: DirectionFacts): Record<string, unknown> {
  const { sent, tally, ttlSent, dscpSent, receiver, sender } = facts;
  return {
    fromAddress: sender.address,
    fromInterface: sender.interfaceName,
    toAddress: receiver.address,
    toInterface: receiver.interfaceName,
    sent,
    heard: tally.heard,
    lossPercent: sent === 0 ? 0 : Math.round((1000 * (sent - tally.heard)) / sent) / 10,
    duplicates: tally.duplicates,
    reordered: tally.reordered,
    ttlSent,
    ttlHeard: usual(tally.ttls)?.value ?? null,
    hops: hopsOf(facts) ?? null,
    dscpSent,
    dscpHeard: usual(tally.dscps)?.value ?? null,
    sources: tally.sources,
  };
}

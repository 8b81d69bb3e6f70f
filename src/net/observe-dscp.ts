import type { Ms } from '../machine.ts';
import { type Clock, systemClock } from './clock.ts';
import { chooseInterface, type NetworkView } from './interfaces.ts';
import { openMarkedReceiver } from './marked-receiver.ts';
import { loadNativeSockets, type NativeSockets, type NativeUnavailable } from './native.ts';

/** The marks that one sender's datagrams arrived with. */
export interface DscpObservation {
  readonly address: string;
  readonly port: number;
  /** 0 to 63. */
  readonly dscp: number;
  /** Explicit congestion notification, 0 to 3 (RFC 3168 §5). */
  readonly ecn: number;
  /** TTL or hop limit left on arrival. */
  readonly ttl: number | undefined;
  /** Datagrams that arrived just so. */
  readonly count: number;
}

export interface ObserveDscpOptions {
  readonly group: string;
  readonly port: number;
  /** As for {@link openMulticastSocket}. */
  readonly interface?: string;
  /** How long to listen, ms; default 2000. */
  readonly durationMs?: Ms;
  /** Stop as soon as this many datagrams have been seen; default: only when the time is over. */
  readonly enough?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly network?: NetworkView;
  readonly native?: NativeSockets | NativeUnavailable;
}

/** What came of watching; `unavailable` says why it could not be done on this system. */
export type DscpReport =
  | { readonly observations: readonly DscpObservation[]; readonly unavailable?: undefined }
  | { readonly observations: readonly []; readonly unavailable: string };

const POLL_MS = 10; // a probe, not a media path: the receive buffer holds a second of audio

/**
 * Joins a group as one more listener and reports the DSCP that datagrams carry when they arrive, for each sender:
 * proof that a mark survived the path, or that something rewrites it. Needs no privilege; sends nothing but the join.
 *
 * @throws {InterfaceError | NetworkError} when the group cannot be joined
 * @see RFC 3542 §6.5 and ip(7), IP_RECVTOS
 */
export async function observeDscp(options: ObserveDscpOptions): Promise<DscpReport> {
  const native = options.native ?? (await loadNativeSockets());
  if (!native.available) return { observations: [], unavailable: native.reason };
  const { clock = systemClock, durationMs = 2000, enough = Number.POSITIVE_INFINITY } = options;
  const chosen = await chooseInterface(options.interface, options.group, options.network);
  const { group, port } = options;
  using receiver = openMarkedReceiver(native, { group, port, interfaceIndex: chosen.index ?? 0 });
  const seen = new Map<string, DscpObservation>();
  let total = 0;
  const end = clock.now() + durationMs;
  while (clock.now() < end && total < enough && options.signal?.aborted !== true) {
    const arrived = receiver.receive();
    if (arrived === undefined) {
      await sleep(clock, POLL_MS);
      continue;
    }
    total++;
    const { address, port: from, dscp, ecn, ttl } = arrived;
    const key = `${address} ${from} ${dscp} ${ecn} ${ttl}`;
    seen.set(key, { address, port: from, dscp, ecn, ttl, count: (seen.get(key)?.count ?? 0) + 1 });
  }
  return { observations: [...seen.values()] };
}

function sleep(clock: Clock, ms: Ms): Promise<void> {
  return new Promise((resolve) => {
    clock.timer(resolve).set(clock.now() + ms);
  });
}

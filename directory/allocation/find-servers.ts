import { NetworkError } from '../../src/errors.ts';
import type { IpFamily } from '../../src/ip/index.ts';
import { discoveryGroup, type InfoAnswer, type MadcapDestination } from '../../src/madcap/index.ts';
import type { Ms } from '../../src/machine.ts';
import {
  chooseInterface,
  type Clock,
  type MadcapSocket,
  type NetworkView,
  openMadcapSocket,
  systemClock,
  systemNetwork,
} from '../../src/net/index.ts';
import { pause } from '../watch/source.ts';

export interface FindServersOptions {
  /** Family of the addresses wanted, and of what travels; default 4. */
  readonly family?: IpFamily;
  /** Interface to look on, by name or address; default the one of the route to the servers' group. */
  readonly interface?: string;
  /** Where servers are looked for; default the group of the local scope. */
  readonly group?: MadcapDestination;
  /** How long in all, milliseconds; default {@link QUICK_LOOK_MS}. */
  readonly waitMs?: Ms;
  readonly clock?: Clock;
}

/**
 * Interfaces to look for servers on, where none was named: the one of the route to their group, and where there is no
 * route, as in a network without a router, all that lead out of this computer.
 */
export async function interfacesToLookOn(
  family: IpFamily,
  network: NetworkView = systemNetwork,
): Promise<readonly string[]> {
  const { name, reason } = await chooseInterface(undefined, discoveryGroup(family).address, network);
  if (reason !== 'loopback') return [name];
  const outside = network.addresses().filter((it) => it.family === family && !it.internal);
  return outside.length === 0 ? [name] : [...new Set(outside.map((it) => it.name))];
}

/** How long a look around takes when nobody answers. */
export const QUICK_LOOK_MS: Ms = 1800;
/** A first question that was lost shall not be taken for silence. */
const SECOND_QUESTION_MS: Ms = 600;
/** How much longer other servers are waited for after the first. */
const SETTLE_MS: Ms = 200;

/**
 * The MADCAP servers that answer at once: a look around, for who has not been told of any. It takes less than the first
 * retransmission of RFC 2730 §2.3, so after a while a second question is asked, with a transaction id of its own.
 *
 * @returns none when nobody answers in time
 * @throws {InterfaceError} when the interface cannot be used
 * @throws {NetworkError} when the system refuses the socket, or to send
 */
export async function findMadcapServers(options: FindServersOptions = {}): Promise<readonly InfoAnswer[]> {
  const { waitMs = QUICK_LOOK_MS, clock = systemClock, ...where } = options;
  await using socket = await openMadcapSocket({ ...where, clock });
  const end = new AbortController();
  const late = clock.timer(() => end.abort());
  late.set(clock.now() + waitMs);
  const questions = [ask(socket, end.signal), askLater(socket, end.signal, clock)];
  try {
    return await Promise.any(questions);
  } catch (cause) {
    const { sendProblem } = socket;
    if (sendProblem !== undefined) throw new NetworkError(sendProblem.message, { cause });
    return []; // silence, or a server that does not tell its scopes
  } finally {
    end.abort();
    late.set(undefined);
    await Promise.allSettled(questions);
  }
}

const ask = (socket: MadcapSocket, signal: AbortSignal): Promise<readonly InfoAnswer[]> =>
  socket.getInfo({ settleMs: SETTLE_MS }, { signal });

async function askLater(
  socket: MadcapSocket,
  signal: AbortSignal,
  clock: Clock,
): Promise<readonly InfoAnswer[]> {
  await pause(SECOND_QUESTION_MS, clock, signal);
  signal.throwIfAborted();
  return await ask(socket, signal);
}

import { InvalidValueError } from '../../src/errors.ts';
import type { Ms, TransportAddress } from '../../src/machine.ts';
import type { DatagramSender } from '../../src/net/index.ts';
import type { MediaSession, TappedDatagram } from '../types/index.ts';

export interface ForwardStats {
  readonly rtp: number;
  readonly rtcp: number;
  /** Datagrams that had been forwarded before, by us or by somebody who sends back what we send. */
  readonly looped: number;
}

export interface Forwarding extends Disposable {
  readonly stats: ForwardStats;
}

/** Sources whose address is remembered. */
const MAX_SOURCES = 4096;
/** A source that has not been heard for so long may come from elsewhere. */
const FORGET_MS: Ms = 10_000;

interface Seen {
  from: string;
  at: Ms;
}

/**
 * Sends on every RTP and RTCP packet of the others, byte for byte as it is on the network, header and SSRC included (CAL-08):
 * to a bridge, a recorder or another group. The first medium goes to the port and the next, RTCP; every other two ports
 * further. What comes back is not sent again: a source is forwarded from one address only (RFC 3550 §8.2).
 *
 * @param to     what `sender` sends to
 * @param sender ends with the caller
 * @throws {InvalidValueError} when that is a group and port of the conference itself
 */
export function forwardPackets(
  session: MediaSession,
  to: TransportAddress,
  sender: DatagramSender,
): Forwarding {
  const media = session.transports;
  for (const [i, { group, port, rtcpPort, mediaType }] of media.entries()) {
    const taken = [port, rtcpPort];
    if (
      group === to.address &&
      media.some((_, k) => taken.includes(to.port + 2 * k) || taken.includes(to.port + 2 * k + 1))
    )
      throw new InvalidValueError(
        `${to.address}:${to.port} is where the conference's ${mediaType} itself is (medium ${i + 1}): it would go round for ever`,
      );
  }
  const places = new Map(media.map(({ medium }, i) => [medium, 2 * i]));
  const locals = new Set([...media.map(({ localAddress }) => localAddress), '127.0.0.1', '::1']);
  const stats = { rtp: 0, rtcp: 0, looped: 0 };
  const sources = new Map<number, Seen>();
  const end = session.tapDatagrams((datagram) => {
    const { own, kind, medium, from, bytes } = datagram;
    const place = places.get(medium);
    if (own || place === undefined || bytes.length < 8) return;
    const fromUs = from.port === sender.localPort && locals.has(from.address);
    if (fromUs || (kind === 'rtp' && comesRound(sources, datagram))) {
      stats.looped++;
      return;
    }
    stats[kind]++;
    sender.send(bytes, place + (kind === 'rtp' ? 0 : 1));
  }, 'wire');
  return { stats, [Symbol.dispose]: end };
}

/** Whether a source that was heard from one address comes from another at the same time. */
function comesRound(sources: Map<number, Seen>, { bytes, from, at }: TappedDatagram): boolean {
  if (bytes.length < 12) return true;
  const ssrc = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8);
  const key = `${from.address}/${from.port}`;
  const seen = sources.get(ssrc);
  if (seen === undefined) {
    if (sources.size >= MAX_SOURCES) sources.clear();
    sources.set(ssrc, { from: key, at });
    return false;
  }
  if (seen.from !== key && at - seen.at < FORGET_MS) return true;
  seen.from = key;
  seen.at = at;
  return false;
}

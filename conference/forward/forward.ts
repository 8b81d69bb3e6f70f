import { InvalidValueError } from '../../src/errors.ts';
import { formatEndpoint, isMulticast, sameIp } from '../../src/ip/index.ts';
import type { TransportAddress } from '../../src/machine.ts';
import { type InterfaceWish, type MulticastSocket, openMulticastSocket } from '../../src/net/index.ts';
import type { MediaSession, TappedDatagram, TransportInfo } from '../types/index.ts';
import { Origins } from './origins.ts';

export interface ForwardOptions {
  /** A joined session. */
  readonly session: MediaSession;
  /** Host or group, and the port for RTP of the first medium; RTCP goes to the next, every other medium two ports further. */
  readonly to: TransportAddress;
  /** TTL or hop limit, 0 to 255; default 1 to a group, 64 to a host. */
  readonly ttl?: number;
  /** Where datagrams to a group leave by; default the interface that the medium uses. To a host the route decides. */
  readonly interface?: InterfaceWish;
  /** Sends on in the clear what is encrypted, as far as our keys open it. Default false. */
  readonly decrypt?: boolean;
  /** Opens sockets; default the operating system's. */
  readonly openSocket?: typeof openMulticastSocket;
  /** Told once for each kind of failure. */
  readonly onProblem?: (message: string) => void;
}

export interface ForwardStats {
  readonly rtp: number;
  readonly rtcp: number;
  /** What had been forwarded before, by us or by somebody who sends back what we send. */
  readonly looped: number;
  /** Neither RTP nor RTCP, or of more sources at once than can be told apart. */
  readonly refused: number;
  /** What the system did not send. */
  readonly notSent: number;
}

export interface Forwarding extends AsyncDisposable {
  readonly stats: ForwardStats;
}

/** One medium on its way out. */
interface Lane {
  readonly socket: MulticastSocket;
  readonly rtcpTo: TransportAddress;
  readonly rtp: Origins;
  readonly rtcp: Origins;
}

const HOST_TTL = 64;
const GROUP_TTL = 1;

/**
 * Sends on every RTP and RTCP packet of the others, byte for byte as it is on the network (CAL-08): header, SSRC and, unless
 * told otherwise, encryption included; marked with the DSCP that the medium would be sent with. What comes back is not
 * sent again: a source is forwarded from one address only (RFC 3550 §8.2), its reports likewise.
 *
 * @throws {InvalidValueError} when it would go to a group and port of the conference itself, or there are not ports enough
 * @throws {NetworkError} when there is no way to send there
 */
export async function startForwarding(options: ForwardOptions): Promise<Forwarding> {
  const { session, to, decrypt = false, onProblem = () => {} } = options;
  const media = session.transports;
  checkDestination(media, to);
  const lanes = new Map<number, Lane>();
  const sockets: MulticastSocket[] = [];
  try {
    for (const [i, transport] of media.entries()) {
      const socket = await openLane(options, transport, to.port + 2 * i);
      sockets.push(socket);
      socket.onDatagram(() => {}); // whoever answers does not get through to the conference
      socket.onSendProblem(({ message }) => onProblem(message));
      const rtcpTo = { address: to.address, port: to.port + 2 * i + 1 };
      lanes.set(transport.medium, { socket, rtcpTo, rtp: new Origins(), rtcp: new Origins() });
    }
  } catch (error) {
    await Promise.all(sockets.map((it) => it.close()));
    throw error;
  }
  const counts = { rtp: 0, rtcp: 0, looped: 0, refused: 0 };
  const ports = new Set(sockets.map(({ localPort }) => localPort));
  const locals = new Set([...media.map(({ localAddress }) => localAddress), '127.0.0.1', '::1']);
  const end = session.tapDatagrams(
    (datagram) => {
      const { own, kind, medium, from, bytes, at } = datagram;
      const lane = lanes.get(medium);
      if (own || lane === undefined) return;
      const ssrc = ssrcOf(datagram);
      if (ssrc === undefined) {
        counts.refused++;
        return;
      }
      // We take part, too, and hear ourselves where loopback is on.
      if (kind === 'rtcp' && session.transports.some((it) => it.medium === medium && it.ssrc === ssrc))
        return;
      const fromUs = ports.has(from.port) && locals.has(from.address);
      const origin = fromUs ? 'round' : lane[kind].judge(ssrc, from, at);
      if (origin !== 'first') {
        counts[origin === 'round' ? 'looped' : 'refused']++;
        return;
      }
      counts[kind]++;
      // A copy: the bytes are lent, and may be decrypted in place before the system has taken them.
      lane.socket.send(bytes.slice(), kind === 'rtp' ? undefined : lane.rtcpTo);
    },
    decrypt ? 'plain' : 'wire',
  );
  return {
    get stats() {
      const notSent = sockets.reduce((sum, { stats }) => sum + stats.sendErrors + stats.sendDropped, 0);
      return { ...counts, notSent };
    },
    async [Symbol.asyncDispose]() {
      end();
      await Promise.all(sockets.map((it) => it.close()));
    },
  };
}

function openLane(
  { to, ttl, interface: wanted, openSocket = openMulticastSocket }: ForwardOptions,
  transport: TransportInfo,
  port: number,
): Promise<MulticastSocket> {
  const group = isMulticast(to.address);
  const via = wanted ?? (group ? transport.interface.name : undefined);
  return openSocket({
    group: to.address,
    port,
    localPort: 0,
    join: false,
    ttl: ttl ?? (group ? GROUP_TTL : HOST_TTL),
    dscp: transport.qos.requested,
    ...(via === undefined ? {} : { interface: via }),
  });
}

/** @throws {InvalidValueError} */
function checkDestination(media: readonly TransportInfo[], { address, port }: TransportAddress): void {
  const last = port + 2 * media.length - 1;
  if (last > 65_535) {
    throw new InvalidValueError(
      `${formatEndpoint(address, port)}: ${media.length === 1 ? 'RTP and RTCP need' : `${media.length} media need`} the ports up to ${last}, and there are 65535`,
    );
  }
  for (const it of media) {
    if (!sameIp(it.group, address) || ![it.port, it.rtcpPort].some((taken) => taken >= port && taken <= last))
      continue;
    throw new InvalidValueError(
      `${formatEndpoint(address, port)} is where the conference's ${it.mediaType} itself is: it would go round for ever`,
    );
  }
}

/** Whose it is, which is not encrypted either (RFC 3711 §3.1, §3.4); undefined when it is neither RTP nor RTCP. */
function ssrcOf({ kind, bytes }: TappedDatagram): number | undefined {
  const at = kind === 'rtp' ? 8 : 4;
  if (bytes.length < at + 4 || (bytes[0] ?? 0) >>> 6 !== 2) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

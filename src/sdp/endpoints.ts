import type { RtcpAttribute } from './attribute-values.ts';
import { type ConnectionField, connectionAddresses, MAX_ADDRESS_COUNT } from './connection.ts';

/** Where one stream of a medium is sent: an address and its ports. */
export interface MediaEndpoint {
  readonly address: string;
  /** Port of RTP, or of the data when the transport is not RTP. */
  readonly port: number;
  /** Port of RTCP; undefined when the transport is not RTP. Equal to `port` with `a=rtcp-mux`. */
  readonly rtcpPort: number | undefined;
  /** Address of RTCP when `a=rtcp` names another; else the same as `address`. */
  readonly rtcpAddress: string;
  /** 0..255 for IPv4 multicast, else undefined. */
  readonly ttl: number | undefined;
}

/**
 * RTP and RTCP port for the port of an `m=` line.
 *
 * Without `a=rtcp` an odd port is the RTCP port of the pair: RTP takes the even one below (RFC 3550 §11). With
 * `a=rtcp` the RTP port is used as it stands, odd or not (RFC 8866 §5.14).
 *
 * @param port  1..65535
 */
export function rtpPortPair(
  port: number,
  { rtcp, rtcpMux = false }: { rtcp?: RtcpAttribute | undefined; rtcpMux?: boolean } = {},
): { rtp: number; rtcp: number } {
  if (rtcpMux) return { rtp: port, rtcp: port };
  if (rtcp !== undefined) return { rtp: port, rtcp: rtcp.port };
  const base = port % 2 === 0 ? port : port - 1;
  return { rtp: base, rtcp: base + 1 };
}

export interface EndpointSource {
  readonly connections: readonly ConnectionField[];
  readonly port: number;
  readonly portCount: number;
  readonly isRtp: boolean;
  readonly rtcp?: RtcpAttribute | undefined;
  readonly rtcpMux?: boolean;
}

/**
 * The streams of a medium: n ports on one address, one port on n addresses, or n ports and n addresses one to one
 * (RFC 8866 §5.14). Where the numbers differ otherwise, as many pairs as both allow.
 */
export function mediaEndpoints(source: EndpointSource): MediaEndpoint[] {
  const { connections, port, portCount, isRtp, rtcp, rtcpMux = false } = source;
  if (port === 0) return [];
  const targets: { address: string; ttl: number | undefined }[] = [];
  for (const field of connections) {
    if (targets.length >= MAX_ADDRESS_COUNT) break;
    for (const address of connectionAddresses(field)) targets.push({ address, ttl: field.ttl });
  }
  const [first] = targets;
  if (first === undefined) return [];
  const ports = Math.min(portCount, MAX_ADDRESS_COUNT);
  const streams =
    targets.length === 1 || portCount === 1
      ? Math.max(targets.length, ports)
      : Math.min(targets.length, ports);
  const pair = isRtp ? rtpPortPair(port, { rtcp, rtcpMux }) : { rtp: port, rtcp: undefined };
  const step = isRtp && !rtcpMux ? 2 : 1;
  const out: MediaEndpoint[] = [];
  for (let i = 0; i < Math.min(streams, MAX_ADDRESS_COUNT); i++) {
    const { address, ttl } = targets[targets.length === 1 ? 0 : i] ?? first;
    const shift = portCount === 1 ? 0 : i * step;
    const rtcpPort = pair.rtcp === undefined ? undefined : pair.rtcp + shift;
    if (Math.max(pair.rtp + shift, rtcpPort ?? 0) > 65_535) break;
    out.push({ address, port: pair.rtp + shift, rtcpPort, rtcpAddress: rtcp?.address ?? address, ttl });
  }
  return out;
}

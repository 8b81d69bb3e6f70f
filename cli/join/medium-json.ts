import type { TransportInfo } from '../../conference/index.ts';
import { type EncryptionJson, encryptionJson } from './encryption-event.ts';

/** One medium as it was joined, in the JSON of events. */
export interface MediumJson {
  readonly media: string;
  readonly group: string;
  readonly port: number;
  readonly rtcpPort: number;
  readonly ssrc: number;
  readonly interface: string;
  readonly interfaceAddress: string;
  /** Why this interface. */
  readonly interfaceReason: string;
  readonly ttl: number;
  readonly loopback: string;
  /** The mark asked for, and the one that packets have as they leave. */
  readonly dscpRequested: number;
  readonly dscp: number;
  readonly receiveBufferBytes: number;
  readonly rtpReceived: number;
  readonly rtcpReceived: number;
  readonly rtpSent: number;
  readonly rtcpSent: number;
  readonly malformed: number;
  /** Null in the clear. */
  readonly encryption: EncryptionJson | null;
  readonly filtered: number;
  /** Every interface that is listened on; the one above sends. */
  readonly interfaces: readonly string[];
  /** Sources that alone are heard. */
  readonly sources: readonly string[];
  /** Where our RTCP goes; null when nobody would hear it. */
  readonly rtcpTo: string | null;
  readonly rtcpReflected: number;
  readonly rtcpNotReflected: number;
  /** `a=ts-refclk` and `a=mediaclk` (RFC 7273), without these words; empty and null when they are not said. */
  readonly referenceClocks: readonly string[];
  readonly mediaClock: string | null;
  /** How many listen, as the source told. */
  readonly receiversTold: number | null;
  /** Packets that the system threw away; null where it does not say. */
  readonly kernelDrops: number | null;
}

export function mediumJson(transport: TransportInfo): MediumJson {
  return {
    media: transport.mediaType,
    group: transport.group,
    port: transport.port,
    rtcpPort: transport.rtcpPort,
    ssrc: transport.ssrc,
    interface: transport.interface.name,
    interfaceAddress: transport.localAddress,
    interfaceReason: transport.interface.reason,
    ttl: transport.ttl,
    loopback: transport.loopback,
    dscpRequested: transport.qos.requested,
    dscp: transport.qos.effective,
    receiveBufferBytes: transport.receiveBuffer.granted,
    rtpReceived: transport.rtpReceived,
    rtcpReceived: transport.rtcpReceived,
    rtpSent: transport.rtpSent,
    rtcpSent: transport.rtcpSent,
    malformed: transport.malformed,
    encryption: encryptionJson(transport.encryption),
    filtered: transport.filtered,
    interfaces: transport.interface.listenOn.map(({ name }) => name),
    sources: transport.sources,
    rtcpTo: transport.rtcpTo ?? null,
    rtcpReflected: transport.rtcpReflected,
    rtcpNotReflected: transport.rtcpNotReflected,
    referenceClocks: transport.referenceClocks,
    mediaClock: transport.mediaClock ?? null,
    receiversTold: transport.receiversTold ?? null,
    kernelDrops: transport.kernelDrops ?? null,
  };
}

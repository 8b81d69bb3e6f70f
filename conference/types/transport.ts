import type { BufferGrant, ChosenInterface, QosResult } from '../../src/net/index.ts';
import type { EncryptionInfo } from './encryption.ts';
import type { LoopbackMode, MediaType } from './common.ts';

/** How one medium is on the network. */
export interface TransportInfo {
  readonly medium: number;
  readonly mediaType: MediaType;
  readonly group: string;
  readonly port: number;
  readonly rtcpPort: number;
  readonly ssrc: number;
  readonly interface: ChosenInterface;
  /** Address that what we send comes from; for an IPv6 group of link-local scope not the interface's first one. */
  readonly localAddress: string;
  /** The interface has gone: nothing is sent or heard until it is back. */
  readonly away: boolean;
  readonly ttl: number;
  readonly loopback: LoopbackMode;
  readonly qos: QosResult;
  readonly receiveBuffer: BufferGrant;
  readonly warnings: readonly string[];
  readonly rtpReceived: number;
  readonly rtcpReceived: number;
  readonly rtpSent: number;
  readonly rtcpSent: number;
  /** RTP of a payload type that the description does not name. */
  readonly unknownPayloadType: number;
  readonly malformed: number;
  /** Undefined where it is in the clear. */
  readonly encryption: EncryptionInfo | undefined;
  /** Datagrams that no key opens: made with another, or changed on the way; 0 where nothing is encrypted. */
  readonly authenticationFailed: number;
  /** Encrypted datagrams that had been received before, or were too old to tell. */
  readonly replayed: number;
  /** Datagrams that name a key that is not known here. */
  readonly unknownKey: number;
  /** Refused by the source filter. */
  readonly filtered: number;
  /** Sources that alone are heard; empty for everybody. */
  readonly sources: readonly string[];
  /** Addresses that send RTP to the group and are not admitted, as far as it was noticed. */
  readonly foreignSources: readonly string[];
  /** Where our RTCP goes: to the group, or to the feedback target; undefined when nobody would hear it. */
  readonly rtcpTo: string | undefined;
  /** Reports of receivers that we, the feedback target, sent on to the group, and those that we did not. */
  readonly rtcpReflected: number;
  readonly rtcpNotReflected: number;
  /** Clocks that the sender's timestamps are of, as behind `a=ts-refclk:`, any as good as the others (RFC 7273 §4.8). */
  readonly referenceClocks: readonly string[];
  /** Where its RTP timestamps come from, as behind `a=mediaclk:` (RFC 7273 §5.4); undefined when it is not said. */
  readonly mediaClock: string | undefined;
  /** How many listen, by the source's summary; undefined without one. */
  readonly receiversTold: number | undefined;
  /** Participants whose sender reports tell of packets, of which none has arrived. */
  readonly sendersUnheard: number;
  /** Our own packets that came back. */
  readonly ownLooped: number;
  /** Datagrams the kernel threw away; undefined where it does not say. */
  readonly kernelDrops: number | undefined;
  readonly sendErrors: number;
}

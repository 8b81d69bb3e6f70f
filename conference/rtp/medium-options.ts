import type { RandomSource } from '../../src/machine.ts';
import type { Clock, InterfaceWish, openMulticastSocket, TrafficLabels } from '../../src/net/index.ts';
import type { SdesItems } from '../../src/rtcp/index.ts';
import type { RtpSessionEvent, VoiceMetrics } from '../../src/rtp/index.ts';
import type { ConferenceEvent, ExtendedReportWish, LoopbackMode } from '../types/index.ts';
import type { BlockClock } from './block-clock.ts';
import type { ReceivedDigit } from './digit-receiver.ts';
import type { Medium } from './medium.ts';
import type { MediumPlan } from './medium-plan.ts';
import type { PacketTaps } from './packet-taps.ts';
import type { LookupHost } from './resolve-sources.ts';

/** What a medium has to be told. */
export interface MediumOptions {
  readonly plan: MediumPlan;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly cname: string;
  readonly sdes: Omit<SdesItems, 'cname'>;
  readonly loopback: LoopbackMode;
  readonly interface: InterfaceWish;
  readonly sendInterface: string | undefined;
  readonly ttl: number | undefined;
  readonly labels: TrafficLabels | undefined;
  readonly openSocket: typeof openMulticastSocket;
  readonly lookup: LookupHost;
  /** The beat, which is told of every datagram. */
  readonly blocks: Pick<BlockClock, 'nextDue' | 'received'>;
  readonly taps: PacketTaps;
  readonly extendedReports: ExtendedReportWish;
  /** What is known of how a source is played, for extended reports. */
  readonly voice: (medium: Medium, ssrc: number) => VoiceMetrics | undefined;
  readonly emit: (event: ConferenceEvent) => void;
  readonly onEvent: (medium: Medium, event: RtpSessionEvent) => void;
  readonly onDigit: (medium: Medium, digit: ReceivedDigit) => void;
}

/** Octets of IP and UDP headers before each packet to a group. */
export function headerBytes(group: string): number {
  return group.includes(':') ? 48 : 28;
}

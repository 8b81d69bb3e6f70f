import type { MulticastSocketOptions } from '../../src/net/index.ts';
import type { MediumOptions } from './medium-options.ts';
import type { MediumPlan } from './medium-plan.ts';

/** How the sockets of one medium are to be opened. */
export interface SocketWishes {
  readonly rtp: MulticastSocketOptions;
  /** Undefined when RTCP uses the socket of RTP. */
  readonly rtcp: MulticastSocketOptions | undefined;
}

/** @param paced whether what is sent leaves at exact times */
export function socketWishes(
  { clock, loopback, labels, interface: wanted, sendInterface, ttl }: MediumOptions,
  plan: MediumPlan,
  dscp: number,
  paced: boolean,
): SocketWishes {
  const hops = ttl ?? plan.ttl;
  const common = {
    interface: wanted,
    ...(sendInterface === undefined ? {} : { sendInterface }),
    ...(plan.sources.length === 0 ? {} : { sources: plan.sources }),
    ...(plan.excludedSources.length === 0 ? {} : { excludedSources: plan.excludedSources }),
    ...(hops === undefined ? {} : { ttl: hops }),
    loopback: loopback !== 'none',
    dscp,
    ...(labels === undefined ? {} : { labels }),
    clock,
  };
  const muxed = plan.rtcpPort === plan.port && plan.rtcpGroup === plan.group;
  return {
    rtp: { ...common, ...(paced ? { paced } : {}), group: plan.group, port: plan.port },
    rtcp: muxed ? undefined : { ...common, group: plan.rtcpGroup, port: plan.rtcpPort },
  };
}

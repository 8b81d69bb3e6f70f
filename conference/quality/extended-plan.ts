import type { ExtendedReportPlan, RtpSource, VoiceMetrics } from '../../src/rtp/index.ts';
import type { RtcpXrFormat } from '../../src/sdp/index.ts';
import type { ExtendedReportWish } from '../types/index.ts';

/**
 * Which extended reports to send. A multicast description declares what all are to send (RFC 3611 §5.3): without an
 * `a=rtcp-xr` it is nothing, with an empty one too.
 *
 * @param declared `a=rtcp-xr` of the medium; undefined when there is none, or it cannot be read
 * @param voice measures of a source's player; asked only when VoIP metrics are to be sent
 * @returns undefined when none are to be sent
 */
export function extendedReportPlan(
  declared: readonly RtcpXrFormat[] | undefined,
  wish: ExtendedReportWish,
  voice: (source: RtpSource) => VoiceMetrics | undefined,
): ExtendedReportPlan | undefined {
  if (wish === 'never') return undefined;
  if (wish === 'always') {
    const statistics = { loss: true, duplicates: true, jitter: true };
    return { statistics, voice, referenceTime: 'all' };
  }
  let plan: ExtendedReportPlan | undefined;
  for (const format of declared ?? []) {
    if (format.name === 'stat-summary') {
      const all = format.flags.length === 0;
      const has = (flag: (typeof format.flags)[number]): boolean => all || format.flags.includes(flag);
      const statistics = { loss: has('loss'), duplicates: has('dup'), jitter: has('jitt') };
      plan = { ...plan, statistics };
    } else if (format.name === 'voip-metrics') {
      plan = { ...plan, voice };
    } else if (format.name === 'rcvr-rtt') {
      const size = format.maxSize === undefined ? {} : { maxDelayBytes: format.maxSize };
      plan = { ...plan, referenceTime: format.mode, ...size };
    }
  }
  return plan;
}

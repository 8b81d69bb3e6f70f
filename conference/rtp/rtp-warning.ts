import type { RtpSessionEvent } from '../../src/rtp/index.ts';
import type { MediumWarning } from './medium-info.ts';

/** What the user should know of something that happened in an RTP session; undefined for what is usual. */
export function rtpWarning(event: RtpSessionEvent): MediumWarning | undefined {
  if (event.type === 'collision') {
    return {
      code: 'collision',
      message: `Two senders use the SSRC ${hex(event.source.ssrc)}: the one at ${event.rejected.address} is ignored`,
    };
  }
  if (event.type === 'ownSsrcChanged') {
    return {
      code: 'ownSsrcChanged',
      message: `${event.from.address} uses our SSRC: ours is now ${hex(event.after)}`,
    };
  }
  if (event.type === 'loop') {
    return {
      code: 'loop',
      message: `Our own packets come back through ${event.from.address}; they are ignored`,
    };
  }
  return undefined;
}

function hex(ssrc: number): string {
  return ssrc.toString(16).padStart(8, '0');
}

import type { Clock } from '../../../src/net/index.ts';
import type { RtpSession } from '../../../src/rtp/index.ts';
import type { MediaKey } from '../../../src/sdp/index.ts';
import { MediumProtection } from './medium-protection.ts';

/** What protects a medium with such keys; undefined where there are none. */
export function protect(
  keys: readonly MediaKey[],
  clock: Clock,
  session: () => RtpSession,
): MediumProtection | undefined {
  if (keys.length === 0) return undefined;
  return new MediumProtection({
    keys,
    packetsSent: (ssrc) => session().sources.get(ssrc)?.senderInfo?.packets,
    isKnown: (ssrc) => session().sources.has(ssrc),
    now: clock.wall(),
  });
}

import type { WireReader, WireWriter } from '../wire/index.ts';
import { RTCP_BYE, writeRtcpPacket } from './header.ts';
import { padToWord, readText, writeText } from './text.ts';

/** BYE: sources that leave (RFC 3550 §6.6). */
export interface Bye {
  readonly type: 'bye';
  /** At most 31. */
  readonly ssrcs: readonly number[];
  /** At most 255 bytes of UTF-8. */
  readonly reason?: string;
}

export function readBye(r: WireReader, count: number): Bye {
  const ssrcs: number[] = [];
  while (ssrcs.length < count) ssrcs.push(r.u32());
  return r.remaining === 0 ? { type: 'bye', ssrcs } : { type: 'bye', ssrcs, reason: readText(r, r.u8()) };
}

export function writeBye(w: WireWriter, bye: Bye): void {
  writeRtcpPacket(w, RTCP_BYE, bye.ssrcs.length, () => {
    for (const ssrc of bye.ssrcs) w.u32(ssrc);
    if (bye.reason !== undefined) writeText(w, 'BYE reason', bye.reason);
    padToWord(w);
  });
}

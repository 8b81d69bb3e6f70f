import { words } from './lines.ts';

/** `a=rtcp-unicast:` of RFC 5760 §10.1: receivers send their RTCP to the feedback target, by unicast. */
export interface RtcpUnicast {
  /** `reflection`: the target sends it on to the group. `rsi`: it sends summaries instead. */
  readonly mode: 'reflection' | 'rsi';
  /** What follows the mode, such as the reports of `rsi` wanted. */
  readonly parameters: readonly string[];
}

/** Reads `rtcp-unicast:<mode> [<parameters>]`; undefined for a mode that is not RFC 5760's. */
export function readRtcpUnicast(text: string): RtcpUnicast | undefined {
  const match = /^rtcp-unicast:\s*(reflection|rsi)(?=\s|$)(.*)$/.exec(text);
  if (match === null) return undefined;
  const [, mode, rest = ''] = match;
  return { mode: mode === 'rsi' ? 'rsi' : 'reflection', parameters: words(rest) };
}

/** Reads `multicast-rtcp:<port>`, the port of RTCP in a source-specific group (RFC 6128 §3). */
export function readMulticastRtcp(text: string): number | undefined {
  const match = /^multicast-rtcp:\s*(\d{1,5})\s*$/.exec(text);
  const port = Number(match?.[1] ?? 0);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

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

/** One kind of feedback that may be sent, of `a=rtcp-fb` (RFC 4585 §4.2). */
export interface RtcpFeedback {
  /** Of which payload type; undefined for all. */
  readonly payloadType: number | undefined;
  /** `nack`, `ack`, `ccm`, `trr-int`, … as written. */
  readonly value: string;
  /** What follows, such as `pli`, `fir`. */
  readonly parameters: readonly string[];
}

/** Reads `rtcp-fb:<payload type or *> <value> [<parameters>]`; undefined when it has not that form. */
export function readRtcpFeedback(text: string): RtcpFeedback | undefined {
  const match = /^rtcp-fb:\s*(\*|\d{1,3})\s+([\w-]+)(?=\s|$)(.*)$/.exec(text);
  if (match === null) return undefined;
  const [, type, value = '', rest = ''] = match;
  const payloadType = type === '*' ? undefined : Number(type);
  if (payloadType !== undefined && payloadType > 127) return undefined;
  return { payloadType, value, parameters: words(rest) };
}

/** Reads `multicast-rtcp:<port>`, the port of RTCP in a source-specific group (RFC 6128 §3). */
export function readMulticastRtcp(text: string): number | undefined {
  const match = /^multicast-rtcp:\s*(\d{1,5})\s*$/.exec(text);
  const port = Number(match?.[1] ?? 0);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

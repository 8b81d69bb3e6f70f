import { words } from './lines.ts';

/** One extended report that may be sent, of `a=rtcp-xr:` (RFC 3611 §5.1). */
export type RtcpXrFormat =
  | {
      readonly name: 'pkt-loss-rle' | 'pkt-dup-rle' | 'pkt-rcpt-times';
      /** Most bytes of one block. */
      readonly maxSize?: number;
    }
  | {
      readonly name: 'rcvr-rtt';
      /** Who sends reference times: `all`, or those only that send media too. */
      readonly mode: 'all' | 'sender';
      /** Most bytes of a DLRR block. */
      readonly maxSize?: number;
    }
  /** What the summary is to tell, as written. */
  | { readonly name: 'stat-summary'; readonly flags: readonly RtcpXrStatistic[] }
  | { readonly name: 'voip-metrics' }
  /** A report that is not RFC 3611's, such as those of RFC 6776 and its kin. */
  | { readonly name: 'extension'; readonly text: string };

type RtcpXrStatistic = 'loss' | 'dup' | 'jitt' | 'TTL' | 'HL';
const STATISTICS: readonly string[] = ['loss', 'dup', 'jitt', 'TTL', 'HL'] satisfies RtcpXrStatistic[];
const OWN_NAMES = /^(?:pkt-loss-rle|pkt-dup-rle|pkt-rcpt-times|rcvr-rtt|stat-summary|voip-metrics)(?![\w-])/;

/**
 * Reads `rtcp-xr:[<report> <report>…]` (RFC 3611 §5.1).
 *
 * @returns none for an empty list, which says that nothing is to be sent; undefined when one of RFC 3611's own reports
 *   has not its form
 */
export function readRtcpXr(text: string): RtcpXrFormat[] | undefined {
  const match = /^rtcp-xr(?::(.*))?$/.exec(text);
  if (match === null) return undefined;
  const formats = words(match[1] ?? '').map(readFormat);
  const read = formats.filter((format) => format !== undefined);
  return read.length === formats.length ? read : undefined;
}

function readFormat(text: string): RtcpXrFormat | undefined {
  if (!OWN_NAMES.test(text)) return { name: 'extension', text };
  const sized = /^(pkt-loss-rle|pkt-dup-rle|pkt-rcpt-times)(?:=(\d{1,9}))?$/.exec(text);
  if (sized !== null) {
    const name = sized[1] === 'pkt-loss-rle' || sized[1] === 'pkt-dup-rle' ? sized[1] : 'pkt-rcpt-times';
    return { name, ...sizeOf(sized[2]) };
  }
  const roundTrip = /^rcvr-rtt=(all|sender)(?::(\d{1,9}))?$/.exec(text);
  if (roundTrip !== null) {
    return { name: 'rcvr-rtt', mode: roundTrip[1] === 'all' ? 'all' : 'sender', ...sizeOf(roundTrip[2]) };
  }
  if (text === 'voip-metrics') return { name: 'voip-metrics' };
  const summary = /^stat-summary(?:=(.+))?$/.exec(text);
  if (summary === null) return undefined;
  const flags = summary[1]?.split(',') ?? [];
  return flags.every(isStatistic) ? { name: 'stat-summary', flags } : undefined;
}

function isStatistic(flag: string): flag is RtcpXrStatistic {
  return STATISTICS.includes(flag);
}

function sizeOf(digits: string | undefined): { maxSize?: number } {
  return digits === undefined ? {} : { maxSize: Number(digits) };
}

import { formatIp, parseIp } from '../ip/index.ts';

/** Whether a datagram from that address is wanted. */
export type SourceFilter = (address: string) => boolean;

/**
 * RFC 4570 source filters, checked per datagram: the network filters a source-specific join, but not an exclusion,
 * and not what another socket on this host asked for. Undefined when everything is wanted.
 */
export function sourceFilter(
  sources: readonly string[],
  excludedSources: readonly string[],
): SourceFilter | undefined {
  if (sources.length === 0 && excludedSources.length === 0) return undefined;
  const include = sources.length > 0;
  const listed = new Set((include ? sources : excludedSources).map(withoutZone));
  return (address) => {
    const percent = address.indexOf('%'); // the system gives link-local senders a zone
    return listed.has(percent < 0 ? address : address.slice(0, percent)) === include;
  };
}

function withoutZone(address: string): string {
  return formatIp({ bytes: parseIp(address).bytes });
}

import { formatIp, isMulticast, isSourceSpecific, tryParseIp } from '../../ip/index.ts';
import { readSourceFilter, type SourceFilter } from '../attribute-values.ts';
import type { SdpLine } from '../lines.ts';
import type { MediaDescription } from '../media.ts';
import { type Report, show } from './report.ts';

const RULE = 'RFC 4570 §3';

/** `a=source-filter` (RFC 4570 §3) and source-specific groups without one (RFC 4607). */
export function checkSourceFilters(
  report: Report,
  media: readonly MediaDescription[],
  lines: readonly SdpLine[],
): void {
  const addresses = media.map((medium) => new Set(medium.addresses.map(canonical)));
  const everywhere = new Set(addresses.flatMap((set) => [...set]));
  const levels = new Map<number | undefined, Map<string, { mode: string; number: number }>>();
  for (const { type, number, value, media: index } of lines) {
    if (type !== 'a' || !value.startsWith('source-filter:')) continue;
    const level = levels.get(index) ?? new Map<string, { mode: string; number: number }>();
    levels.set(index, level);
    const filter = readSourceFilter(value);
    if (filter === undefined) {
      const advice = 'write "a=source-filter: incl IN IP4 <group> <source>..."';
      report.error(number, RULE, `${show(value)} cannot be read`, advice);
      continue;
    }
    checkFilter(report, number, filter);
    const destination = canonical(filter.destination);
    const first = level.get(destination);
    if (first !== undefined) {
      const message = `a second filter for ${show(destination)}; the one in line ${first.number} counts`;
      report.error(number, RULE, message, 'put all sources in one line');
    } else level.set(destination, { mode: filter.mode, number });
    const reached = index === undefined ? everywhere : addresses[index];
    if (destination !== '*' && media.length > 0 && reached?.has(destination) === false) {
      const where = index === undefined ? 'any medium' : 'this medium';
      const message = `${show(destination)} is not an address of ${where}`;
      report.warn(number, RULE, message, 'write the address of the c= line');
    }
  }
  const starts = lines.filter(({ type }) => type === 'm');
  for (const [index, set] of addresses.entries()) {
    const level = levels.get(index) ?? levels.get(undefined); // a medium's own filters replace the session's
    const bare = [...set].find(
      (group) => isSourceSpecific(group) && (level?.get(group) ?? level?.get('*'))?.mode !== 'incl',
    );
    if (bare === undefined) continue;
    const message = `group ${bare} is source-specific, but no source is named`;
    const advice = `add "a=source-filter: incl IN ${bare.includes(':') ? 'IP6' : 'IP4'} ${bare} <source>"`;
    report.error(starts[index]?.number ?? 1, 'RFC 4607 §4.1', message, advice);
  }
}

/** One spelling for each address; names and `*` stay. */
function canonical(address: string): string {
  const ip = tryParseIp(address);
  return ip === undefined ? address : formatIp(ip);
}

function checkFilter(report: Report, number: number, filter: SourceFilter): void {
  const { mode, netType, addressType, destination, sources } = filter;
  if (netType !== 'IN') report.warn(number, RULE, `network type ${show(netType)} is not IN`, 'write "IN"');
  if (destination.includes('/')) {
    report.error(
      number,
      RULE,
      `${show(destination)} has a slash`,
      'leave TTL and count out; one line per address',
    );
    return;
  }
  const family = tryParseIp(destination)?.family;
  if (addressType === '*' && family !== undefined) {
    report.error(number, RULE, 'address type * with an address', `write IP${family}`);
  }
  if (family !== undefined && addressType !== '*' && addressType !== `IP${family}`) {
    report.error(number, RULE, `${addressType} with ${destination}`, `write IP${family}`);
  }
  for (const source of sources) {
    const sourceFamily = tryParseIp(source)?.family;
    if (isMulticast(source)) {
      report.error(number, RULE, `source ${source} is a group`, 'give the address of a sender');
    } else if (sourceFamily !== undefined && addressType !== '*' && addressType !== `IP${sourceFamily}`) {
      report.error(
        number,
        RULE,
        `source ${source} is not ${addressType}`,
        'sources and group are of one family',
      );
    }
  }
  if (mode === 'excl' && isSourceSpecific(destination)) {
    const message = `excl for the source-specific group ${destination}`;
    report.error(number, 'RFC 4607 §4.1', message, 'name the sources that may be heard, with incl');
  }
}

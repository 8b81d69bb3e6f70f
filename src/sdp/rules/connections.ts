import { addToIp, formatIp, isMulticast, reservedGroupReason, tryParseIp } from '../../ip/index.ts';
import { MAX_ADDRESS_COUNT, parseBandwidth, parseConnection } from '../connection.ts';
import type { SdpLine } from '../lines.ts';
import { type Report, show } from './report.ts';
import { checkAddressWords } from './session-fields.ts';

const KNOWN_MODIFIERS = ['CT', 'AS', 'TIAS', 'RS', 'RR'];

/** `c=` and `b=` of any level (RFC 8866 §5.7, §5.8). */
export function checkConnections(report: Report, lines: readonly SdpLine[]): void {
  for (const line of lines) {
    if (line.type === 'c') checkConnection(report, line);
    else if (line.type === 'b') checkBandwidth(report, line);
  }
}

function checkConnection(report: Report, { number, value, media }: SdpLine): void {
  const rule = 'RFC 8866 §5.7';
  const field = parseConnection(value);
  if (field === undefined) {
    if (/^\S+\s+IP6\s+[^\s/]+\/\d+\/\d+\s*$/.test(value)) {
      report.error(number, rule, 'IPv6 has no TTL', 'write "c=IN IP6 <address>/<count>"');
    } else {
      const advice = 'write "c=IN IP4 <group>/<ttl>" or "c=IN IP6 <group>"';
      report.error(number, rule, `${show(value)} is not connection data`, advice);
    }
    return;
  }
  const { addressType, address, ttl, count } = field;
  checkAddressWords(report, number, rule, field);
  const group = isMulticast(address);
  if (tryParseIp(address) !== undefined && !group && (ttl !== undefined || count > 1)) {
    report.error(number, rule, `slash behind the unicast address ${address}`, 'remove it');
  }
  if (group && addressType === 'IP4' && ttl === undefined) {
    report.error(number, rule, `no TTL behind the group ${address}`, `write "${address}/15", say`);
  }
  if (ttl !== undefined && ttl > 255) report.error(number, rule, `TTL ${ttl} is above 255`, 'use 1 to 255');
  if (group && ttl === 0) {
    report.warn(
      number,
      rule,
      'TTL 0 never leaves the machine',
      'use 1 for the local network, more beyond it',
    );
  }
  if (count > MAX_ADDRESS_COUNT) {
    const message = `${count} addresses; only the first ${MAX_ADDRESS_COUNT} are used`;
    report.error(number, rule, message, 'give fewer');
  }
  if (count > 1 && media === undefined) {
    report.error(
      number,
      rule,
      'several addresses at session level',
      'put them below the m= of a layered coding',
    );
  }
  if (group) checkGroups(report, number, address, Math.min(count, MAX_ADDRESS_COUNT));
}

function checkGroups(report: Report, number: number, address: string, count: number): void {
  const first = tryParseIp(address);
  const last = first === undefined ? undefined : addToIp(first, count - 1);
  if (last === undefined || !isMulticast(formatIp(last))) {
    report.error(number, 'RFC 8866 §5.7', `${count} addresses run out of the multicast range`, 'start lower');
    return;
  }
  const reason = reservedGroupReason(address) ?? reservedGroupReason(formatIp(last));
  if (reason !== undefined) {
    report.warn(number, 'RFC 5771 §3', `group ${address}: ${reason}`, 'draw one from 239.255.0.0/16, say');
  }
}

function checkBandwidth(report: Report, { number, value }: SdpLine): void {
  const rule = 'RFC 8866 §5.8';
  const bandwidth = parseBandwidth(value);
  if (bandwidth === undefined) {
    report.error(number, rule, `${show(value)} is not <modifier>:<number>`, 'write "b=AS:<kilobit/s>", say');
  } else if (bandwidth.modifier.startsWith('X-')) {
    report.warn(number, rule, `experimental modifier ${show(bandwidth.modifier)}`, 'use CT, AS or TIAS');
  } else if (!KNOWN_MODIFIERS.includes(bandwidth.modifier)) {
    report.warn(number, rule, `modifier ${show(bandwidth.modifier)} is ignored`, 'use CT, AS or TIAS');
  }
}

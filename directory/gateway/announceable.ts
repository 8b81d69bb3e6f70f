import {
  ADVERTISING_SCOPES,
  type AdvertisingScope,
  poolFor,
  scopeOfGroup,
  tryParseIp,
} from '../../src/ip/index.ts';
import { sapGroupsFor } from '../../src/sap/index.ts';
import type { Conference } from '../conference.ts';
import { groupsOf } from '../dialect/groups-of.ts';
import type { NotAnnounced } from './types.ts';

/** Whether and where a conference is announced. */
export type Announceability =
  | {
      readonly groups: readonly string[];
      /** When it is over for good; undefined for never. */
      readonly endsAt: Date | undefined;
    }
  | { readonly reason: NotAnnounced };

/**
 * Whether a conference of a directory may be announced, and to which SAP groups: those of its media's groups (RFC 2974 §3),
 * but none that reaches further than the conference itself does.
 *
 * A conference reaches as far as the narrower of its TTL and its group's zone. IPv4 has no SAP group for the link alone, and
 * announcements have TTL 255, so what is local is not announced; IPv6 has one.
 *
 * @param scopes those that are wanted at all
 */
export function announceability(
  conference: Conference,
  now: Date,
  scopes: ReadonlySet<AdvertisingScope>,
): Announceability {
  const { sdp, origin, isEncrypted, stopTime } = conference;
  if (origin !== undefined) return { reason: 'copy' };
  if (sdp?.key === undefined) return { reason: 'noDescription' };
  if (isEncrypted) return { reason: 'encrypted' };
  const media = groupsOf(conference);
  if (media.length === 0) return { reason: 'noGroup' };
  const [next] = conference.occurrences(now).take(1).toArray();
  if (next === undefined) return { reason: 'over' };
  const reach = conference.advertisingScope;
  const all = new Set<string>();
  for (const { address } of media) {
    const scope = narrower(reach, scopeOfGroup(address));
    if (scope === undefined) continue;
    const groups = announcedTo(address, scope);
    if (groups.length === 0) return { reason: 'local' }; // parts of a session are not announced
    if (!scopes.has(scope)) return { reason: 'scope' };
    for (const group of groups) all.add(group);
  }
  if (all.size === 0) return { reason: 'noGroup' };
  return { groups: [...all], endsAt: stopTime ?? undefined };
}

/** The SAP groups for media on a group that are to reach so far: none where there is none so narrow. */
function announcedTo(address: string, scope: AdvertisingScope): readonly string[] {
  const family = tryParseIp(address)?.family;
  if (family === undefined || (family === 4 && scope === 'local')) return [];
  const fitting = sapGroupsFor(address).filter((group) => isWithinScope(scopeOfGroup(group), scope));
  if (fitting.length > 0) return fitting;
  return [poolFor(scope, family).zone.sapGroup]; // where what is meant for the scope goes, whatever its media's group
}

function isWithinScope(scope: AdvertisingScope | undefined, limit: AdvertisingScope): boolean {
  return scope !== undefined && ADVERTISING_SCOPES.indexOf(scope) <= ADVERTISING_SCOPES.indexOf(limit);
}

function narrower(
  a: AdvertisingScope | undefined,
  b: AdvertisingScope | undefined,
): AdvertisingScope | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return isWithinScope(a, b) ? a : b;
}

import { isMulticast } from '../ip/index.ts';
import { connectionAddresses, parseSessionDescription } from '../sdp/index.ts';
import { sapGroupsFor, type SapScope } from './groups.ts';

/**
 * The SAP groups of a description: those of each group that its media go to (RFC 2974 §3).
 *
 * @param scopes administrative scopes of this network
 * @returns none when no medium goes to a multicast group
 * @throws {DecodeError} for what is no description
 */
export function sapGroupsOf(description: string | Uint8Array, scopes: readonly SapScope[] = []): string[] {
  const session = parseSessionDescription(description);
  const ofMedia = [...session.media].flatMap(({ groups }) => groups);
  const groups =
    ofMedia.length > 0
      ? ofMedia
      : session.connection.all.flatMap((field) => connectionAddresses(field)).filter(isMulticast);
  return [...new Set(groups.flatMap((group) => sapGroupsFor(group, scopes)))];
}

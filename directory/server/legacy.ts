/**
 * Everything the service does for locator clients of the 1990s (NetMeeting, TAPI) that LDAP does not ask for. It is on
 * unless the service is made with `legacy: false`, and then nothing of it is left but names in the schema:
 *
 * - `legacy-names.ts`: names such as `c=-, o=Microsoft, cn=<e-mail>, objectClass=rtPerson`; an entry added without a
 *   class gets the one of its name;
 * - `legacy-search.ts`: base `objectClass=rtPerson` with scope base, there `%` as
 *   wildcard in `cn`, and `sttl` in a filter;
 * - `legacy-registration.ts`: a person and the person's application are written, refreshed, found,
 *   renamed and deleted together;
 * - Sicily binds, refused in the form those clients understand.
 *
 * Not part of it: LDAPv2 (RFC 1777) is spoken with everybody, and the short attribute names (`sAppID`, `sTTL`, …) are
 * names of the schema.
 */
import {
  type AddRequest,
  type BindRequest,
  type CompareRequest,
  context,
  type DelRequest,
  type LdapRequest,
  type ModifyDNRequest,
  type ModifyRequest,
  type PartialAttribute,
  type SearchRequest,
  textAttribute,
} from '../../src/ldap/index.ts';
import { readPseudoDn } from './legacy-names.ts';
import {
  deleteRegistration,
  isJoined,
  joinedAttribute,
  modifyRegistration,
  refreshBySearch,
  renameRegistration,
} from './legacy-registration.ts';
import { readRefreshSearch, translateSearch } from './legacy-search.ts';
import { attributeType } from './schema.ts';

type NamingRequest =
  | SearchRequest
  | AddRequest
  | ModifyRequest
  | DelRequest
  | ModifyDNRequest
  | CompareRequest;

/** What operations look at as `context.legacy`, which is undefined where the profile is off. */
export const legacyProfile = {
  /** The same request in ordinary LDAP, as far as that can say it. */
  translate<Op extends LdapRequest>(op: Op): Op | NamingRequest {
    switch (op.type) {
      case 'searchRequest':
        return translateSearch(op);
      case 'addRequest':
        return translateAdd(op);
      case 'delRequest':
      case 'compareRequest':
      case 'modDNRequest':
        return { ...op, entry: entryName(op.entry) };
      case 'modifyRequest':
        return { ...op, object: entryName(op.object) };
      case 'bindRequest':
      case 'unbindRequest':
      case 'abandonRequest':
      case 'extendedRequest':
        break;
    }
    return op;
  },
  /** Whether the client binds by Sicily, which it will stop when it is told 48 (inappropriateAuthentication). */
  isSicily: ({ authentication }: BindRequest): boolean =>
    authentication.kind === 'other' && SICILY_TAGS.has(authentication.tag),
  /** Whether a search changes entries. */
  isRefresh: ({ filter }: SearchRequest): boolean => readRefreshSearch(filter) !== undefined,
  refreshBySearch,
  modify: modifyRegistration,
  deleteEntry: deleteRegistration,
  rename: renameRegistration,
  isJoined,
  joinedAttribute,
} as const;
export type LegacyProfile = typeof legacyProfile;

/** packageDiscovery, negotiate and response, the choices that Sicily adds to a bind ([MS-ADTS] §5.1.1.1.3). */
const SICILY_TAGS: ReadonlySet<number> = new Set([context(9), context(10), context(11)]);

const entryName = (dn: string): string => readPseudoDn(dn)?.dn ?? dn;

function translateAdd(request: AddRequest): AddRequest {
  const name = readPseudoDn(request.entry);
  if (name === undefined) return request;
  const isClass = ({ type }: PartialAttribute): boolean => attributeType(type)?.key === 'objectclass';
  const attributes = request.attributes.some(isClass)
    ? request.attributes
    : [textAttribute('objectClass', name.objectClass, 'dynamicObject'), ...request.attributes];
  return { ...request, entry: name.dn, attributes };
}

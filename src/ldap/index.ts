/**
 * LDAP on the wire and in text: RFC 4511, 4514, 4515, 4516, with the values of RFC 2589, 2696, 2891, 3909, 4370, 4527,
 * 4528, 4532, 4533 and of persistent searches.
 */
export { ASSERTION, assertionControl, decodeAssertion } from './assertion.ts';
export type { PartialAttribute } from './attribute.ts';
export { readAttributeList, textAttribute, writeAttribute } from './attribute.ts';
export {
  BerReader,
  BerWriter,
  DEFAULT_MAX_DEPTH,
  MAX_INT,
  TAG,
  context,
  utf8Bytes,
  utf8Text,
} from './ber.ts';
export type { AuthenticationChoice, BindRequest, BindResponse } from './bind.ts';
export { decodeCancelRequest, encodeCancelRequest } from './cancel.ts';
export type { Control } from './control.ts';
export { MANAGE_DSA_IT, writeControls } from './control.ts';
export type { AttributeTypeAndValue, DistinguishedName, DnRules, Rdn } from './dn.ts';
export {
  MAX_DN_LENGTH,
  dnEquals,
  escapeDnValue,
  normalizeDn,
  normalizeRdn,
  parentDn,
  parseDn,
  rdnValueOctets,
  serializeDn,
  serializeRdn,
} from './dn.ts';
export type { ExtendedRequest, ExtendedResponse, IntermediateResponse } from './extended.ts';
export { EXTENDED } from './extended.ts';
export type { ExtensibleFilter, Filter, SubstringFilter } from './filter.ts';
export { writeFilter } from './filter.ts';
export { DEFAULT_FILTER_DEPTH, escapeFilterValue, parseFilter, serializeFilter } from './filter-text.ts';
export { DEFAULT_MAX_MESSAGE_BYTES, LdapFramer } from './framer.ts';
export type {
  AbandonRequest,
  AddResponse,
  CompareResponse,
  DelResponse,
  LdapMessage,
  LdapRequest,
  LdapResponse,
  ModifyDNResponse,
  ModifyResponse,
  ProtocolOp,
  UnbindRequest,
} from './message.ts';
export { decodeMessage, encodeMessage, peekMessageId, writeMessage } from './message.ts';
export type { PasswordModifyRequestValue } from './password-modify.ts';
export {
  decodeGeneratedPassword,
  decodePasswordModifyRequest,
  encodeGeneratedPassword,
  encodePasswordModifyRequest,
} from './password-modify.ts';
export type { PagedResultsValue } from './paged-results.ts';
export { PAGED_RESULTS, decodePagedResults, pagedResultsControl } from './paged-results.ts';
export type { ChangeType, EntryChangeValue, PersistentSearchValue } from './persistent-search.ts';
export {
  decodeEntryChange,
  decodePersistentSearch,
  ENTRY_CHANGE,
  entryChangeControl,
  PERSISTENT_SEARCH,
  persistentSearchControl,
} from './persistent-search.ts';
export {
  decodeProxiedAuthorization,
  PROXIED_AUTHORIZATION,
  proxiedAuthorizationControl,
} from './proxied-authorization.ts';
export type { ReadEntryOid } from './read-entry.ts';
export {
  decodeReadEntryRequest,
  decodeReadEntryResponse,
  READ_ENTRY,
  readEntryRequestControl,
  readEntryResponseControl,
} from './read-entry.ts';
export type { RefreshRequestValue } from './refresh.ts';
export {
  MAX_TTL_SECONDS,
  decodeRefreshRequest,
  decodeRefreshResponse,
  encodeRefreshRequest,
  encodeRefreshResponse,
} from './refresh.ts';
export type { LdapResult } from './result.ts';
export type { ResultName } from './result-codes.ts';
export { RESULT, resultName } from './result-codes.ts';
export type {
  DerefAliases,
  SearchRequest,
  SearchResultDone,
  SearchResultEntry,
  SearchResultReference,
  SearchScope,
} from './search.ts';
export { SD_FLAGS, SD_PART, sdFlagsControl } from './sd-flags.ts';
export type { SortKey, SortResult } from './server-side-sort.ts';
export {
  decodeSortRequest,
  decodeSortResult,
  SORT,
  sortRequestControl,
  sortResultControl,
} from './server-side-sort.ts';
export { prepareCaseExact, prepareCaseIgnore, prepareSubstring } from './string-prep.ts';
export type {
  SyncDoneValue,
  SyncInfoValue,
  SyncMode,
  SyncRequestValue,
  SyncState,
  SyncStateValue,
} from './sync.ts';
export {
  decodeSyncDone,
  decodeSyncInfo,
  decodeSyncRequest,
  decodeSyncState,
  SYNC,
  syncDoneControl,
  syncInfo,
  syncRequestControl,
  syncStateControl,
} from './sync.ts';
export type {
  AddRequest,
  CompareRequest,
  DelRequest,
  ModifyChange,
  ModifyDNRequest,
  ModifyOperation,
  ModifyRequest,
} from './update.ts';
export type { LdapUrl } from './url.ts';
export { formatLdapUrl, parseLdapUrl } from './url.ts';
export {
  LDIF_VERSION,
  type LdifChange,
  ldifComment,
  type LdifEntry,
  ldifLine,
  type LdifRecord,
  serializeLdif,
} from './ldif.ts';
export { type LdifItem, LdifParser } from './ldif-parse.ts';

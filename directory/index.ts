/**
 * Where conferences are published and found: the `Directory` interface, its LDAP implementation for the embedded
 * service, locator services and other LDAP servers, and the `Conference` that travels through it.
 */
export * from './announced/index.ts';
export { AccessRights } from './access-rights.ts';
export { accountSid } from './account-sid.ts';
export * from './allocation/index.ts';
export { type CalendarContext, calendarEvents } from './calendar.ts';
export { Conference, type ConferenceOccurrence, SDP_PROTOCOL } from './conference.ts';
export type { ConferenceJson, ConferenceMediaJson, ConferenceTimeJson } from './conference-json.ts';
export {
  type ConferenceInit,
  createConference,
  DEFAULT_SPAN_MS,
  PLACEHOLDER_GROUP,
} from './create-conference.ts';
export { createUser, type UserInit } from './create-user.ts';
export { ADDRESS_TYPES, type AddressType } from './dialable.ts';
export {
  DirectorySet,
  type DirectorySetEntry,
  type DirectorySetMember,
  type FoundIn,
  type WatchedIn,
} from './directory-set.ts';
export {
  BIND_FLAGS,
  type Credentials,
  credentialsFromFlags,
  type FlaggedBind,
  nameOf as nameOfCredentials,
} from './credentials.ts';
export * from './errors.ts';
export { findGroupUsers, type GroupChoice, pickGroup, type PickGroupOptions } from './groups.ts';
export { DIALECT_NAMES, type DialectName } from './dialect/dialect.ts';
export { type GroupUse, groupsOf } from './dialect/groups-of.ts';
export {
  createDirectory,
  type DirectoryOptions,
  type DirectoryTarget,
  openDirectory,
  type OpenDirectoryOptions,
  STORE_FILE,
} from './open.ts';
export {
  type DirectoryInspection,
  inspectDirectory,
  type InspectDirectoryOptions,
} from './inspect-directory.ts';
export type { RightTrial } from './rights-probe.ts';
export {
  type CertificateReport,
  type Inspected,
  type InspectOptions,
  inspectServers,
  type ServerInspection,
} from './inspect-servers.ts';
export { DEFAULT_SUITE, encryptConference, REKEY_AFTER_MS, rekeyConference } from './media-keys.ts';
export type { ConferenceOrigin } from './origin.ts';
export { Rendezvous, type RendezvousOptions } from './rendezvous.ts';
export { clearRepeat, type RepeatInit, setRepeat } from './repeat.ts';
export { Results } from './results.ts';
export { TimeZone } from './time-zone.ts';
export type { SweepOptions, SweptEntry } from './sweep.ts';
export { DEFAULT_TTL_SECONDS, MAX_TTL_SECONDS, MIN_TTL_SECONDS, ttlUntilStop } from './ttl.ts';
export type * from './types.ts';
export { dialectNamed } from './url-hints.ts';
export { DEFAULT_CALL_PORT, DirectoryUser, splitUserId, type UserDetails } from './user.ts';
export type { UserJson } from './user-json.ts';
export type { Watch, WatchEvent, WatchMethod, WatchState } from './watch/types.ts';

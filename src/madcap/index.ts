export { type AddressRange, countAddresses, expandRanges, toRanges } from './address-ranges.ts';
export { addressesFrom, addressNumber, addressText } from './addresses.ts';
export {
  discoveryGroup,
  MadcapClient,
  type MadcapClientOptions,
  type MadcapClientStats,
} from './client.ts';
export type * from './client-types.ts';
export * from './constants.ts';
export type { MadcapError } from './error-option.ts';
export type { MadcapDestination, MadcapTransmit } from './exchange.ts';
export { MadcapFailureError } from './failure-error.ts';
export { describeMadcapError, describeMadcapFailure } from './failure-text.ts';
export type { FeatureList } from './feature-list.ts';
export {
  addressLeaseIdentifier,
  bytesOfHex,
  hexOf,
  type LeaseIdentifierKind,
  leaseIdentifierKind,
  RANDOM_LEASE_OCTETS,
  randomLeaseIdentifier,
} from './lease-identifier.ts';
export {
  formatMadcapMessage,
  MadcapDecodeError,
  type MadcapHeader,
  type MadcapMessage,
  parseMadcapMessage,
} from './message.ts';
export { type NestingState, nestingOf, type ReachOf, sortedScopes } from './nesting.ts';
export {
  type AddressCount,
  type MadcapOptionName,
  type MadcapOptions,
  OPTION_NAMES,
} from './options.ts';
export {
  MADCAP_MESSAGE_KINDS,
  type MadcapMessageKind,
  messageKind,
  type OptionRule,
  optionRule,
  type PlacementProblem,
  placementProblems,
  requirePlacement,
  REQUESTABLE_OPTIONS,
  wellPlaced,
} from './placement.ts';
export { chooseName, type MadcapScope, type ScopeName, scopeNameFor } from './scope-list.ts';

export { type GrantedLease, isFreeIn, type LeaseStore, MemoryLeaseStore } from './lease-store.ts';
export { requireScopes, type ServedScope } from './served-scope.ts';
export { MadcapServer } from './server.ts';
export type * from './server-types.ts';

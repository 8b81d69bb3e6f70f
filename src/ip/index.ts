export {
  addToIp,
  formatEndpoint,
  formatIp,
  type IpAddress,
  type IpFamily,
  isIp,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isSourceSpecific,
  parseIp,
  sameIp,
  tryParseIp,
} from './address.ts';
export { compareIp, countAddresses, isWithin } from './range.ts';
export { reservedGroupReason } from './reserved-groups.ts';
export {
  ADVERTISING_SCOPES,
  type AdvertisingScope,
  type GroupPool,
  IPV4_ZONES,
  ipv6Zone,
  MADCAP_DISCOVERY,
  poolFor,
  randomGroup,
  randomIn,
  RELATIVE_ADDRESSES,
  RELATIVE_OFFSETS,
  relativeGroup,
  SCOPE_RANGES,
  scopeOfGroup,
  scopeOfTtl,
  type ScopeRange,
  type ScopeZone,
  zoneOfGroup,
} from './scopes.ts';
export { randomSourceSpecificGroup } from './source-specific.ts';

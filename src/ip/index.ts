export {
  addToIp,
  formatEndpoint,
  formatIp,
  type IpAddress,
  type IpFamily,
  isIp,
  isLoopback,
  isMulticast,
  isSourceSpecific,
  parseIp,
  sameIp,
  tryParseIp,
} from './address.ts';
export {
  ADVERTISING_SCOPES,
  type AdvertisingScope,
  randomGroup,
  reservedGroupReason,
  SCOPE_RANGES,
  type ScopeRange,
  scopeOfTtl,
} from './scopes.ts';

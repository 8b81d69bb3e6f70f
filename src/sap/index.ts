export {
  SAP_AUTH_CMS,
  SAP_AUTH_PGP,
  type SapAuthentication,
  sapAuthenticationName,
} from './authentication.ts';
export {
  SAP_GLOBAL_GROUP,
  SAP_PORT,
  SAP_TTL,
  sapGroupsFor,
  sapListenGroups,
  type SapScope,
} from './groups.ts';
export { messageIdHash } from './hash.ts';
export {
  compressSapPacket,
  decompressSapPacket,
  type Deflate,
  formatSapPacket,
  type Inflate,
  MAX_INFLATED_BYTES,
  parseSapPacket,
  type SapPacket,
  sapVersion,
  SDP_PAYLOAD_TYPE,
} from './packet.ts';
export { isSdpPayload, withoutTrailingNuls } from './payload.ts';

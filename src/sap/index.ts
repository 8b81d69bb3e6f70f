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
export { sapGroupsOf } from './media-groups.ts';
export { announcementKey, describe, type DescriptionFacts } from './description.ts';
export { type Expiring, ExpiryQueue } from './expiry-queue.ts';
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
export {
  type AnnouncedSession,
  type SapChannel,
  type SapExpiryReason,
  type SapHearing,
  type SapListenerEvent,
  type SapListenerStats,
} from './announced-session.ts';
export {
  type GroupSchedule,
  SAP_RECOMMENDED_BYTES,
  type SapSource,
  type SapTransmit,
} from './announcement.ts';
export {
  type AnnounceOptions,
  type OwnAnnouncement,
  SapAnnouncer,
  type SapAnnouncerOptions,
} from './announcer.ts';
export { announceInterval, SAP_BANDWIDTH, SAP_MINIMUM_INTERVAL_SECONDS } from './interval.ts';
export {
  SAP_CACHE_LIMIT,
  SAP_TIMEOUT_MS,
  SAP_TIMEOUT_PERIODS,
  SapListener,
  type SapListenerOptions,
} from './listener.ts';
export { SAP_UNREAD_KINDS, type SapUnreadKind, type SapUnreadSender } from './unread-senders.ts';

export { type Attribute, AttributeList, splitAttribute } from './attributes.ts';
export {
  type CryptoAttribute,
  type Fmtp,
  type HeaderExtension,
  readCrypto,
  readFmtp,
  readHeaderExtension,
  readRtcp,
  readRtpMap,
  readSourceFilter,
  type RtcpAttribute,
  type SourceFilter,
} from './attribute-values.ts';
export {
  type Bandwidth,
  type ConnectionField,
  connectionAddresses,
  formatConnection,
  type LegacyKey,
  MAX_ADDRESS_COUNT,
  parseConnection,
} from './connection.ts';
export {
  formatMediaClock,
  formatReferenceClock,
  isTraceable,
  type MediaClock,
  type PtpClock,
  readMediaClock,
  readReferenceClock,
  type ReferenceClock,
  sameReference,
} from './clocks.ts';
export { ConnectionEditor } from './connection-editor.ts';
export type { EmailContact, PhoneContact } from './contact.ts';
export {
  type CryptoKey,
  type CryptoParameters,
  formatCrypto,
  mkiNumber,
  mkiOf,
  parseCrypto,
  srtpSuite,
} from './crypto.ts';
export { type ConferenceTypeHints, conferenceTypeHints, type Direction, DIRECTIONS } from './direction.ts';
export { type MediaEndpoint, rtpPortPair } from './endpoints.ts';
export {
  readMulticastRtcp,
  readRtcpFeedback,
  readRtcpUnicast,
  type RtcpFeedback,
  type RtcpUnicast,
} from './feedback.ts';
export type { LineEnding, SdpLine } from './lines.ts';
export { MediaDescription } from './media.ts';
export { formatMediaKey, type MediaKey, parseMediaKey } from './media-key.ts';
export { DEFAULT_MEDIA, MediaCollection } from './media-collection.ts';
export { isRtpProto, type MediaLine } from './media-line.ts';
export { compareDecimal, nextVersion, type Origin, originKey, parseOrigin } from './origin.ts';
export { MAX_SDP_BYTES, MAX_SDP_LINES, type SdpParseOptions } from './parse.ts';
export {
  DYNAMIC_PAYLOAD_TYPES,
  type RtpMap,
  staticPayloadType,
  staticPayloadTypeFor,
} from './payload-types.ts';
export { type RtcpXrFormat, readRtcpXr } from './rtcp-xr.ts';
export type { RepeatTime, ZoneAdjustment } from './repeat.ts';
export { type Occurrence, Schedule, type ScheduleEntry } from './schedule.ts';
export { parseSessionDescription, SessionDescription, type SessionOccurrence } from './session.ts';
export {
  NTP_UNIX_OFFSET_SECONDS,
  ntpSecondsToUnixMs,
  ntpToUnixSeconds,
  parseTypedTime,
  type TimeRange,
  unixMsToNtpSeconds,
  unixToNtpSeconds,
} from './time.ts';
export { TimeCollection, TimeDescription } from './times.ts';
export type { Issue } from './validate.ts';
export { withoutKeys } from './without-keys.ts';
export { momentAt, type RepeatingSeries, type UtcOffsetAt, zoneAdjustments } from './zone-adjustments.ts';
export {
  type BlobCharset,
  type BlobOptions,
  ConferenceBlob,
  type DefaultBlobInit,
  SDP_PROTOCOL_ID,
} from './blob.ts';
export {
  createSessionDescription,
  type FormatInit,
  type MediaInit,
  type SessionDescriptionInit,
  type TimeInit,
} from './create.ts';

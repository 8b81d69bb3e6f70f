export {
  type ComfortNoise,
  formatComfortNoise,
  noiseLevel,
  type NoiseSynthesis,
  noiseSynthesis,
  parseComfortNoise,
} from './comfort-noise.ts';
export { buildExtension, type ExtensionElement, parseExtensionElements } from './extension-elements.ts';
export type { ExtendedReception, ExtendedReportPlan, VoiceMetrics } from './extended.ts';
export { csrcAt, type RtpFault, RtpHeader, readRtpHeader } from './header.ts';
export { parseRtpPacket, type RtpExtension, type RtpPacket, serializeRtpPacket } from './packet.ts';
export {
  type BurstGapFigures,
  BurstGapMeter,
  DEFAULT_GMIN,
  type PacketFate,
  type VoipLossFields,
  voipLossFields,
} from './quality/burst-gap.ts';
export { type CodecImpairment, codecImpairment } from './quality/codec-impairments.ts';
export { type EModelInput, type EModelRating, eModel, mosOfRating } from './quality/e-model.ts';
export { Histogram } from './quality/histogram.ts';
export { JitterMeter } from './quality/jitter-meter.ts';
export { LossMeter } from './quality/loss-meter.ts';
export { type SourceFigures, SourceMeter, type TimeSpread } from './quality/source-meter.ts';
export type { KeyPictureRequestKind } from './key-pictures.ts';
export { RtpPacketizer } from './packetizer.ts';
export {
  STATIC_PAYLOAD_TYPES,
  type StaticPayloadType,
  staticPayloadType,
  staticPayloadTypeFor,
} from './payload-types.ts';
export { MAX_DROPOUT, MAX_MISORDER, MIN_SEQUENTIAL, Reception, type SequenceVerdict } from './reception.ts';
export { sequenceAdd, sequenceDelta, sequenceDistance, timestampAdd, timestampDelta } from './sequence.ts';
export { SenderClock, type SenderClockFigures } from './sender-clock.ts';
export { RtpSession } from './session.ts';
export type {
  FeedbackVerdict,
  OwnSenderStats,
  ReceivedReport,
  ReceivedRtp,
  RtpLoopback,
  RtpSessionEvent,
  RtpSessionOptions,
  RtpSessionStats,
  RtpSource,
  SenderInfo,
} from './session-types.ts';
export {
  digitOfEvent,
  DTMF_EVENTS,
  eventOfDigit,
  formatEventList,
  formatTelephoneEvents,
  formatTelephoneTone,
  MAX_EVENT_DURATION,
  parseEventList,
  parseTelephoneEvents,
  parseTelephoneTone,
  type TelephoneEvent,
  type TelephoneTone,
} from './telephone-event.ts';
export { type EventCarrier, type KeyPress, TelephoneEventReceiver } from './telephone-event-receiver.ts';
export {
  type EventPacket,
  TelephoneEventSender,
  telephoneEventPackets,
  type TimedEvent,
} from './telephone-event-sender.ts';

export { buildExtension, type ExtensionElement, parseExtensionElements } from './extension-elements.ts';
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
export { RtpPacketizer } from './packetizer.ts';
export {
  STATIC_PAYLOAD_TYPES,
  type StaticPayloadType,
  staticPayloadType,
  staticPayloadTypeFor,
} from './payload-types.ts';
export { MAX_DROPOUT, MAX_MISORDER, MIN_SEQUENTIAL, Reception, type SequenceVerdict } from './reception.ts';
export { sequenceAdd, sequenceDelta, sequenceDistance, timestampAdd, timestampDelta } from './sequence.ts';
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

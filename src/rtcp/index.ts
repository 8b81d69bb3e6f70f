export type { AppPacket } from './app.ts';
export type { Bye } from './bye.ts';
export { generateCname } from './cname.ts';
export {
  parseRtcpCompound,
  type RawRtcpPacket,
  type RtcpPacket,
  serializeRtcpCompound,
  serializeRtcpPackets,
} from './compound.ts';
export {
  isRtcp,
  RTCP_APP,
  RTCP_BYE,
  RTCP_PSFB,
  RTCP_RR,
  RTCP_RSI,
  RTCP_SDES,
  RTCP_SR,
  RTCP_XR,
} from './header.ts';
export {
  RTCP_MINIMUM_MS,
  type RtcpIntervalInput,
  reducedMinimum,
  rtcpDeterministicInterval,
  rtcpInterval,
} from './interval.ts';
export type { FullIntraEntry, FullIntraRequest, PictureLossIndication } from './key-picture.ts';
export { ntpFromWall, ntpMiddle, roundTripSeconds, wallFromNtp } from './ntp.ts';
export type { ReceiverReport } from './receiver-report.ts';
export { MAX_REPORT_BLOCKS, REPORT_BLOCK_BYTES, type ReportBlock } from './report-block.ts';
export { ReflectionLimiter, type ReflectionLimits } from './reflection.ts';
export type { ReceiverSummary, RsiBlock, RsiDistribution } from './rsi.ts';
export {
  BYE_BACKOFF_MEMBERS,
  type RtcpCounts,
  RtcpScheduler,
  type RtcpSchedulerOptions,
} from './scheduler.ts';
export type { SdesChunk, SdesItem, SdesTextItemName, SourceDescription } from './sdes.ts';
export type { SdesItemName, SdesItems, SdesPrivate } from './sdes-items.ts';
export { SdesPlan } from './sdes-plan.ts';
export type { SenderReport } from './sender-report.ts';
export type { DelaySinceReference, ExtendedReport, XrBlock, XrReceiptTimes } from './xr.ts';
export {
  encodeXrTrace,
  type XrChunk,
  type XrRunLengths,
  type XrSequenceRange,
  xrSequences,
  xrTrace,
} from './xr-trace.ts';
export type { XrSpread, XrStatistics } from './xr-statistics.ts';
export type { XrVoipMetrics } from './xr-voip.ts';
export { encodeText as encodeRtcpText, MAX_TEXT_BYTES } from './text.ts';

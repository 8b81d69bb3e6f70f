export { CaptureReader } from './capture-reader.ts';
export {
  formatPcapDatagram,
  formatPcapHeader,
  formatPcapngDatagram,
  formatPcapngHeader,
} from './capture-writer.ts';
export { formatIpDatagram, readIpDatagram } from './ip-datagram.ts';
export { LINK_TYPES } from './link-layer.ts';
export {
  formatRtpDumpHeader,
  formatRtpDumpPacket,
  type RtpDumpHeader,
  type RtpDumpPacket,
  RtpDumpReader,
} from './rtpdump.ts';
export type { CapturedDatagram, SkipReason } from './types.ts';

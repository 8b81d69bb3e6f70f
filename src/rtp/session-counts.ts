/** Counters of a session, in one place for all its parts; described in `RtpSessionStats`. */
export class SessionCounts {
  rtpReceived = 0;
  rtpMalformed = 0;
  rtpUnvalidated = 0;
  rtpDuplicates = 0;
  rtpUnknownPayloadType = 0;
  rtcpReceived = 0;
  rtcpMalformed = 0;
  ownLooped = 0;
  collisions = 0;
  summaries = 0;
  rtcpSent = 0;
  rtcpOctetsSent = 0;
}

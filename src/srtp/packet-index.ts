/** Roll-over counters are 32 bits. */
export const MAX_ROC = 0xffff_ffff;
/** The highest index of an RTP packet, 2^48 − 1. */
export const MAX_RTP_INDEX: number = 2 ** 48 - 1;
/** The highest index of an RTCP packet, 2^31 − 1. */
export const MAX_RTCP_INDEX = 0x7fff_ffff;

/**
 * The roll-over counter that a packet was most likely made with: the one that brings its index nearest to the highest
 * authentic one.
 *
 * @param roc      roll-over counter of the highest authentic packet
 * @param highest  its sequence number
 * @param sequence sequence number of the packet in question
 * @returns `roc` or one more or less: −1 is a packet from before the stream began, 2^32 one from after its end
 * @see RFC 3711 §3.3.1, appendix A
 */
export function guessRoc(roc: number, highest: number, sequence: number): number {
  if (highest < 0x8000) return sequence - highest > 0x8000 ? roc - 1 : roc;
  return highest - 0x8000 > sequence ? roc + 1 : roc;
}

/** The 48-bit index: 2^16 · roc + sequence (RFC 3711 §3.3.1). */
export function rtpIndex(roc: number, sequence: number): number {
  return roc * 0x1_0000 + sequence;
}

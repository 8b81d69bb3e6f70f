import type { WireReader, WireWriter } from '../wire/index.ts';
import { RTCP_PSFB, writeRtcpPacket } from './header.ts';

/** PLI: pictures were lost, the next key picture is wanted soon (RFC 4585 §6.3.1). */
export interface PictureLossIndication {
  readonly type: 'pli';
  /** Who asks. */
  readonly ssrc: number;
  /** Whose picture is wanted. */
  readonly mediaSsrc: number;
}

/** FIR: a key picture is wanted at once, as by somebody who has come late (RFC 5104 §4.3.1). */
export interface FullIntraRequest {
  readonly type: 'fir';
  /** Who asks. */
  readonly ssrc: number;
  /** Whose pictures are wanted: at least one, at most 8191. */
  readonly requests: readonly FullIntraEntry[];
}

export interface FullIntraEntry {
  readonly ssrc: number;
  /** Counts the requests to this sender, 0 to 255; one with the number of the last is a repetition of it. */
  readonly sequence: number;
}

/** Feedback message types of payload-specific feedback. */
const FMT_PLI = 1;
const FMT_FIR = 4;
const ENTRY_BYTES = 8;

/** @returns undefined for feedback of another kind, or without the form of its kind; then nothing is read */
export function readKeyPictureRequest(
  r: WireReader,
  format: number,
): PictureLossIndication | FullIntraRequest | undefined {
  const fci = r.remaining - 8;
  if (format === FMT_PLI && fci === 0) return { type: 'pli', ssrc: r.u32(), mediaSsrc: r.u32() };
  if (format !== FMT_FIR || fci < ENTRY_BYTES || fci % ENTRY_BYTES !== 0) return undefined;
  const ssrc = r.u32();
  r.skip(4); // the media source, which the entries name
  const requests: FullIntraEntry[] = [];
  while (r.remaining > 0) {
    requests.push({ ssrc: r.u32(), sequence: r.u8() });
    r.skip(3); // reserved
  }
  return { type: 'fir', ssrc, requests };
}

export function writePictureLoss(w: WireWriter, { ssrc, mediaSsrc }: PictureLossIndication): void {
  writeRtcpPacket(w, RTCP_PSFB, FMT_PLI, () => w.u32(ssrc).u32(mediaSsrc));
}

export function writeFullIntra(w: WireWriter, { ssrc, requests }: FullIntraRequest): void {
  writeRtcpPacket(w, RTCP_PSFB, FMT_FIR, () => {
    w.u32(ssrc).u32(0);
    for (const it of requests) w.u32(it.ssrc).u8(it.sequence).u8(0).u16(0);
  });
}

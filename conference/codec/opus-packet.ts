/** Frames per second of the RTP clock, and of all sound here (RFC 7587 §4.1). */
export const OPUS_RATE = 48_000;
/** The longest packet: 120 ms (RFC 6716 §3.2.5, R5). */
export const OPUS_MAX_FRAMES = 5760;

/** Frame lengths at 48 kHz for configurations 0 to 11 (SILK), 12 to 15 (hybrid), 16 to 31 (CELT): RFC 6716 §3.1, Table 2. */
const SILK = [480, 960, 1920, 2880];
const HYBRID = [480, 960];
const CELT = [120, 240, 480, 960];
const LONGEST_FRAME_BYTES = 1275;

function frameLength(toc: number): number {
  const config = toc >> 3;
  if (config < 12) return SILK[config & 3] ?? 0;
  return (config < 16 ? HYBRID[config & 1] : CELT[config & 3]) ?? 0;
}

function frameCount(bytes: Uint8Array, start: number, end: number): number {
  const code = (bytes[start] ?? 0) & 3;
  if (code === 0) return 1;
  if (code < 3) return 2;
  return end - start < 2 ? 0 : (bytes[start + 1] ?? 0) & 63;
}

/** How long a packet lasts, in frames at 48 kHz; 0 when it is none (RFC 6716 §3.2). What is within is not looked at. */
export function opusFrames(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start) return 0;
  const frames = frameCount(bytes, start, end) * frameLength(bytes[start] ?? 0);
  return frames <= OPUS_MAX_FRAMES ? frames : 0;
}

/**
 * Whether a packet carries a second, coarser copy of what came right before it: the flags at the front of its first frame,
 * which is the only one that may (RFC 6716 §4.2.3, §4.2.4). Only SILK and hybrid frames can.
 */
export function carriesPrevious(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2) return false;
  const toc = bytes[start] ?? 0;
  if (toc >> 3 >= 16) return false;
  const at = firstFrame(bytes, start, end);
  if (at >= end) return false;
  const flags = bytes[at] ?? 0;
  const parts = Math.max(1, frameLength(toc) / 960); // SILK frames of 20 ms, each with a flag for activity
  const middle = (flags >> (7 - parts)) & 1;
  const side = toc & 4 ? (flags >> (6 - 2 * parts)) & 1 : 0;
  return (middle | side) === 1;
}

/** Where the first frame begins; `end` when there is none, or nothing in it (RFC 6716 §3.2). */
function firstFrame(bytes: Uint8Array, start: number, end: number): number {
  const code = (bytes[start] ?? 0) & 3;
  let at = start + 1;
  if (code < 2) return at;
  if (code === 2) return sizeIsZero(bytes, at) ? end : at + sizeLength(bytes, at);
  const count = bytes[at++] ?? 0;
  const frames = count & 63;
  if (frames === 0) return end;
  if (count & 0x40) {
    let more = 255;
    while (more === 255 && at < end) more = bytes[at++] ?? 0;
  }
  if ((count & 0x80) === 0) return at;
  if (frames > 1 && sizeIsZero(bytes, at)) return end;
  for (let i = 1; i < frames && at < end; i++) at += sizeLength(bytes, at);
  return Math.min(at, end);
}

/** Lengths of frames take one octet, or two from 252 on (RFC 6716 §3.2.1). */
function sizeLength(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) < 252 ? 1 : 2;
}
function sizeIsZero(bytes: Uint8Array, at: number): boolean {
  return (bytes[at] ?? 0) === 0;
}

/** The longest packet there can be with so many frames at most: what a decoder has to have room for. */
export const OPUS_MAX_BYTES: number = 48 * (LONGEST_FRAME_BYTES + 2) + 2;

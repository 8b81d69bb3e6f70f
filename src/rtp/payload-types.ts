/** A payload type with a fixed number (RFC 3551 §6). */
export interface StaticPayloadType {
  /** 0 to 34. */
  readonly payloadType: number;
  readonly media: 'audio' | 'video' | 'audio/video';
  /** Encoding name as in SDP `rtpmap`; compare without regard to case. */
  readonly encoding: string;
  /** RTP clock in Hz. For G722 it is 8000 though the sound is sampled at 16000 Hz. */
  readonly clockRate: number;
  /** Audio channels; undefined for video. */
  readonly channels: number | undefined;
}

const audio = (payloadType: number, encoding: string, clockRate = 8000, channels = 1): StaticPayloadType => ({
  payloadType,
  media: 'audio',
  encoding,
  clockRate,
  channels,
});
const video = (
  payloadType: number,
  encoding: string,
  media: 'video' | 'audio/video' = 'video',
): StaticPayloadType => ({ payloadType, media, encoding, clockRate: 90_000, channels: undefined });

/** All of RFC 3551 §6, Tables 4 and 5. */
export const STATIC_PAYLOAD_TYPES: readonly StaticPayloadType[] = [
  audio(0, 'PCMU'),
  audio(3, 'GSM'),
  audio(4, 'G723'),
  audio(5, 'DVI4'),
  audio(6, 'DVI4', 16_000),
  audio(7, 'LPC'),
  audio(8, 'PCMA'),
  audio(9, 'G722'),
  audio(10, 'L16', 44_100, 2),
  audio(11, 'L16', 44_100),
  audio(12, 'QCELP'),
  audio(13, 'CN'),
  audio(14, 'MPA', 90_000),
  audio(15, 'G728'),
  audio(16, 'DVI4', 11_025),
  audio(17, 'DVI4', 22_050),
  audio(18, 'G729'),
  video(25, 'CelB'),
  video(26, 'JPEG'),
  video(28, 'nv'),
  video(31, 'H261'),
  video(32, 'MPV'),
  video(33, 'MP2T', 'audio/video'),
  video(34, 'H263'),
];

const byNumber = new Map(STATIC_PAYLOAD_TYPES.map((entry) => [entry.payloadType, entry]));

/** What a payload type number means without an `rtpmap`, or undefined when it is dynamic, reserved or unassigned. */
export function staticPayloadType(payloadType: number): StaticPayloadType | undefined {
  return byNumber.get(payloadType);
}

/** The number fixed for an encoding, or undefined when it needs a dynamic one (96 to 127). */
export function staticPayloadTypeFor(
  encoding: string,
  clockRate: number,
  channels?: number,
): StaticPayloadType | undefined {
  const name = encoding.toUpperCase();
  return STATIC_PAYLOAD_TYPES.find(
    (entry) =>
      entry.encoding.toUpperCase() === name &&
      entry.clockRate === clockRate &&
      (entry.channels ?? 1) === (channels ?? 1),
  );
}

import type { AudioFormat } from '../audio/index.ts';

/** One payload format with its parameters, ready for use. Memory format: see {@link AudioFormat}. */
export interface AudioCodec {
  /** Encoding name as registered: `PCMU`. */
  readonly encoding: string;
  /** RTP clock in Hz; a divisor of the sample rate. */
  readonly clockRate: number;
  readonly format: AudioFormat;
  /** Payload bits per second while sending. */
  readonly bitsPerSecond: number;
  createDecoder(): AudioDecoder;
  createEncoder(): AudioEncoder;
}

export interface AudioDecoder {
  /**
   * Decodes the payload in `bytes` from `start` to `end` to the front of `target`, which must have room.
   *
   * @returns frames decoded; 0 when the payload cannot be one of this format
   */
  decode(bytes: Uint8Array, start: number, end: number, target: Float32Array): number;
  /** Frames in a payload, 0 when it cannot be one of this format; so that the caller can make room. */
  frames(bytes: Uint8Array, start: number, end: number): number;
}

export interface AudioEncoder {
  /** @returns the payload; its memory is used again by the next call */
  encode(samples: Float32Array): Uint8Array;
}

/** What an `a=rtpmap` and its `a=fmtp` ask for. */
export interface CodecRequest {
  readonly clockRate: number;
  readonly channels: number;
  readonly parameters: ReadonlyMap<string, string>;
}

/** One file per encoding exports one of these; adding it to the list in `registry.ts` is all it takes. */
export interface CodecFactory {
  /** Upper case. */
  readonly encoding: string;
  /** @returns the codec, or a sentence on why these parameters are not possible */
  create(request: CodecRequest): AudioCodec | string;
}

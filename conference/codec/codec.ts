import type { AudioFormat } from '../audio/index.ts';

/** One payload format with its parameters. Memory format: see {@link AudioFormat}. */
export interface AudioCodec {
  /** Encoding name as registered: `PCMU`. */
  readonly encoding: string;
  /** RTP clock in Hz; a divisor of the sample rate. */
  readonly clockRate: number;
  readonly format: AudioFormat;
  /** Payload bits per second while sending; of codecs that decide themselves, what they are set to. */
  readonly bitsPerSecond: number;
  /**
   * A packet means something only after those before it: decoders want packets in the order of their sequence numbers and
   * each once, so packets are kept until their turn comes, and decoded when they are played.
   */
  readonly stateful: boolean;
  /** Packets that can be made, in milliseconds, shortest first; undefined for any whole number of RTP ticks. */
  readonly packetMs?: readonly number[];
  /**
   * Loads what encoders and decoders need; awaited before a conference is joined, any number of times.
   *
   * @throws {RendezvousError} that says what is missing
   */
  prepare?(): Promise<void>;
  createDecoder(): AudioDecoder;
  createEncoder(options?: EncoderOptions): AudioEncoder;
}

/** Whoever made one calls {@link dispose} when it is no longer needed, if there is such a method. */
export interface AudioDecoder {
  /**
   * Decodes the payload in `bytes` from `start` to `end` to the front of `target`, which must have room.
   *
   * @returns frames decoded; 0 when the payload cannot be one of this format
   */
  decode(bytes: Uint8Array, start: number, end: number, target: Float32Array): number;
  /** Frames in a payload, 0 when it cannot be one of this format; so that the caller can make room. */
  frames(bytes: Uint8Array, start: number, end: number): number;
  /**
   * Makes up for audio that never came, after what was decoded last. Without this method the playout has its own way.
   *
   * @param frames wanted at the front of `target`, any number up to 120 ms
   * @returns frames made; 0 when there is nothing to go on
   */
  conceal?(target: Float32Array, frames: number): number;
  /**
   * Takes what a payload carries of the packet right before it, which is lost; the payload itself is decoded afterwards.
   *
   * @param frames that the lost packet lasted
   * @returns frames decoded; 0 when the payload carries nothing of it: then {@link conceal}
   */
  decodeFec?(bytes: Uint8Array, start: number, end: number, target: Float32Array, frames: number): number;
  /** Forgets what came before: the stream begins anew. Nothing to do for those without memory. */
  reset?(): void;
  /** Gives back memory that is not the garbage collector's; afterwards everything gives 0 frames. */
  dispose?(): void;
}

/** Wishes; what a codec has no use for is left alone. */
export interface EncoderOptions {
  /** Bits per second of payload on average. */
  readonly bitsPerSecond?: number;
  /** 0 (least work) to 10. */
  readonly complexity?: number;
  /** Share of packets that the listeners lose, 0 to 1; how much is spent on redundancy goes by it. */
  readonly expectedLoss?: number;
  /** Whether to send nothing, or hardly anything, while nobody talks. */
  readonly discontinuous?: boolean;
  /** Of codecs that can code two channels as one: false to do so, true never to; default as they see fit. */
  readonly stereo?: boolean;
}

export interface AudioEncoder {
  /**
   * @param samples one packet of audio
   * @returns the payload, whose memory is used again by the next call. Empty: nothing need be sent for this packet's time
   */
  encode(samples: Float32Array): Uint8Array;
  /** Changes options while sending; what is left out stays. */
  configure?(options: EncoderOptions): void;
  reset?(): void;
  dispose?(): void;
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
  /** @returns the codec, or a sentence on why these parameters are not possible here */
  create(request: CodecRequest): AudioCodec | string;
}

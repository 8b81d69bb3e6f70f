export type {
  AudioCodec,
  AudioDecoder,
  AudioEncoder,
  CodecFactory,
  CodecRequest,
  EncoderOptions,
} from './codec.ts';
export {
  A_LAW,
  aLawToLinear,
  type CompandingLaw,
  linearToALaw,
  linearToMuLaw,
  MU_LAW,
  muLawToLinear,
} from './g711.ts';
export { opusFrames } from './opus-packet.ts';
export { AUDIO_ENCODINGS, findCodec } from './registry.ts';

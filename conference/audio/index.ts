export { mapChannels } from './channel-map.ts';
export { Converter } from './converter.ts';
export { type AudioFormat, amplitude, dbfs, describeFormat, requireFormat, sameFormat } from './format.ts';
export { Limiter } from './limiter.ts';
export { framesOfBlock, MixBus, Mixer } from './mixer.ts';
export { NoiseGenerator, type NoiseModel } from './comfort-noise.ts';
export { PlayoutBuffer, type PlayoutOptions } from './playout-buffer.ts';
export type { PlayoutFeed } from './playout-feed.ts';
export {
  blockMsFor,
  MAX_PLAYOUT_MS,
  type PlayoutPolicy,
  type PlayoutWish,
  playoutPolicy,
} from './playout-policy.ts';
export { Resampler } from './resampler.ts';
export { meanSquare, VoiceActivity, type VoiceActivityOptions } from './voice-activity.ts';

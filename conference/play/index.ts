export { type OpusFile, openOpusSource, opusPackets, readOpusFile } from './opus-file.ts';
export {
  type CapturedRtp,
  type CapturedStream,
  capturedRtp,
  capturedStreams,
  chooseStream,
  type StreamChoice,
} from './packet-file.ts';
export {
  matchPayloadType,
  type PacketPlayerOptions,
  playPackets,
  type TimedPacket,
} from './packet-player.ts';
export { repeatPackets } from './repeat.ts';

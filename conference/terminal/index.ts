export { NullSink, SilenceSource, ToneSource } from './generated.ts';
export { openSink, openSource, SINK_KINDS, SOURCE_KINDS } from './open.ts';
export { isSampleFormat, SAMPLE_BYTES, type SampleFormat } from './sample-format.ts';
export { StreamSink, type StreamSinkOptions } from './stream-sink.ts';
export { StreamSource, type StreamSourceOptions } from './stream-source.ts';
export type { AudioSink, AudioSource, Terminal, TerminalFailure, TerminalOptions } from './terminal.ts';
export { parseWavHeader, WAV_PROBE_BYTES, type WavHeader } from './wav-format.ts';
export { type BroadcastExtension, type WavHeaderOptions, wavHeader } from './wav-header.ts';
export { openWavSink, putAt, WavSink, writeProblem } from './wav-sink.ts';

export { NullSink, SilenceSource, ToneSource } from './generated.ts';
export { openSink, openSource, SINK_KINDS, SOURCE_KINDS } from './open.ts';
export { isSampleFormat, type SampleFormat } from './sample-format.ts';
export { StreamSink, type StreamSinkOptions } from './stream-sink.ts';
export { StreamSource, type StreamSourceOptions } from './stream-source.ts';
export type { AudioSink, AudioSource, Terminal, TerminalFailure, TerminalOptions } from './terminal.ts';
export { parseWavHeader, type WavHeader, wavHeader } from './wav-format.ts';

export { FileNames, safeFileName } from './file-names.ts';
export type {
  RecordedCapture,
  RecordedGap,
  RecordedSource,
  RecordedTrack,
  RecordingManifest,
} from './manifest.ts';
export {
  RECORD_FORMATS,
  Recorder,
  type RecorderOptions,
  type RecordFormat,
  startRecording,
} from './recorder.ts';

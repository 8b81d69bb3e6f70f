/** Watching many conferences at once without taking part: figures, findings, and the sockets for it. */
export { ConferenceWatch, type WatchSettings, type WatchSubject } from './conference-watch.ts';
export {
  type ConferenceFigures,
  type ConferenceState,
  type MediumFigures,
  type SenderFigures,
} from './figures.ts';
export { type Finding, FindingBook, type FindingEvent, type Suspicion } from './finding-book.ts';
export {
  FINDING_CODES,
  FINDING_KINDS,
  type FindingCode,
  type FindingKind,
  SEVERITIES,
  type Severity,
  worstSeverity,
} from './finding-kinds.ts';
export { MediumWatch, type SocketFacts } from './medium-watch.ts';
export { type MatrixCell, receptionMatrix } from './matrix.ts';
export { Monitor, type MonitorEvent } from './monitor.ts';
export { Watcher, type WatcherOptions } from './watcher.ts';

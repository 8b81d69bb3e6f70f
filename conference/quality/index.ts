export { extendedReportPlan } from './extended-plan.ts';
export { matrixFindings } from './findings.ts';
export { matrixRows, type MatrixMedium, type MatrixView, receptionMatrix } from './matrix.ts';
export { type Player, type QualityContext, QualityMeter } from './quality-meter.ts';
export { rateSpeech, type RatingInput } from './rating.ts';
export { type ReceptionCounts, RecentWindow } from './recent.ts';

export { extendedReportPlan } from './extended-plan.ts';
export { type Player, type QualityContext, QualityMeter } from './quality-meter.ts';
export { rateSpeech, type RatingInput } from './rating.ts';
export { type ReceptionCounts, RecentWindow } from './recent.ts';

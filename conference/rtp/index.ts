export { readKeys } from './digit-sender.ts';
export { clockTexts, type MediumClocks, parseReferenceClock } from './medium-clocks.ts';
export { type MediumPlan, planMedia } from './medium-plan.ts';
export { SocketBatches } from './socket-batches.ts';
export { MulticastRtpProvider, type MulticastRtpProviderOptions } from './provider.ts';
export { isUsable, type PlannedFormat } from './planned-formats.ts';

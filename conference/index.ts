/**
 * Taking part in a conference: calls, the media stream provider interface and its multicast RTP implementation,
 * terminals, participants, the verdict on a join, and the time line of a session.
 */
export * from './audio/index.ts';
export * from './call/index.ts';
export * from './capture/index.ts';
export * from './desk/index.ts';
export type { EncoderOptions } from './codec/index.ts';
export type { EventStream, TypedEvent } from './emitter.ts';
export * from './errors.ts';
export * from './monitor/index.ts';
export * from './forward/index.ts';
export * from './play/index.ts';
export * from './record/index.ts';
export { matrixJson, matrixRows, qualityJson } from './quality/index.ts';
export * from './rtp/index.ts';
export type { SoundControls } from './strip/index.ts';
export * from './talkers/index.ts';
export * from './terminal/index.ts';
export { followTimeline, SessionTimeline, type TimelineEvent, type TimelineOptions } from './timeline.ts';
export type * from './types/index.ts';
export * from './verdict/index.ts';

export { Desk, type DeskEvent, type DeskOptions } from './desk.ts';
export { DeskChannel, type DeskChannelOptions, type DeskPriority } from './desk-channel.ts';
export type { DuckingOptions } from './ducking.ts';

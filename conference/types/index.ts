export type * from './common.ts';
export type * from './events.ts';
export type * from './participant.ts';
export type * from './provider.ts';
export type * from './session.ts';
export type * from './stream.ts';
export type * from './tap.ts';
export type * from './transport.ts';

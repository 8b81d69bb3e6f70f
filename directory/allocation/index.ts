export * from './errors.ts';
export { Lease } from './lease.ts';
export type * from './types.ts';

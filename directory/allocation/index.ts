/** Group addresses for a time: where they come from, and what is kept of them. */
export * from './errors.ts';
export { Lease } from './lease.ts';
export { type KeptLease, LEASE_FILE, LeaseFile } from './lease-file.ts';
export { LocalAllocator, type LocalAllocatorOptions } from './local-allocator.ts';
export type * from './types.ts';

/** Group addresses for a time: where they come from, and what is kept of them. */
export { scopeForAdvertising, scopeNamed } from './choose-scope.ts';
export * from './errors.ts';
export {
  findMadcapServers,
  type FindServersOptions,
  interfacesToLookOn,
  QUICK_LOOK_MS,
} from './find-servers.ts';
export { Lease } from './lease.ts';
export { type KeptLease, LEASE_FILE, LeaseFile } from './lease-file.ts';
export { LocalAllocator, type LocalAllocatorOptions } from './local-allocator.ts';
export { MadcapAllocator, type MadcapAllocatorOptions } from './madcap-allocator.ts';
export { openMadcapAllocator, type OpenMadcapOptions } from './open-madcap.ts';
export type * from './types.ts';

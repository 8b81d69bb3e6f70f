export { formatIgmp, parseIgmp } from './igmp.ts';
export { formatMld, MLD_TYPES, type PacketAddresses, parseMld } from './mld.ts';
export type {
  MembershipLeave,
  MembershipMessage,
  MembershipQuery,
  MembershipRecord,
  MembershipReport,
  RecordType,
} from './types.ts';
export { GROUP_MEMBERSHIP_MS, type SnoopingSuspicion, SnoopingWatch } from './snooping.ts';

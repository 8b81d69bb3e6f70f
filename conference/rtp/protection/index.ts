export { MediumProtection, type ProtectionCounts } from './medium-protection.ts';
export { type KeyPlan, planKeys } from './plan-keys.ts';

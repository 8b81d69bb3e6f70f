export { MediumProtection, type ProtectionCounts } from './medium-protection.ts';
export { ProtectionNews } from './news.ts';
export { protect } from './protect.ts';
export { type KeyPlan, planKeys } from './plan-keys.ts';

export { type Forwarding, type ForwardOptions, type ForwardStats, startForwarding } from './forward.ts';

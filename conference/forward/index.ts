export { type Forwarding, type ForwardStats, forwardPackets } from './forward.ts';

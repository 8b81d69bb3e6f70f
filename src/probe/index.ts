export { type ListenerEvent, type ListenerOptions, ProbeListener } from './listener.ts';
export {
  type Direction,
  formatProbeMessage,
  LIMITS,
  parseProbeMessage,
  PROBE_PORT,
  type ProbeMessage,
  type ProbeRequest,
  type ReceiverSigns,
} from './packet.ts';
export { Prober, type ProberEvent, type ProberOptions, type ProbeTransmit } from './prober.ts';
export { type Arrival, type Counts, Tallier, type Tally } from './tally.ts';

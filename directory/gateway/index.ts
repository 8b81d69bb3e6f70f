/** Between announcements on the network (SAP) and a directory. */
export {
  type GatewayCounts,
  type GatewayEvent,
  type GatewayOptions,
  SapGateway,
  type SapPort,
} from './gateway.ts';
export type { ImportEvent } from './importer.ts';
export { monitoredGateway } from './monitored.ts';
export { openServed } from './served-directory.ts';
export type { NotImported } from './session.ts';
export { socketsPort } from './sockets-port.ts';
export { DEFAULT_GATEWAY_LIMITS, type GatewayLimits, type NotAnnounced } from './types.ts';

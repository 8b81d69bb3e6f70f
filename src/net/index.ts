export { batchedReceiver, type BatchedReceiverOptions } from './batch/batched-receiver.ts';
export { ReceiveHub } from './batch/receive-hub.ts';
export { type Clock, systemClock, type Timer } from './clock.ts';
export { type Datagram, type DatagramSocket, newSocketStats, type SocketStats } from './datagram.ts';
export {
  type ChosenInterface,
  chooseInterface,
  type InterfaceAddress,
  InterfaceError,
  type InterfaceReason,
  type InterfaceWish,
  type NetworkView,
  systemNetwork,
} from './interfaces.ts';
export {
  hostWatch,
  type InterfaceChange,
  InterfaceTracker,
  InterfaceWatch,
  type InterfaceWatchOptions,
} from './interface-watch.ts';
export { type InterfaceNews, keepOnInterface, type RenewableSocket } from './keep-on-interface.ts';
export { openMulticastSocket } from './open-multicast-socket.ts';
export type {
  BufferGrant,
  MulticastSocket,
  MulticastSocketOptions,
  SendProblem,
} from './multicast-socket-options.ts';
export { loadNativeSockets, type NativeSockets, type NativeUnavailable } from './native.ts';
export { PACING_LEAD_MS } from './pacing/send-pacer.ts';
export { DSCP, dscpByName, type QosMarker, type QosResult, type TrafficLabels } from './qos.ts';
export {
  type DatagramReceiver,
  type Membership,
  type OpenReceiver,
  type ReceiverRequest,
} from './receiver.ts';
export { listenForMetrics, type MetricsListener } from './metrics-listener.ts';
export { type Tick, Ticker, type TickerOptions } from './ticker.ts';
export { type AddressedDatagram, drive } from './drive.ts';
export {
  type MadcapArrival,
  madcapServerGroups,
  type MadcapServerPlace,
  MadcapServerSockets,
  type MadcapServerSocketsOptions,
  openMadcapServerSockets,
} from './madcap-server-sockets.ts';
export {
  type MadcapCallOptions,
  MadcapSocket,
  type MadcapSocketOptions,
  openMadcapSocket,
} from './madcap-socket.ts';
export { deflateSap, inflateSap } from './sap-compression.ts';
export type { SapChannelSocket } from './sap-channels.ts';
export { openSapSockets, SapSockets, type SapSocketsOptions } from './sap-sockets.ts';
export { srtpPrimitives } from './srtp-primitives.ts';
export {
  type DscpObservation,
  type DscpReport,
  observeDscp,
  type ObserveDscpOptions,
} from './observe-dscp.ts';
export type { ContainerKind } from './diagnostics/container.ts';
export { type HostFiles, systemFiles } from './diagnostics/host-files.ts';
export {
  type HostReport,
  inspectHost,
  kernelHoldsMembership,
  routeForGroup,
  udpSocketsOn,
} from './diagnostics/inspect-host.ts';
export type { BridgeReport, InterfaceReport } from './diagnostics/inspect-interfaces.ts';
export type { KernelUdpSocket } from './diagnostics/proc-net.ts';
export {
  listenForProbes,
  type ProbeListenerOptions,
  type ProbeListening,
  probePath,
  type ProbePathOptions,
} from './probe.ts';
export type { ProbeGroup } from './probe-group.ts';
export {
  type FilteredPacket,
  type FirewallRules,
  type FirewallVerdict,
  judgePacket,
  parseNftRuleset,
} from './diagnostics/nft-rules.ts';
export { readFirewall } from './diagnostics/firewall.ts';
export {
  observeQueriers,
  type QuerierReport,
  type QuerierSeen,
  type QueryWatch,
  watchQueries,
} from './diagnostics/queriers.ts';
export {
  type MarkedDatagram,
  type MarkedReceiver,
  type MarkedReceiverOptions,
  openMarkedReceiver,
} from './marked-receiver.ts';

/**
 * Rendezvous' protocols, each under its own name: `sdp`, `sap`, `rtp`, `rtcp`, `srtp`, `madcap`, `ldap`, `igmp`, `ip`, `ical`, `ogg`, `video`
 * and `capture` are pure (bytes and time in, bytes and events out); `net` has the sockets. `receivers` tells what receivers make of a session
 * description, `profiles` makes some that they take. Directories and conferences are the package's other
 * entry points, `rendezvous/directory` and `rendezvous/conference`.
 */
export * as capture from './capture/index.ts';
export * from './errors.ts';
export * as ical from './ical/index.ts';
export * as igmp from './igmp/index.ts';
export * as ip from './ip/index.ts';
export * as ldap from './ldap/index.ts';
export type { DatagramMachine, Ms, RandomSource, TransportAddress } from './machine.ts';
export * as madcap from './madcap/index.ts';
export * as net from './net/index.ts';
export * as ogg from './ogg/index.ts';
export * as prometheus from './prometheus/index.ts';
export * as rtcp from './rtcp/index.ts';
export * as rtp from './rtp/index.ts';
export * as sap from './sap/index.ts';
export * as sdp from './sdp/index.ts';
export * as profiles from './sdp/profiles/index.ts';
export * as receivers from './sdp/receivers/index.ts';
export * as srtp from './srtp/index.ts';
export * as video from './video/index.ts';

import process from 'node:process';
import type { Duplex } from 'node:stream';
import type { AuthMethod, Identity } from './access.ts';

/** What is known of the other end of a byte stream before it has said a word. */
export interface Peer {
  /** For messages and logs: address and port, a socket's path, or `in-process`. */
  readonly name: string;
  /** Connections with the same one are counted, and slowed down, together. Undefined where there is nobody to blame. */
  readonly address?: string;
  /** Nobody on the way can read or change what is sent: TLS, a local socket, or the same process. */
  readonly isSecure: boolean;
  /** On this computer: what is sent does not cross a network. */
  readonly isLocal: boolean;
  /** It is in this process, so it is the user who runs the service. */
  readonly isInProcess: boolean;
  /** Who it is by means other than LDAP: the subject of its certificate, or the user behind a local socket. */
  readonly external?: { readonly dn: string; readonly isAdmin: boolean };
  /** TLS is the first thing on the connection, and stands not yet. */
  readonly startsWithTls?: boolean;
  /** Begins TLS on the stream; undefined where there is no need or no certificate for it. */
  readonly startTls?: (stream: Duplex) => Promise<SecuredStream>;
}

/** A stream that TLS has begun on, and who is behind it. */
export interface SecuredStream {
  readonly stream: Duplex;
  readonly peer: Peer;
}

export const IN_PROCESS: Peer = { name: 'in-process', isSecure: true, isLocal: true, isInProcess: true };

/** A peer on the network that has not asked for TLS. */
export function networkPeer(address: string, port: number, startTls?: Peer['startTls']): Peer {
  return {
    name: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
    address: blameOf(address),
    isSecure: false,
    isLocal: /^(::ffff:)?127\.|^::1$/.test(address),
    isInProcess: false,
    ...(startTls === undefined ? {} : { startTls }),
  };
}

/** One host has a whole /64 of IPv6 to call from. */
function blameOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => '0');
  return `${[...groups, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}

/** The SASL mechanisms that `peer` may use: no password crosses a network that others can read. */
export function mechanismsFor(peer: Peer): readonly string[] {
  return [
    ...(peer.external === undefined ? [] : ['EXTERNAL']),
    'SCRAM-SHA-256',
    ...(peer.isSecure ? ['PLAIN'] : []),
  ];
}

/** Who a peer is once it has proved to be `dn`, or nobody yet. */
export function identityOf(peer: Peer, dn = '', method: AuthMethod = 'anonymous', isAdmin = false): Identity {
  const { name, isSecure, isLocal, isInProcess } = peer;
  const saslMechanisms = mechanismsFor(peer);
  const canStartTls = peer.startTls !== undefined;
  return { dn, isAdmin, method, peer: name, isSecure, isLocal, isInProcess, saslMechanisms, canStartTls };
}

/** The user of this process, by the name that a local socket gives the same user (SASL EXTERNAL). */
const LOCAL_USER =
  process.getuid === undefined || process.getgid === undefined
    ? ''
    : `gidNumber=${process.getgid()}+uidNumber=${process.getuid()},cn=peercred,cn=external,cn=auth`;

/** Whose an entry is that `who` adds: empty when it is nobody's. */
export const authorOf = (who: Identity): string => (who.dn === '' && who.isInProcess ? LOCAL_USER : who.dn);

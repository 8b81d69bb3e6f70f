import process from 'node:process';
import type { AuthMethod, Identity } from './access.ts';

/** What is known of the other end of a byte stream before it has said a word. */
export interface Peer {
  /** For messages and logs: address and port, a socket's path, or `in-process`. */
  readonly name: string;
  /** Connections from one address are counted, and slowed down, together. Undefined where there is no address. */
  readonly address?: string;
  /** Nobody on the way can read or change what is sent: TLS, a local socket, or the same process. */
  readonly isSecure: boolean;
  /** It is in this process, so it is the user who runs the service. */
  readonly isInProcess: boolean;
}

export const IN_PROCESS: Peer = { name: 'in-process', isSecure: true, isInProcess: true };

/** A peer on the network that has not asked for TLS. */
export const networkPeer = (address: string, port: number): Peer => ({
  name: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
  address,
  isSecure: false,
  isInProcess: false,
});

/** Who a peer is once it has proved to be `dn`, or nobody yet. */
export function identityOf(peer: Peer, dn = '', method: AuthMethod = 'anonymous', isAdmin = false): Identity {
  const { name, isSecure, isInProcess } = peer;
  return { dn, isAdmin, method, peer: name, isSecure, isInProcess, saslMechanisms: [] };
}

/** The user of this process, by the name that a local socket gives the same user (SASL EXTERNAL). */
const LOCAL_USER =
  process.getuid === undefined || process.getgid === undefined
    ? ''
    : `gidNumber=${process.getgid()}+uidNumber=${process.getuid()},cn=peercred,cn=external,cn=auth`;

/** Whose an entry is that `who` adds: empty when it is nobody's. */
export const authorOf = (who: Identity): string => (who.dn === '' && who.isInProcess ? LOCAL_USER : who.dn);

import { chmodSync, statSync, unlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { loadNativeSockets, type NativeSockets } from '../../src/net/index.ts';
import type { Peer } from './peer.ts';

/** What is known of the processes behind a local socket's connections. */
export interface LocalPeers {
  /** Why nothing is, as a phrase that can stand after "because"; undefined when they are known. */
  readonly reason: string | undefined;
  peerOf(socket: Socket, path: string): Peer;
}

/** Credentials come from the kernel by way of koffi; without it peers are served, but have no name. */
export async function localPeers(): Promise<LocalPeers> {
  const native = await loadNativeSockets();
  if (!native.available) {
    return { reason: native.reason, peerOf: (_socket, path) => anonymousPeer(path) };
  }
  return { reason: undefined, peerOf: (socket, path) => peerOf(native, socket, path) };
}

const anonymousPeer = (path: string): Peer => ({
  name: path,
  address: 'local',
  isSecure: true,
  isLocal: true,
  isInProcess: false,
});

function peerOf(native: NativeSockets, socket: Socket, path: string): Peer {
  const fd = descriptorOf(socket);
  if (fd === undefined) return anonymousPeer(path);
  let uid: number;
  let gid: number;
  try {
    ({ uid, gid } = native.peerCredentials(fd));
  } catch {
    return anonymousPeer(path); // it has closed already
  }
  return {
    ...anonymousPeer(path),
    name: `${path} uid ${uid}`,
    address: `uid ${uid}`,
    external: {
      dn: `gidNumber=${gid}+uidNumber=${uid},cn=peercred,cn=external,cn=auth`, // as OpenLDAP writes it
      // Who runs the service, and root, can read and write its file in any case.
      isAdmin: uid === process.getuid?.() || uid === 0,
    },
  };
}

/** Node has no public way to a connection's descriptor. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}

/** Lets every user of this computer connect, as on loopback; a folder that is not for all keeps them away. */
export function openToAll(path: string): void {
  chmodSync(path, 0o666);
}

/** Removes a socket that a process left behind when it was killed. @returns whether there was one */
export async function removeDeadSocket(path: string): Promise<boolean> {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false;
  const isDead = await new Promise<boolean>((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error) => resolve('code' in error && error.code === 'ECONNREFUSED'));
  });
  if (isDead) unlinkSync(path);
  return isDead;
}

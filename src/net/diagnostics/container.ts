import { type HostFiles } from './host-files.ts';
import type { InterfaceReport } from './inspect-interfaces.ts';

export type ContainerKind = 'docker' | 'podman' | 'kubernetes' | 'lxc' | 'wsl';

/** The container or virtual machine that this runs in, where its network is known to hinder multicast. */
export function containerKind(files: HostFiles): ContainerKind | undefined {
  const cgroup = files.readText('/proc/1/cgroup') ?? '';
  if (files.exists('/var/run/secrets/kubernetes.io') || /kubepods/.test(cgroup)) return 'kubernetes';
  if (files.exists('/.dockerenv') || /docker/.test(cgroup)) return 'docker';
  if (files.exists('/run/.containerenv') || /libpod/.test(cgroup)) return 'podman';
  if ((files.readText('/run/systemd/container') ?? '').startsWith('lxc') || /\/lxc[./]/.test(cgroup))
    return 'lxc';
  if (/microsoft/i.test(files.readText('/proc/version') ?? '')) return 'wsl';
  return undefined;
}

/** The speed that the kernel's cable between namespaces (veth) says it has, Mbit/s. */
const VETH_SPEED = 10_000;

/**
 * `host`: devices of the computer are to be seen, so the container has the network of its host. `lan`: an interface has the
 * speed of a real one, as macvlan and ipvlan take it from the device below them. `own`: only ends of cables that lead out
 * of it, or what cannot be told from them.
 */
export function containerNetwork(interfaces: readonly InterfaceReport[]): 'host' | 'lan' | 'own' | undefined {
  const outward = interfaces.filter((it) => it.up && !it.loopback && it.addresses.length > 0);
  if (outward.length === 0) return undefined;
  if (outward.some((it) => it.physical || it.wireless)) return 'host';
  const isReal = ({ speed }: InterfaceReport): boolean => speed !== undefined && speed !== VETH_SPEED;
  return outward.some(isReal) ? 'lan' : 'own';
}

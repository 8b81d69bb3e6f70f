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

/**
 * `host`: devices of the computer are to be seen, so the container has the network of its host. `own`: only ends of cables
 * that lead out of it; whether to a bridge or, as macvlan, to the network itself, cannot be seen from inside.
 */
export function containerNetwork(interfaces: readonly InterfaceReport[]): 'host' | 'own' | undefined {
  const outward = interfaces.filter((it) => it.up && !it.loopback && it.addresses.length > 0);
  if (outward.length === 0) return undefined;
  return outward.some((it) => it.physical || it.wireless) ? 'host' : 'own';
}
